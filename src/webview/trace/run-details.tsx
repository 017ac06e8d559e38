import type { ContextManifest } from "../../rlm/context.ts";
import type { Citation, EventOf } from "../../rlm/events.ts";
import { formatCount, formatMs, formatNumberOf, formatShort, formatUsd } from "../../rlm/format.ts";
import { estimateTokens } from "../../rlm/limits.ts";
import type { RunNode } from "../../rlm/run-nodes.ts";
import { Icon } from "../ui/icon.tsx";
import { Answer } from "./answer.tsx";
import { Reply } from "./reply.tsx";
import { turnLabel } from "./rows.ts";
import { Facts, Section, Title } from "./section.tsx";

/** The run as a whole: its answer once it is there, until then what the model writes. */
export function RunDetails({ run }: { run: RunNode }) {
  const { started, finished } = run;
  if (!finished && run.state === "running") return <LiveTurn run={run} />;
  return (
    <>
      <RunAnswer run={run} />
      {(finished?.answer ?? null) === null && <p class="note">This run ended without an answer.</p>}
      <Section title="Question" copy={started.question}>
        <p class="question">{started.question}</p>
      </Section>
      <RunFacts run={run} title="Run" />
    </>
  );
}

/** The answer of a run, nothing where it has none, and what is wrong with its citations. */
export function RunAnswer({ run: { finished } }: { run: RunNode }) {
  if (!finished || finished.answer === null) return null;
  const { answer, citations } = finished;
  return (
    <Section title="Answer" copy={answer}>
      <Answer text={answer} citations={citations} />
      <DoubtfulCitations citations={citations} />
    </Section>
  );
}

/** What a run that goes on is asked about, and what its model writes. */
export function LiveTurn({ run }: { run: RunNode }) {
  const turn = run.turns.at(-1);
  return (
    <>
      {run.context && <p class="note">{describeContext(run.context.manifest)}</p>}
      {turn && (
        <>
          <Title>{turnLabel(turn)}</Title>
          <Reply text={turn.reply} streaming={turn.state === "running"} />
        </>
      )}
    </>
  );
}

/** What a run looked at, who answered, and how much it may use. */
export function RunFacts({ run, title }: { run: RunNode; title: string }) {
  return (
    <Section title={title}>
      <Facts facts={[...contextFacts(run), ...coverageFacts(run), ...startFacts(run)]} />
    </Section>
  );
}

/** `payments · 1,204 files · ≈2.1M tok` */
function describeContext({ kind, name, files, lines, chars }: ContextManifest): string {
  const size = kind === "files" ? formatNumberOf(files, "file") : formatNumberOf(lines, "line");
  return `${name} · ${size} · ≈${formatShort(estimateTokens(chars))} tok`;
}

/** What is wrong with the citations of an answer, if anything is. */
function DoubtfulCitations({ citations }: { citations: readonly Citation[] }) {
  const count = (status: Citation["status"]) => citations.filter((citation) => citation.status === status).length;
  const [missing, unseen] = [count("missing"), count("exists")];
  const all = formatNumberOf(citations.length, "citation");
  return (
    <>
      {missing > 0 && (
        <p class="icon-line warning">
          <Icon name="warning" />
          <span>
            {missing} of {all} {missing === 1 ? "names" : "name"} a file or lines that are not there.
          </span>
        </p>
      )}
      {unseen > 0 && (
        <p class="icon-line note">
          <Icon name="question" />
          <span>
            {unseen} of {all} {unseen === 1 ? "names" : "name"} lines that no model of this run was shown.
          </span>
        </p>
      )}
    </>
  );
}

type FactList = readonly (readonly [string, string | null])[];

function contextFacts({ context, started }: RunNode): FactList {
  if (!context) return [];
  const { kind, name, files, lines, chars, leftOut } = context.manifest;
  const out = Object.entries(leftOut).map(
    ([reason, count]) => `${formatCount(count)} ${reasonWords[reason] ?? reason}`,
  );
  return [
    [kind === "files" ? "Folder" : "Text", name],
    ["Size", `${kind === "files" ? `${formatNumberOf(files, "file")}, ` : ""}${formatNumberOf(lines, "line")}`],
    ["Tokens", `≈${formatCount(estimateTokens(chars))}`],
    ["Left out", out.length === 0 ? null : out.join(", ")],
    // A child run is handed what was collected for its parent.
    ["Collected in", started.parent ? null : formatMs(context.ms)],
  ];
}

/** How much of it was looked at, by this run and its children. */
function coverageFacts({ finished }: RunNode): FactList {
  const coverage = finished?.coverage;
  if (!coverage) return [];
  const { files, searched, read, shown, shownLines } = coverage;
  return [
    ["Searched", `${formatCount(searched)} of ${formatNumberOf(files, "file")}`],
    ["Read by code", formatNumberOf(read, "file")],
    ["Shown to a model", `${formatNumberOf(shownLines, "line")} of ${formatNumberOf(shown, "file")}`],
  ];
}

const reasonWords: Readonly<Record<string, string>> = { "too-large": "too large", symlink: "links out of the folder" };

function startFacts({ started }: RunNode): FactList {
  const { root, sub, offline } = started.models;
  return [
    ["Model", offline ? `${root}: no language model was asked` : root],
    ["Sub-model", sub === root ? null : sub],
    [started.parent ? "Its share" : "Limits", limitsOf(started)],
  ];
}

function limitsOf({ limits, models, depth }: EventOf<"run.started">): string {
  const { turns, calls, tokens, usd, seconds } = limits;
  // Runs below this one; nothing is said of depths that do not count.
  const levels = Math.max(0, limits.depth - 1 - depth);
  return [
    formatNumberOf(turns, "turn"),
    formatNumberOf(calls, "sub-call"),
    levels === 0 ? "no child runs" : `child runs ${formatNumberOf(levels, "level")} deep`,
    formatNumberOf(tokens, "token"),
    ...(models.offline ? [] : [formatUsd(usd)]),
    formatMs(seconds * 1_000),
  ].join(", ");
}
