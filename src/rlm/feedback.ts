import { cutMiddle } from "./cut.ts";
import type { CellError, CellMemory } from "./sandbox.ts";

const maxError = 2_000;

/** What one cell has shown. */
export interface CellReport {
  readonly output: string;
  readonly value?: string;
  readonly error?: CellError;
  readonly memory: CellMemory;
}

const memoryNotes = {
  restored: "The variables are as they were before this cell.",
  lost: "The REPL had to be started anew: the variables of earlier cells are gone.",
} as const;

/**
 * The one user message that answers a turn's cells; the errors are never cut away by output.
 * @param maxChars of output and errors
 */
export function feedback(
  reports: readonly CellReport[],
  notes: readonly string[],
  turnLine: string,
  maxChars: number,
): string {
  const errors = reports.map((report) => errorText(report));
  const room = maxChars - errors.reduce((sum, text) => sum + text.length, 0);
  const bodies = share(
    reports.map((report) => bodyText(report)),
    room,
  );
  const cells = reports.map((_, i) => {
    const parts = [bodies[i], errors[i]].filter((part) => part);
    return `### Cell ${i + 1}\n${parts.join("\n") || "(no output)"}`;
  });
  return [...cells, ...notes, turnLine].join("\n\n");
}

function errorLine(error: CellError): string {
  const at = error.line === undefined ? "" : ` (line ${error.line}${error.column ? `, column ${error.column}` : ""})`;
  return `${error.name}: ${error.message}${at}`;
}

function bodyText(report: CellReport): string {
  return [report.output.trimEnd(), report.value].filter((part) => part).join("\n");
}

function errorText(report: CellReport): string {
  if (!report.error) return "";
  const lines = [cutMiddle(errorLine(report.error), maxError)];
  if (report.error.excerpt) lines.push(cutMiddle(report.error.excerpt, maxError));
  if (report.memory !== "kept") lines.push(memoryNotes[report.memory]);
  return lines.join("\n");
}

/** Cuts texts so that together they fit; the short ones stay whole. */
function share(texts: readonly string[], room: number): string[] {
  const byLength = [...texts.keys()].sort((a, b) => (texts[a]?.length ?? 0) - (texts[b]?.length ?? 0));
  const cut = [...texts];
  let left = room;
  byLength.forEach((index, done) => {
    const text = cutMiddle(texts[index] ?? "", Math.floor(left / (texts.length - done)));
    cut[index] = text;
    left -= text.length;
  });
  return cut;
}
