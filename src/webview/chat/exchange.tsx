import { Icon } from "../ui/icon.tsx";
import { usePost } from "./actions.ts";
import { Answer, type KnownLines } from "./answer.tsx";
import { Asking } from "./asking.tsx";
import type { ShownExchange } from "./protocol.ts";
import { Running } from "./running.tsx";
import { FoldedSteps, Steps } from "./steps.tsx";
import type { Progress } from "./store.ts";

interface ExchangeProps {
  readonly exchange: ShownExchange;
  /** What its run does, while it goes on. */
  readonly progress: Progress | null;
  readonly lines: KnownLines;
}

/** A question with what became of it. */
export function Exchange({ exchange, progress, lines }: ExchangeProps) {
  const { id, question, state } = exchange;
  return (
    <article class="exchange" aria-label={question.slice(0, 200)}>
      <h2 class="who">You</h2>
      <p class="question">{question}</p>
      <About exchange={exchange} />
      {state === "queued" && <Queued id={id} />}
      {state === "running" && <Running progress={progress} />}
      {state === "running" && progress && <Live id={id} progress={progress} lines={lines} />}
      {(state === "done" || state === "interrupted") && <Over exchange={exchange} lines={lines} />}
    </article>
  );
}

/** What it was asked about. */
function About({ exchange: { about } }: { exchange: ShownExchange }) {
  const post = usePost();
  return (
    <button
      type="button"
      class="about"
      title="Show in the Context view"
      onClick={() => post({ type: "command", command: "openContext" })}
    >
      <Icon name="chevron-right" />
      <span>{about}</span>
    </button>
  );
}

function Queued({ id }: { id: string }) {
  const post = usePost();
  return (
    <p class="queued icon-line note">
      <Icon name="watch" />
      <span>
        Waits for the question before.{" "}
        <button type="button" class="link" onClick={() => post({ type: "askNow", exchange: id })}>
          Ask Now
        </button>{" "}
        <button type="button" class="link" onClick={() => post({ type: "remove", exchange: id })}>
          Remove
        </button>
      </span>
    </p>
  );
}

/** What has come of the run so far. */
function Live({ id, progress, lines }: { id: string; progress: Progress; lines: KnownLines }) {
  const { steps, asking, draft, figures } = progress;
  return (
    <>
      <Steps steps={steps} />
      {asking && <Asking key={asking.asked} exchange={id} asking={asking} />}
      {draft !== "" && <Answer exchange={id} text={draft} citations={[]} stale={[]} lines={lines} writing />}
      <Figures figures={figures} />
    </>
  );
}

function Over({ exchange, lines }: { exchange: ShownExchange; lines: KnownLines }) {
  const { id, answer, answerChars, citations, stale, steps, end, help } = exchange;
  const post = usePost();
  return (
    <>
      <h2 class="who">RLM</h2>
      {steps.length > 0 && <FoldedSteps steps={steps} />}
      {answer !== null && <Answer exchange={id} text={answer} citations={citations} stale={stale} lines={lines} />}
      {answer !== null && answer.length < answerChars && (
        <p class="note">
          This is the beginning of a very long answer.{" "}
          <button type="button" class="link" onClick={() => post({ type: "openAnswer", exchange: id })}>
            Open It All
          </button>
        </p>
      )}
      {end && (
        <p class={`end icon-line ${end.tone}`}>
          <Icon name={endIcons[end.tone]} />
          <span>{end.text}</span>
        </p>
      )}
      {help && (
        <button
          type="button"
          class="button secondary"
          onClick={() => post({ type: "again", exchange: id, how: help.how })}
        >
          {help.label}
        </button>
      )}
      <Footer exchange={exchange} />
    </>
  );
}

const endIcons: Readonly<Record<NonNullable<ShownExchange["end"]>["tone"], string>> = {
  plain: "info",
  warning: "warning",
  error: "error",
};

/** What it took, and what can be done with it. */
function Footer({ exchange: { id, state, answer, help, figures, hasTrace } }: { exchange: ShownExchange }) {
  const post = usePost();
  const isElsewhere = state === "interrupted" && help === null;
  return (
    <div class="footer">
      <Figures figures={figures} />
      <p class="footer-actions">
        {hasTrace && (
          <FooterButton
            name="list-tree"
            label="Trace"
            title="Open the trace"
            act={() => post({ type: "openTrace", exchange: id })}
          />
        )}
        {answer !== null && (
          <FooterButton
            name="copy"
            label="Copy"
            title="Copy the answer"
            act={() => post({ type: "copyAnswer", exchange: id })}
          />
        )}
        {!isElsewhere && (
          <FooterButton
            name="refresh"
            label="Retry"
            title="Retry: ask the same again"
            act={() => post({ type: "again", exchange: id, how: "same" })}
          />
        )}
      </p>
    </div>
  );
}

/** `5 turns · 31k tok · $0.018`; a figure stays with its unit. */
function Figures({ figures }: { figures: readonly string[] }) {
  return <p class="figures note">{figures.map((figure) => figure.replaceAll(" ", "\u00a0")).join(" · ")}</p>;
}

function FooterButton({ name, label, title, act }: { name: string; label: string; title: string; act: () => void }) {
  return (
    <button type="button" class="icon-button" title={title} aria-label={title} onClick={act}>
      <Icon name={name} />
      <span class="footer-label">{label}</span>
    </button>
  );
}
