import { formatCount } from "../rlm/format.ts";
import type { CorpusText } from "./corpus-text.ts";
import { endingOf } from "./file-kinds.ts";
import { GuestError } from "./guest-error.ts";
import { globOf, selectFiles } from "./guest-glob.ts";
import { isRegex, optionsOf, wholeNumber } from "./guest-values.ts";
import { definitionsOf, hasDefinitions } from "./outline/definitions.ts";
import type { Definition } from "./outline/definitions-in-lines.ts";
import { runRegex } from "./run-regex.ts";

const mostLines = 400;
/** A turn shows 20,000 characters; the cell may have more to say. */
const mostChars = 18_000;
const defaultPerFile = 60;
/** Where much is asked for, each file still shows this many. */
const leastPerFile = 3;
/** Files with definitions that are looked at: more can't be shown. */
const mostFiles = mostLines / 2;
const largestBytes = 4 * 1024 * 1024;

interface OutlinedFile {
  readonly path: string;
  readonly definitions: readonly Definition[];
}

/** What was read: files with definitions, and how many files the others were. */
interface Outlined {
  readonly files: readonly OutlinedFile[];
  readonly without: readonly string[];
  readonly tooLarge: readonly string[];
  readonly unknown: readonly string[];
  readonly unread: number;
}

/**
 * The definitions of the files that a glob selects, with their line numbers: `41: class Rlm` under the file's path,
 * what is inside another one indented. At most 400 lines; what was cut is said.
 * @param given a glob, or `{glob, perFile}`; for a text it may be absent
 * @throws GuestError
 */
export function outline(texts: CorpusText, given: unknown): string {
  const short = typeof given === "string" || Array.isArray(given) || isRegex(given);
  const options = optionsOf("outline", short ? { glob: given } : given, ["glob", "perFile"]);
  const perFile = wholeNumber("outline: perFile", options.perFile, null, 1, mostLines);
  const chosen = selectFiles("outline", globOf("outline", options.glob), texts);
  if (chosen.length === 0) return "[outline: no file matches the glob]";
  const outlined = readAll(texts, chosen);
  return [...blocks(outlined, chosen.length, perFile), ...notes(outlined)].join("\n");
}

function readAll(texts: CorpusText, chosen: readonly number[]): Outlined {
  const files: OutlinedFile[] = [];
  const others = { without: [] as string[], tooLarge: [] as string[], unknown: [] as string[] };
  let read = 0;
  inTime(texts, () => {
    for (const file of chosen) {
      if (files.length > mostFiles) break;
      read += 1;
      texts.observer?.searched(file);
      const path = texts.path(file);
      if (!hasDefinitions(endingOf(path))) others.unknown.push(path);
      else if (texts.byteCount(file) > largestBytes) others.tooLarge.push(path);
      else {
        const found = definitionsOf(path, endingOf(path), texts.text(file));
        const before = texts.firstLine(file) - 1;
        const definitions = before === 0 ? found : found.map((one) => ({ ...one, line: one.line + before }));
        if (definitions.length === 0) others.without.push(path);
        else files.push({ path, definitions });
      }
    }
  });
  return { files, ...others, unread: chosen.length - read };
}

function inTime(texts: CorpusText, work: () => void): void {
  try {
    runRegex("outline", texts.regexTimeoutMs, work);
  } catch (error) {
    if (!(error instanceof GuestError)) throw error;
    throw new GuestError("RangeError", `outline: took longer than ${texts.regexTimeoutMs / 1000} s; narrow glob.`);
  }
}

/** The outlines of as many files, and of as much of each, as may be shown. */
function blocks({ files, unread }: Outlined, chosen: number, perFile: number | null): string[] {
  if (files.length === 0) return [];
  let cap = perFile ?? (files.length === 1 && chosen === 1 ? mostLines : defaultPerFile);
  let shown = files.map((file) => blockOf(file, cap));
  while (cap > leastPerFile && perFile === null && !fits(shown)) {
    cap = Math.max(leastPerFile, Math.floor(cap * 0.8));
    shown = files.map((file) => blockOf(file, cap));
  }
  while (shown.length > 1 && !fits(shown)) shown = shown.slice(0, shown.length - Math.ceil(shown.length / 20));
  const lines = fits(shown) ? shown.flat() : cutLines(shown.flat());
  return [...lines, ending(files, shown, lines, unread)];
}

function fits(shown: readonly (readonly string[])[]): boolean {
  const lines = shown.flat();
  return lines.length <= mostLines && lines.reduce((sum, line) => sum + line.length + 1, 0) <= mostChars;
}

function cutLines(lines: readonly string[]): string[] {
  let chars = 0;
  return lines.filter((line, i) => {
    chars += line.length + 1;
    return i < mostLines && chars <= mostChars;
  });
}

/** A path and its definitions; where they are too many, those inside others go first. */
function blockOf({ path, definitions }: OutlinedFile, most: number): string[] {
  const kept = outermost(definitions, most);
  const left = definitions.length - kept.length;
  return [
    path,
    ...kept.map(({ line, depth, text }) => `${"  ".repeat(Math.min(depth, 8) + 1)}${line}: ${text}`),
    ...(left > 0 ? [`  … ${formatCount(left)} more`] : []),
  ];
}

function outermost(definitions: readonly Definition[], most: number): readonly Definition[] {
  if (definitions.length <= most) return definitions;
  let kept: readonly Definition[] = [];
  for (let depth = 0; kept.length < most; depth += 1) {
    const room = most - kept.length;
    const ofDepth = definitions.filter((one) => one.depth === depth).slice(0, room);
    kept = [...kept, ...ofDepth];
    if (ofDepth.length === room) break;
  }
  return kept.toSorted((a, b) => a.line - b.line);
}

/** How much of what there is was shown. */
function ending(
  files: readonly OutlinedFile[],
  shown: readonly (readonly string[])[],
  lines: readonly string[],
  unread: number,
): string {
  const all = files.reduce((sum, file) => sum + file.definitions.length, 0);
  const there = lines.filter((line) => /^ +\d+: /.test(line)).length;
  const unseen = unread > 0 ? `; ${formatCount(unread)} more files not looked at` : "";
  if (there === all && unread === 0) return `[${counted(all, "definition")} in ${counted(files.length, "file")}]`;
  const ofFiles = `${formatCount(shown.length)} of ${counted(files.length, "file")}`;
  return `[${formatCount(there)} of ${counted(all, "definition")} in ${ofFiles}${unseen}; narrow glob to see more]`;
}

function notes({ without, tooLarge, unknown }: Outlined): string[] {
  return [
    ...note(without, "no definitions in"),
    ...note(tooLarge, "too large; use search for"),
    ...note(unknown, "can't tell definitions in files of this kind, use search or show:"),
  ];
}

function note(paths: readonly string[], words: string): string[] {
  if (paths.length === 0) return [];
  const more = paths.length > 3 ? ` and ${formatCount(paths.length - 3)} more` : "";
  return [`[outline: ${words} ${paths.slice(0, 3).join(", ")}${more}]`];
}

function counted(n: number, word: string): string {
  return `${formatCount(n)} ${word}${n === 1 ? "" : "s"}`;
}
