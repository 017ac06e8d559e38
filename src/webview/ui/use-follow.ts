import type { RefObject } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

/** How close to the end, in pixels, still counts as there. */
const near = 24;

/**
 * Keeps a scrolling element at its end while it grows, for as long as the user is there.
 * @param active false where it is to be left alone
 * @param start what is shown: another value begins at the top again, and follows only from the end
 * @param restored pixels from the top where the first one begins: where the user was before the page was hidden; null
 *   where that is not known
 */
export function useFollow(
  element: RefObject<HTMLElement | null>,
  active: boolean,
  start: unknown,
  restored: number | null = null,
): void {
  const first = useRef(true);
  /** The height when it was last looked at; null before that. Where the user is, is read then, as events come late. */
  const height = useRef<number | null>(null);

  useLayoutEffect(() => {
    const node = element.current;
    const top = first.current ? restored : null;
    first.current = false;
    if (node) node.scrollTop = top ?? 0;
    // Whoever was further up stays there.
    height.current = top === null || !node ? null : node.scrollHeight;
  }, [element, start]);

  useLayoutEffect(() => {
    const node = element.current;
    if (!node) return;
    const atEnd = height.current === null || height.current - node.scrollTop - node.clientHeight <= near;
    if (active && atEnd) node.scrollTop = node.scrollHeight;
    height.current = node.scrollHeight;
  });
}
