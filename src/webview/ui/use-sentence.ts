import { useLayoutEffect, useRef, useState } from "preact/hooks";

/** How long the mouse may be away before the popup goes, or stays before it comes (milliseconds). */
const lingers = 200;

/** The sentence that is pointed at, and where its popup goes, in pixels from the top and the left of what is round it. */
interface Sentence {
  readonly element: HTMLElement;
  /** The citation that has the keyboard, if any has. */
  readonly focused: HTMLElement | null;
  readonly top: number;
  readonly left: number;
}

/**
 * Follows the mouse and the keyboard through the sentences of a rendered answer.
 * @param popupId the id of the popup that shows what is behind one
 * @param popupWidth in pixels
 */
export function useSentence(popupId: string, popupWidth: number) {
  const [sentence, setSentence] = useState<Sentence | null>(null);
  const popup = useRef<HTMLDivElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  const later = (next: Sentence | null) => {
    if (timer.current) clearTimeout(timer.current);
    timer.current = setTimeout(() => setSentence(next), lingers);
  };
  const stay = () => {
    if (timer.current) clearTimeout(timer.current);
  };
  useLayoutEffect(() => stay, []);
  useLayoutEffect(() => {
    const { element, focused } = sentence ?? {};
    element?.classList.add("active");
    focused?.setAttribute("aria-describedby", popupId);
    return () => {
      element?.classList.remove("active");
      focused?.removeAttribute("aria-describedby");
    };
  }, [sentence]);
  const close = () => {
    sentence?.focused?.focus();
    stay();
    setSentence(null);
  };
  const handlers = {
    onMouseOver: (event: MouseEvent) => {
      if (isIn(popup.current, event.target)) return stay();
      const found = sentenceAt(event, null, popupWidth);
      if (found?.element === sentence?.element) stay();
      else later(found);
    },
    onMouseLeave: () => {
      if (!isIn(popup.current, document.activeElement) && !sentence?.focused) later(null);
    },
    onFocusIn: (event: FocusEvent) => {
      if (isIn(popup.current, event.target) || !(event.target instanceof HTMLElement)) return;
      stay();
      const found = event.target.matches(":focus-visible") ? sentenceAt(event, event.target, popupWidth) : null;
      if (found) setSentence(found);
    },
    onFocusOut: (event: FocusEvent) => {
      const { relatedTarget } = event;
      if (!isIn(popup.current, relatedTarget) && !sentenceOf(relatedTarget)) setSentence(null);
    },
    onKeyDown: (event: KeyboardEvent) => {
      if (event.key !== "Escape" || !sentence) return;
      // The first Escape takes the popup away, the next one leaves what is round it.
      event.stopPropagation();
      close();
    },
  };
  return { sentence, popup, handlers, close };
}

function sentenceAt(event: MouseEvent | FocusEvent, focused: HTMLElement | null, popupWidth: number): Sentence | null {
  const element = sentenceOf(event.target);
  if (!element || !(event.currentTarget instanceof HTMLElement)) return null;
  const around = event.currentTarget.getBoundingClientRect();
  const last = [...element.getClientRects()].at(-1) ?? element.getBoundingClientRect();
  const left = Math.max(0, Math.min(last.left - around.left, around.width - popupWidth));
  return { element, focused, top: last.bottom - around.top + 4, left };
}

function sentenceOf(target: EventTarget | null): HTMLElement | null {
  return target instanceof Element ? target.closest<HTMLElement>(".sentence") : null;
}

function isIn(element: HTMLElement | null, target: EventTarget | null): boolean {
  return target instanceof Node && element?.contains(target) === true;
}
