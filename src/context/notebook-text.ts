import { type NotebookCell, notebookCells } from "./notebook.ts";

/** A place in a notebook: the number of a cell, from 0 as the editor counts them, and a line of its source, from 1. */
export interface NotebookPlace {
  readonly cell: number;
  readonly line: number;
}

/** The lines that stand for one cell, in the text of its notebook. */
interface Block {
  readonly cell: number;
  /** The line of the head, from 1. */
  readonly line: number;
  readonly lines: readonly string[];
  readonly sourceLines: number;
}

/**
 * A notebook as models see it: each cell under a head such as `# --- cell 3 (code, python) ---`, counted from 1, and a blank
 * line between them.
 * @param bytes the file as it is on disk
 * @returns null where it is no notebook
 */
export function notebookText(bytes: Uint8Array): string | null {
  const cells = notebookCells(bytes);
  return (
    cells &&
    blocksOf(cells)
      .map(({ lines }) => `${lines.join("\n")}\n`)
      .join("\n")
  );
}

/**
 * The place in a notebook that a line of its text stands for: line 1 of the cell for its head, the last line of the cell
 * for its output and the blank line after it.
 * @returns null where the text has no such line
 */
export function placeOfLine(cells: readonly NotebookCell[], line: number): NotebookPlace | null {
  const blocks = blocksOf(cells);
  const block = blocks.findLast((one) => one.line <= line);
  const between = block === blocks.at(-1) ? 0 : 1;
  if (!block || line >= block.line + block.lines.length + between) return null;
  return { cell: block.cell, line: Math.max(1, Math.min(line - block.line, block.sourceLines)) };
}

/** The line of a notebook's text that a place in it has. @returns null for a cell that is not there or is empty */
export function lineOfPlace(cells: readonly NotebookCell[], { cell, line }: NotebookPlace): number | null {
  const block = blocksOf(cells).find((one) => one.cell === cell);
  return block ? block.line + Math.max(1, Math.min(line, block.sourceLines)) : null;
}

/** Cells that hold nothing are not shown. */
function blocksOf(cells: readonly NotebookCell[]): Block[] {
  const blocks: Block[] = [];
  let line = 1;
  cells.forEach((cell, i) => {
    if (cell.output.length === 0 && cell.source.every((one) => one.trim() === "")) return;
    const lines = [headOf(cell, i), ...cell.source, ...outputLines(cell, i)];
    blocks.push({ cell: i, line, lines, sourceLines: cell.source.length });
    line += lines.length + 1;
  });
  return blocks;
}

function headOf({ kind, language }: NotebookCell, cell: number): string {
  return `# --- cell ${cell + 1} (${kind}${language === "" ? "" : `, ${language}`}) ---`;
}

function outputLines({ output }: NotebookCell, cell: number): string[] {
  return output.length === 0 ? [] : [`# --- output of cell ${cell + 1} ---`, ...output];
}
