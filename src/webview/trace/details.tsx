import type { RefObject } from "preact";
import { formatCount, formatMs, formatNumberOf, formatUsd } from "../../rlm/format.ts";
import type { Spent } from "../../rlm/model.ts";
import type { CallNode, CellNode, Retry, TurnNode } from "../../rlm/run-nodes.ts";
import type { RunTree } from "../../rlm/run-tree.ts";
import { describeFailureCode } from "../../rlm/run-words.ts";
import { CodeBlock } from "../ui/code-block.tsx";
import { Icon } from "../ui/icon.tsx";
import { LongText } from "../ui/long-text.tsx";
import { useFollow } from "../ui/use-follow.ts";
import { Reply } from "./reply.tsx";
import { type CallGroup, callLabel, endOf, type Row, type RowNode, spentOf, startOf, turnLabel } from "./rows.ts";
import { RunDetails } from "./run-details.tsx";
import { Facts, Problem, Section, Title } from "./section.tsx";

interface DetailsProps {
  readonly tree: RunTree;
  readonly row: Row;
  readonly element: RefObject<HTMLElement | null>;
  /** Back to the tree. */
  readonly leave: () => void;
}

/** All about the selected row. */
export function Details({ tree, row, element, leave }: DetailsProps) {
  const { node } = row;
  // The answer comes in the place of what the model wrote last, and is read from its beginning.
  const shown = node.kind === "run" && tree.finished ? "answer" : node.id;
  useFollow(element, isStreaming(tree, node), shown);
  return (
    <section
      class="details"
      aria-label="Details"
      ref={element}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so it must take the focus
      tabIndex={0}
      onKeyDown={(event) => event.key === "Escape" && leave()}
    >
      <Content key={node.id} tree={tree} row={row} />
    </section>
  );
}

function isStreaming(tree: RunTree, node: RowNode): boolean {
  if (node.kind === "run") return tree.state !== "done";
  return (node.kind === "turn" || node.kind === "cell") && node.state === "running";
}

function Content({ tree, row }: { tree: RunTree; row: Row }) {
  const { node } = row;
  switch (node.kind) {
    case "run":
      return <RunDetails tree={tree} />;
    case "turn":
      return <TurnDetails turn={node} />;
    case "cell":
      return <CellDetails cell={node} />;
    case "group":
      return <GroupDetails group={node} />;
    case "call":
      return <CallDetails call={node} label={callLabel(row)} />;
  }
}

function TurnDetails({ turn }: { turn: TurnNode }) {
  const streaming = turn.state === "running";
  return (
    <>
      <Title>
        {turnLabel(turn)}
        {!turn.last && ` of ${turn.of}`}
      </Title>
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
            ["Sub-calls", cell.calls.length === 0 ? null : formatCount(cell.calls.length)],
          ]}
        />
      </Section>
    </>
  );
}

function GroupDetails({ group }: { group: CallGroup }) {
  const { cell, calls, model } = group;
  const failed = calls.filter((call) => call.error);
  return (
    <>
      <Title>
        Turn {cell.turn} · cell {cell.cell} · {formatNumberOf(calls.length, "sub-call")}
      </Title>
      {failed.map((call) => (
        <Problem>{call.error?.message}</Problem>
      ))}
      <Usage model={model} spent={spentOf(group)} ms={msOf(group)} />
      <p class="note">Unfold the row to see each sub-call.</p>
    </>
  );
}

function CallDetails({ call, label }: { call: CallNode; label: string }) {
  return (
    <>
      <Title>{label}</Title>
      {call.error && <Problem>{call.error.message}</Problem>}
      <Section title="Prompt" copy={call.prompt}>
        <LongText text={call.prompt} />
      </Section>
      {call.reply !== null && (
        <Section title="Reply" copy={call.reply}>
          <LongText text={call.reply} fold={false} />
        </Section>
      )}
      {call.state === "running" && <p class="note">Waiting for the reply.</p>}
      <Usage model={call.model} spent={call.spent} ms={msOf(call)} />
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

function Usage({ model, spent, ms }: { model: string | null; spent: Spent | null; ms: number | null }) {
  return (
    <Section title="Used">
      <Facts
        facts={[
          ["Model", model],
          ["Input", spent && inputOf(spent)],
          ["Output", spent && outputOf(spent)],
          ["Cost", spent && formatUsd(spent.costUsd)],
          ["Time", timeOf(ms)],
        ]}
      />
    </Section>
  );
}

function inputOf({ usage }: Spent): string {
  const { input, cachedInput, estimated } = usage;
  const cached = cachedInput === 0 ? "" : `, ${Math.round((cachedInput / input) * 100)} % cached`;
  return `${estimated ? "≈" : ""}${formatNumberOf(input, "token")}${cached}`;
}

function outputOf({ usage }: Spent): string {
  const { output, reasoning, estimated } = usage;
  const thought = reasoning === 0 ? "" : `, ${formatCount(reasoning)} of them reasoning`;
  return `${estimated ? "≈" : ""}${formatNumberOf(output, "token")}${thought}`;
}

/** How long it took; null while it goes on. */
function msOf(node: Exclude<RowNode, { kind: "run" }>): number | null {
  const end = endOf(node);
  return end === null ? null : end - startOf(node);
}

function timeOf(ms: number | null): string | null {
  return ms === null ? null : formatMs(ms);
}
