import type { RefObject } from "preact";
import { oneLine } from "../../rlm/cut.ts";
import { formatCount, formatMs, formatNumberOf } from "../../rlm/format.ts";
import type { CallNode, CellNode, Retry, RunNode, TurnNode } from "../../rlm/run-nodes.ts";
import type { RunTree } from "../../rlm/run-tree.ts";
import { describeFailureCode } from "../../rlm/run-words.ts";
import { CodeBlock } from "../ui/code-block.tsx";
import { Icon } from "../ui/icon.tsx";
import { LongText } from "../ui/long-text.tsx";
import { useFollow } from "../ui/use-follow.ts";
import { ChildDetails } from "./child-details.tsx";
import { Reply } from "./reply.tsx";
import { type CallGroup, type RowNode, spentOf } from "./row-nodes.ts";
import { type Row, rowLabel, turnLabel } from "./rows.ts";
import { RunDetails } from "./run-details.tsx";
import { Facts, Problem, Remembered, Section, Title } from "./section.tsx";
import { Seen } from "./seen.tsx";
import { SourcesProvider } from "./sources.ts";
import { msOf, timeOf, Usage } from "./usage.tsx";

interface DetailsProps {
  readonly row: Row;
  readonly tree: RunTree;
  /** Paths of cited files that have changed since they were read. */
  readonly stale: ReadonlySet<string>;
  /** Selects a line of the tree. */
  readonly show: (id: string) => void;
  /** Where it was scrolled to before, in pixels. */
  readonly scroll: number | null;
  readonly keepScroll: (top: number) => void;
  readonly element: RefObject<HTMLElement | null>;
  /** Back to the tree. */
  readonly leave: () => void;
}

/** All about the selected row. */
export function Details({ row, tree, stale, show, element, leave, scroll, keepScroll }: DetailsProps) {
  const { node } = row;
  // An answer comes in the place of what the model wrote last, and is read from its beginning.
  useFollow(element, isStreaming(node), hasEnded(node) ? `${node.id} ended` : node.id, scroll);
  return (
    <section
      class="details"
      aria-label="Details"
      ref={element}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so it must take the focus
      tabIndex={0}
      onKeyDown={(event) => event.key === "Escape" && leave()}
      onScroll={(event) => keepScroll(event.currentTarget.scrollTop)}
    >
      <SourcesProvider value={{ root: tree.root, stale, show }}>
        <OfChild run={row.run} />
        <Content key={node.id} row={row} />
      </SourcesProvider>
    </section>
  );
}

function isStreaming(node: RowNode): boolean {
  return node.kind !== "group" && node.state === "running";
}

/** True for a run, the child of another too, that is over. */
function hasEnded(node: RowNode): boolean {
  return node.kind === "run" ? node.finished !== null : node.kind === "call" && node.state !== "running";
}

function Content({ row }: { row: Row }) {
  const { node } = row;
  switch (node.kind) {
    case "run":
      return <RunDetails run={node} />;
    case "turn":
      return <TurnDetails turn={node} />;
    case "cell":
      return <CellDetails cell={node} />;
    case "group":
      return <GroupDetails group={node} />;
    case "call":
      return node.asks === "rlm" ? (
        <ChildDetails call={node} label={rowLabel(row)} />
      ) : (
        <CallDetails call={node} label={rowLabel(row)} />
      );
  }
}

/** Which child run the row is a part of. */
function OfChild({ run: { started } }: { run: RunNode }) {
  if (!started.parent) return null;
  return (
    <p class="note of-child">
      <Icon name="type-hierarchy-sub" class="kind-child" />
      <span title={started.question}>{oneLine(started.question.slice(0, 400), 160)}</span>
    </p>
  );
}

function TurnDetails({ turn }: { turn: TurnNode }) {
  const streaming = turn.state === "running";
  return (
    <>
      <Title>
        {turnLabel(turn)}
        {!turn.last && ` of ${turn.of}`}
      </Title>
      {turn.messages.length > 0 && (
        <Section title="Prompt" copy={turn.messages.map(({ text }) => text).join("\n\n")}>
          {turn.messages.map(({ role, text }) => (
            <div class="message">
              <p class="note">{role === "system" ? "System message" : "Message"}</p>
              <LongText text={text} />
            </div>
          ))}
        </Section>
      )}
      <Seen ranges={turn.seen} />
      <Section title="Reply" {...(streaming ? {} : { copy: turn.reply })}>
        <Reply text={turn.reply} streaming={streaming} />
      </Section>
      {turn.finishReason === "length" && <Problem>The reply was cut at the model's token limit.</Problem>}
      {turn.finishReason === "filtered" && <Problem>The provider withheld the reply.</Problem>}
      <Retries retries={turn.retries} />
      <Usage model={turn.model || null} spent={turn.spent} ms={msOf(turn)} />
    </>
  );
}

function CellDetails({ cell }: { cell: CellNode }) {
  const output = cell.output.join("");
  const failedAtLine = cell.error?.line !== undefined && cell.error.line <= cell.code.split("\n").length;
  return (
    <>
      <Title>
        Turn {cell.turn} · cell {cell.cell}
      </Title>
      <Section title="Code" copy={cell.code}>
        <CodeBlock code={cell.code} error={cell.error} />
      </Section>
      {cell.error && !failedAtLine && (
        <Problem>
          {cell.error.name}: {cell.error.message}
        </Problem>
      )}
      {cell.memory === "restored" && <Problem>The variables are as they were before this cell.</Problem>}
      {cell.memory === "lost" && (
        <Problem>The sandbox had to be started again: the variables of earlier cells are gone.</Problem>
      )}
      {output !== "" && (
        <Section title="Output" copy={output}>
          <LongText text={output} fold={cell.state !== "running"} />
        </Section>
      )}
      {cell.value !== null && (
        <Section title="Value" copy={cell.value}>
          <LongText text={cell.value} />
        </Section>
      )}
      {output === "" && cell.value === null && cell.state === "done" && <p class="note">It printed nothing.</p>}
      <Retries retries={cell.retries} />
      <Section title="Used">
        <Facts
          facts={[
            ["Time", timeOf(msOf(cell))],
            ["Computing", cell.cpuMs === null ? null : formatMs(cell.cpuMs)],
            ["Sub-calls", countOf(cell, "llm")],
            ["Child runs", countOf(cell, "rlm")],
          ]}
        />
      </Section>
    </>
  );
}

function countOf({ calls }: CellNode, asks: CallNode["asks"]): string | null {
  const count = calls.filter((call) => call.asks === asks).length;
  return count === 0 ? null : formatCount(count);
}

function GroupDetails({ group }: { group: CallGroup }) {
  const { asks, cell, calls, model } = group;
  const failed = calls.filter((call) => call.error);
  const one = asks === "rlm" ? "child run" : "sub-call";
  return (
    <>
      <Title>
        Turn {cell.turn} · cell {cell.cell} · {formatNumberOf(calls.length, one)}
      </Title>
      {failed.map((call) => (
        <Problem>{call.error?.message}</Problem>
      ))}
      <Usage model={model} spent={spentOf(group)} ms={msOf(group)} />
      <p class="note">Unfold the row to see each {one}.</p>
    </>
  );
}

function CallDetails({ call, label }: { call: CallNode; label: string }) {
  return (
    <>
      <Title>{label}</Title>
      {call.error && <Problem>{call.error.message}</Problem>}
      {call.remembered && <Remembered of="sub-call" />}
      <Section title="Prompt" copy={call.prompt}>
        <LongText text={call.prompt} />
      </Section>
      {call.reply !== null && (
        <Section title="Reply" copy={call.reply}>
          <LongText text={call.reply} fold={false} />
        </Section>
      )}
      {call.state === "running" && <p class="note">Waiting for the reply.</p>}
      <Seen ranges={call.seen} />
      {!call.remembered && <Usage model={call.model} spent={call.spent} ms={msOf(call)} />}
    </>
  );
}

function Retries({ retries }: { retries: readonly Retry[] }) {
  if (retries.length === 0) return null;
  return (
    <Section title="Tried again">
      <ul>
        {retries.map(({ code, message, waitMs }) => (
          <li class="icon-line" title={message}>
            <Icon name="watch" />
            <span>
              {describeFailureCode(code)}, waited {formatMs(waitMs)}
            </span>
          </li>
        ))}
      </ul>
    </Section>
  );
}
