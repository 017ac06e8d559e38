import type { ContextManifest } from "../../rlm/context.ts";
import { formatCount, formatMs, formatNumberOf, formatShort } from "../../rlm/format.ts";
import { estimateTokens } from "../../rlm/limits.ts";
import type { RunTree } from "../../rlm/run-tree.ts";
import { Icon } from "../ui/icon.tsx";
import { Answer } from "./answer.tsx";
import { Reply } from "./reply.tsx";
import { turnLabel } from "./rows.ts";
import { Facts, Section, Title } from "./section.tsx";

/** The run as a whole: its answer once it is there, until then what the model writes. */
export function RunDetails({ tree }: { tree: RunTree }) {
  const { started, answer, finished } = tree;
  return (
    <>
      {answer !== null && (
        <Section title="Answer" copy={answer}>
          <Answer text={answer} citations={tree.citations} />
          <MissingCitations tree={tree} />
        </Section>
      )}
      {finished && answer === null && <p class="note">This run ended without an answer.</p>}
      {!finished && <LiveTurn tree={tree} />}
      {finished && (
        <>
          <Section title="Question" {...(started ? { copy: started.question } : {})}>
            <p class="question">{started?.question}</p>
          </Section>
          <Section title="Run">
            <Facts facts={[...contextFacts(tree), ...startFacts(tree)]} />
          </Section>
        </>
      )}
    </>
  );
}

/** What it is asked about, and what the model writes. */
function LiveTurn({ tree }: { tree: RunTree }) {
  const turn = tree.turns.at(-1);
  return (
    <>
      {tree.context && <p class="note">{describeContext(tree.context.manifest)}</p>}
      {turn && (
        <>
          <Title>{turnLabel(turn)}</Title>
          <Reply text={turn.reply} streaming={turn.state === "running"} />
        </>
      )}
    </>
  );
}

/** `payments · 1,204 files · ≈2.1M tok` */
function describeContext({ kind, name, files, lines, chars }: ContextManifest): string {
  const size = kind === "files" ? formatNumberOf(files, "file") : formatNumberOf(lines, "line");
  return `${name} · ${size} · ≈${formatShort(estimateTokens(chars))} tok`;
}

function MissingCitations({ tree }: { tree: RunTree }) {
  const missing = tree.citations.filter(({ status }) => status === "missing").length;
  if (missing === 0) return null;
  return (
    <p class="icon-line warning">
      <Icon name="warning" />
      <span>
        {missing} of {formatNumberOf(tree.citations.length, "citation")} {missing === 1 ? "names" : "name"} a file or
        lines that are not there.
      </span>
    </p>
  );
}

type FactList = readonly (readonly [string, string | null])[];

function contextFacts({ context }: RunTree): FactList {
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
    ["Collected in", formatMs(context.ms)],
  ];
}

const reasonWords: Readonly<Record<string, string>> = { "too-large": "too large", symlink: "links out of the folder" };

function startFacts({ started }: RunTree): FactList {
  if (!started) return [];
  const { root, sub, offline } = started.models;
  const { turns, calls, tokens, seconds } = started.limits;
  const limits = [formatNumberOf(turns, "turn"), formatNumberOf(calls, "sub-call"), formatNumberOf(tokens, "token")];
  return [
    ["Model", offline ? `${root}: no language model was asked` : root],
    ["Sub-model", sub === root ? null : sub],
    ["Limits", [...limits, formatMs(seconds * 1_000)].join(", ")],
  ];
}
