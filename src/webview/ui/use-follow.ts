import type { RefObject } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

/** How close to the end, in pixels, still counts as there. */
const near = 24;

/**
 * Keeps a scrolling element at its end while it grows, for as long as the user is there.
 * @param active false where it is to be left alone
 * @param start what is shown: another value begins at the top again, and follows only from the end
 */
export function useFollow(element: RefObject<HTMLElement | null>, active: boolean, start: unknown): void {
  const atEnd = useRef(true);

  useLayoutEffect(() => {
    const node = element.current;
    if (!node) return;
    const remember = () => {
      atEnd.current = node.scrollHeight - node.scrollTop - node.clientHeight <= near;
    };
    node.addEventListener("scroll", remember, { passive: true });
    return () => node.removeEventListener("scroll", remember);
  }, [element]);

  useLayoutEffect(() => {
    const node = element.current;
    if (!node) return;
    node.scrollTop = 0;
    atEnd.current = true;
  }, [element, start]);

  useLayoutEffect(() => {
    const node = element.current;
    if (node && active && atEnd.current) node.scrollTop = node.scrollHeight;
  });
}
