import { useEffect, useRef, useState } from "preact/hooks";
import type { ChatState } from "./store.ts";

/** What happens is said aloud at most this often (milliseconds), so that nobody is flooded. */
const sayEvery = 4_000;
const answerChars = 300;

/** Says for those who don't see it what a run does, and then its answer. */
export function Speaker({ state }: { state: ChatState }) {
  const now = sayingOf(state);
  // What is there when the page is shown is not said: only what comes then.
  const [said, setSaid] = useState(now);
  const saidAt = useRef(0);
  useEffect(() => {
    if (now === said) return;
    const say = () => {
      saidAt.current = performance.now();
      setSaid(now);
    };
    const wait = state.progress ? saidAt.current + sayEvery - performance.now() : 0;
    if (wait <= 0) return say();
    const timer = setTimeout(say, wait);
    return () => clearTimeout(timer);
  }, [now]);
  return (
    <p class="visually-hidden" role="status" aria-live="polite">
      {said}
    </p>
  );
}

function sayingOf({ progress, exchanges }: ChatState): string {
  if (progress) return progress.asking?.title ?? progress.spoken;
  const last = exchanges.at(-1);
  if (last?.state !== "done") return "";
  const end = last.end?.text ?? "Answered";
  return last.answer === null ? end : `${end}: ${last.answer.slice(0, answerChars)}`;
}
