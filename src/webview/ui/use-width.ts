import type { RefObject } from "preact";
import { useLayoutEffect, useState } from "preact/hooks";

/** The inner width of an element in pixels, as it changes; 0 before it is in the page. */
export function useWidth(element: RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const node = element.current;
    if (!node) return;
    const tell = () => setWidth(node.clientWidth);
    const resized = new ResizeObserver(tell);
    resized.observe(node);
    tell();
    return () => resized.disconnect();
  }, [element]);
  return width;
}
