import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { oneLine } from "../../rlm/cut.ts";
import { formatUsd } from "../../rlm/format.ts";
import type { FanOutQuestion } from "../../rlm/run-nodes.ts";
import type { RunTree } from "../../rlm/run-tree.ts";
import { describeForecast } from "../../rlm/run-words.ts";
import { Icon } from "../ui/icon.tsx";
import { LongText } from "../ui/long-text.tsx";
import { usePost } from "./actions.ts";
import { describeFanOut, fanOutChoices } from "./protocol.ts";

interface FanOutBarProps {
  readonly tree: RunTree;
  readonly question: FanOutQuestion;
  readonly showCell: () => void;
  /** Takes the keyboard when the buttons are done with. */
  readonly leave: () => void;
}

/** Asks whether a cell may make its many calls. */
export function FanOutBar({ tree, question, showCell, leave }: FanOutBarProps) {
  const post = usePost();
  const element = useRef<HTMLElement>(null);
  const [decided, setDecided] = useState(false);
  // It may go while it has the keyboard, as when it is answered elsewhere.
  useLayoutEffect(() => {
    const bar = element.current;
    return () => {
      if (bar?.contains(document.activeElement)) leave();
    };
  }, []);
  return (
    <section class="fan-out" aria-labelledby="fan-out-title" ref={element}>
      <div class="fan-out-head">
        <Icon name="question" />
        <div>
          <h2 id="fan-out-title">
            {describeFanOut(question)}: {describeForecast(question)}
          </h2>
          <p class="note">{noteOf(tree)}</p>
        </div>
      </div>
      <Sample text={question.sample} />
      <div class="fan-out-actions">
        {fanOutChoices(question).map(({ choice, label }, index) => (
          <button
            type="button"
            class={index === 0 ? "button" : "button secondary"}
            disabled={decided}
            onClick={() => {
              setDecided(true);
              post({ type: "decide", asked: question.seq, choice });
              leave();
            }}
          >
            {label}
          </button>
        ))}
        <button type="button" class="link" onClick={showCell}>
          Show cell
        </button>
      </div>
    </section>
  );
}

function noteOf({ totals, started }: RunTree): string {
  const limit = started ? ` of your ${formatUsd(started.limits.usd)}` : "";
  const spent = totals.costUsd === null ? "" : `${formatUsd(totals.costUsd)}${limit} is spent so far. `;
  return `${spent}Your time limit stands still until you choose.`;
}

function Sample({ text }: { text: string }) {
  const [open, setOpen] = useState(false);
  return (
    <div class="fan-out-sample">
      <button type="button" class="fold" aria-expanded={open} onClick={() => setOpen(!open)}>
        <Icon name={open ? "chevron-down" : "chevron-right"} />
        <span>Sample prompt</span>
        {!open && <span class="note fan-out-line">{oneLine(text.slice(0, 400), 160)}</span>}
      </button>
      {open && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so it must take the focus
        <div class="fan-out-text" tabIndex={0}>
          <LongText text={text} fold={false} />
        </div>
      )}
    </div>
  );
}
