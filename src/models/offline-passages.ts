/** Lines of one file in a row, as a cell has printed them. */
export interface Passage {
  readonly path: string;
  /** 1-based number of the first line. */
  readonly from: number;
  readonly lines: readonly string[];
}

/** Numbered lines by path, gathered from any number of outputs. */
export type KnownLines = Map<string, Map<number, string>>;

const head = /^(\S.*):(\d+)-(\d+)$/;
const numbered = /^\s*(\d+): ?(.*)$/;

/**
 * Reads the numbered lines of an output: blocks under `path:from-to` heads, and search hits under the path of their file.
 * A line that is cut away in the middle is left out.
 */
export function readLines(output: string, known: KnownLines): void {
  let path: string | null = null;
  for (const line of output.split("\n")) {
    const hit = numbered.exec(line);
    if (hit && path !== null) remember(known, path, Number(hit[1]), hit[2] ?? "");
    else if (line.trim() !== "") path = pathOf(line);
  }
}

/** The known lines, in order, cut wherever a number is missing. */
export function passagesOf(known: KnownLines): Passage[] {
  const passages: Passage[] = [];
  for (const [path, lines] of known) {
    const numbers = [...lines.keys()].sort((a, b) => a - b);
    let run: { from: number; lines: string[] } | null = null;
    for (const number of numbers) {
      const text = lines.get(number) ?? "";
      if (run && number === run.from + run.lines.length) run.lines.push(text);
      else {
        run = { from: number, lines: [text] };
        passages.push({ path, from: number, lines: run.lines });
      }
    }
  }
  return passages;
}

function remember(known: KnownLines, path: string, number: number, text: string): void {
  const lines = known.get(path) ?? new Map<number, string>();
  known.set(path, lines);
  // A hit's text may be cut short; a line that was shown is whole.
  if ((lines.get(number)?.length ?? -1) < text.length) lines.set(number, text);
}

/** The path that a head line names, or null where the line is something else. */
function pathOf(line: string): string | null {
  const block = head.exec(line);
  if (block) return block[1] ?? null;
  return /^[^\s#[][^\n:]*$/.test(line) && line.length < 400 ? line.trimEnd() : null;
}
