import type { LeftOutReason } from "../rlm/context.ts";
import { oneLine } from "../rlm/cut.ts";
import { formatCount } from "../rlm/format.ts";
import { estimateTokens } from "../rlm/limits.ts";
import type { Corpus } from "./corpus.ts";
import type { CorpusText } from "./corpus-text.ts";
import { endingOf } from "./file-kinds.ts";
import { roleOf } from "./file-role.ts";
import { languageOf } from "./languages.ts";
import { similarFolders } from "./similar-folders.ts";
import { folderTree, size, treeText } from "./tree.ts";

const treeLines = 16;
const lineChars = 160;

/** What a question is about, for the model, in about 1,500 characters. Secret files are counted, never named. */
export function card(texts: CorpusText): string {
  return texts.corpus.manifest.kind === "text" ? textCard(texts) : filesCard(texts);
}

function filesCard(texts: CorpusText): string {
  const { corpus } = texts;
  const { manifest } = corpus;
  const lines = [
    `Files: ${oneLine(manifest.name, 80)}. ${plural(manifest.files, "file")}, ${amounts(corpus)}.`,
    `Languages: ${languages(texts)}`,
    "Top of the tree:",
    indented(treeText(folderTree(corpus), 1, treeLines)),
    ...labelled("Read first", readFirst(texts.paths)),
    ...labelled("Largest", largest(texts)),
    ...labelled(
      "Near-duplicate trees",
      similarFolders(texts.paths)
        .map(([a, b]) => `${a} ≈ ${b}`)
        .slice(0, 4),
    ),
    leftOut(corpus),
    ...masked(corpus),
  ];
  return lines.join("\n");
}

function textCard(texts: CorpusText): string {
  const { corpus } = texts;
  const [begin, last] = [texts.firstLine(0), texts.lastLine(0)];
  const numbered = (from: number, to: number) => {
    // A line may be the whole text: only its beginning is needed.
    const start = texts.byteOfLine(0, from);
    if (texts.byteOfLine(0, to + 1) - start > 1_000_000) return [`  ${from}: (long lines)`];
    return texts.lines(0, from, to).map((line, i) => `  ${from + i}: ${cut(line)}`);
  };
  const headEnd = begin + 4;
  const tail = Math.max(headEnd + 1, last - 4);
  const lines = [
    `One text: ${oneLine(corpus.manifest.name, 80)}. ${amounts(corpus)}. Longest line: ${plural(corpus.longestLine, "character")}.`,
    last <= headEnd ? "All lines:" : "First lines:",
    ...numbered(begin, Math.min(headEnd, last)),
    ...(last > headEnd ? ["Last lines:", ...numbered(tail, last)] : []),
    ...masked(corpus),
  ];
  return lines.join("\n");
}

function amounts({ manifest }: Corpus): string {
  const tokens = size(estimateTokens(manifest.chars));
  return `${plural(manifest.chars, "character")} (≈${tokens} tokens), ${plural(manifest.lines, "line")}`;
}

function languages(texts: CorpusText): string {
  const found = new Map<string, { files: number; chars: number }>();
  texts.paths.forEach((path, file) => {
    const name = languageOf(path);
    const sum = found.get(name) ?? { files: 0, chars: 0 };
    found.set(name, { files: sum.files + 1, chars: sum.chars + texts.charCount(file) });
  });
  const sorted = [...found].sort((a, b) => b[1].chars - a[1].chars);
  const shown = sorted.slice(0, 6).map(([name, { files, chars }]) => `${name} ${formatCount(files)} (${size(chars)})`);
  return shown.join(", ") + (sorted.length > 6 ? `, and ${sorted.length - 6} more` : "");
}

const manifests =
  /^(?:package\.json|pyproject\.toml|setup\.py|cargo\.toml|go\.mod|pom\.xml|build\.gradle(?:\.kts)?|gemfile|composer\.json|makefile|cmakelists\.txt|.*\.csproj)$/i;
const entries = /^(?:index|main|app|cli|server|extension|lib|mod|__init__|__main__)\.[a-z]+$/i;

/** README, manifests and entry points, the outermost first. */
function readFirst(paths: readonly string[]): string[] {
  const rank = (path: string) => {
    const name = path.slice(path.lastIndexOf("/") + 1);
    if (/^readme/i.test(name)) return 0;
    if (manifests.test(name)) return 1;
    return entries.test(name) && roleOf(path) === "source" && endingOf(path) !== "" ? 2 : -1;
  };
  const depth = (path: string) => path.split("/").length;
  const ranked = paths.map((path) => ({ path, rank: rank(path), depth: depth(path) })).filter((one) => one.rank >= 0);
  ranked.sort((a, b) => a.depth - b.depth || a.rank - b.rank);
  return ranked.slice(0, 6).map((one) => one.path);
}

function largest(texts: CorpusText): string[] {
  if (texts.paths.length < 2) return [];
  const bySize = texts.paths.map((path, file) => ({ path, chars: texts.charCount(file) }));
  bySize.sort((a, b) => b.chars - a.chars);
  return bySize.slice(0, 5).map(({ path, chars }) => `${path} (${size(chars)})`);
}

const reasons: Readonly<Record<LeftOutReason, string>> = {
  ignored: "ignored",
  binary: "binary",
  "too-large": "too large",
  minified: "minified",
  generated: "generated",
  symlink: "links",
  unreadable: "unreadable",
  secret: "secret",
};

function leftOut({ leftOut: entries, manifest }: Corpus): string {
  if (entries.length === 0) return "LEFT OUT: nothing.";
  const parts = Object.entries(reasons).flatMap(([reason, word]) => {
    const of = entries.filter((entry) => entry.reason === reason);
    if (of.length === 0) return [];
    const examples = reason === "secret" ? [] : of.slice(0, 3).map((entry) => cutPath(entry.path));
    const more = of.length > examples.length ? ", …" : "";
    return [`${formatCount(of.length)} ${word}${examples.length > 0 ? ` (${examples.join(", ")}${more})` : ""}`];
  });
  const all = Object.keys(manifest.leftOut).length === 1 && manifest.leftOut.secret !== undefined;
  return `LEFT OUT: ${parts.join(", ")}.${all ? "" : " omitted() lists them."}`;
}

function masked({ masked: { secrets, files } }: Corpus): string[] {
  return secrets === 0 ? [] : [`${plural(secrets, "secret")} in ${plural(files, "file")} masked as [masked …].`];
}

function labelled(label: string, values: readonly string[]): string[] {
  return values.length === 0 ? [] : [`${label}: ${values.map(cutPath).join(", ")}`];
}

function indented(text: string): string {
  return text.replaceAll(/^/gm, "  ");
}

function plural(n: number, word: string): string {
  return `${formatCount(n)} ${word}${n === 1 ? "" : "s"}`;
}

function cut(line: string): string {
  return line.length <= lineChars ? line : `${line.slice(0, lineChars - 1)}…`;
}

function cutPath(path: string): string {
  return path.length <= 80 ? path : `…${path.slice(-79)}`;
}
