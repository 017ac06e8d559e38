import type { Provenance } from "../context/provenance.ts";
import { ContextReader } from "../context/reader.ts";
import type { SubContext } from "../context/sub-context.ts";
import type { GuestData } from "./worker-protocol.ts";

/** The functions of the context that a cell can call; arguments and results are JSON or text. */
export interface ContextFunctions {
  /** What was asked about it before. */
  readonly history: GuestData["history"];
  readonly kind: "files" | "text";
  /** Characters of a text context. */
  readonly textChars: number;
  /** True where the current cell has looked at the context. */
  readonly touched: boolean;
  startCell(): void;
  /** @param args a JSON array @throws GuestError, whose name and message reach the cell */
  text(name: string, args: string): string;
  json(name: string, args: string): string;
  /** What code has done with the files; see `Provenance`. */
  readonly provenance: Provenance;
  /** What a cell hands to a child run. @throws GuestError */
  subContext(given: unknown): Promise<SubContext>;
}

type Arguments = readonly unknown[];
type TextFunction = (reader: ContextReader, args: Arguments) => string;
type JsonFunction = (reader: ContextReader, args: Arguments) => unknown;

const textFunctions: Readonly<Record<string, TextFunction>> = {
  tree: (reader, [dir, depth]) => reader.tree(dir, depth),
  outline: (reader, [glob]) => reader.outline(glob),
  read: (reader, [path, from, to]) => reader.read(path, from, to),
  show: (reader, [where, from, to]) => reader.show(where, from, to),
  chunkText: (reader, [parts, numbered]) => reader.chunkText(parts, numbered),
  formatHits: (reader, [result]) => reader.formatHits(result),
  textSlice: (reader, [from, to]) => reader.textSlice(from, to),
  wholeText: (reader) => reader.wholeText(),
};

const jsonFunctions: Readonly<Record<string, JsonFunction>> = {
  list: (reader, [glob]) => reader.list(glob),
  omitted: (reader, [glob]) => reader.omitted(glob),
  search: (reader, [pattern, options]) => reader.search(pattern, options),
  count: (reader, [pattern, options]) => reader.count(pattern, options),
  find: (reader, [question, options]) => reader.find(question, options),
  chunks: (reader, [options]) => reader.chunks(options),
  textIndexOf: (reader, [needle, from]) => reader.textIndexOf(needle, from),
  textMatchAll: (reader, [pattern, limit]) => reader.textMatchAll(pattern, limit),
};

/** Does not count against what a cell may pull in: `context` itself has a limit of its own. */
const unmetered: ReadonlySet<string> = new Set(["wholeText"]);

/**
 * Binds the guest's functions to a corpus.
 * @param readChars characters that one cell may pull into the guest
 */
export function contextFunctions({ corpus, history }: GuestData, readChars: number): ContextFunctions {
  const reader = new ContextReader(corpus);
  let touched = false;
  let pulled = 0;
  const metered = (name: string, result: string): string => {
    touched = true;
    if (!unmetered.has(name)) pulled += result.length;
    if (pulled <= readChars) return result;
    throw new RangeError(`${Math.round(readChars / 1024 / 1024)} MB read in this cell; use search, count or chunks.`);
  };
  return {
    history,
    kind: corpus.manifest.kind,
    textChars: corpus.manifest.kind === "text" ? reader.textLength() : 0,
    get touched() {
      return touched;
    },
    startCell: () => {
      touched = false;
      pulled = 0;
    },
    text: (name, args) => metered(name, functionNamed(textFunctions, name)(reader, parseArguments(args))),
    provenance: reader.provenance,
    subContext: (given) => {
      touched = true;
      return reader.subContext(given);
    },
    json: (name, args) =>
      metered(name, JSON.stringify(functionNamed(jsonFunctions, name)(reader, parseArguments(args)))),
  };
}

function functionNamed<F>(table: Readonly<Record<string, F>>, name: string): F {
  const found = Object.hasOwn(table, name) ? table[name] : undefined;
  if (!found) throw new TypeError(`There is no function "${name}".`);
  return found;
}

/** JSON turns missing arguments into null; the reader takes both for "not given". */
function parseArguments(json: string): Arguments {
  const args: unknown = JSON.parse(json);
  if (!Array.isArray(args)) throw new TypeError("The arguments must be a list.");
  return args.map((value) => value ?? undefined);
}
