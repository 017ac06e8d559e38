import { encodingOf, toUtf8 } from "./encoding.ts";

/** A cell of a notebook, its texts as lines without their ends. */
export interface NotebookCell {
  readonly kind: "code" | "markdown" | "raw";
  /** Of a code cell; empty where it isn't told. */
  readonly language: string;
  readonly source: readonly string[];
  /** Its text outputs if they are short, else one line that says what was left out. */
  readonly output: readonly string[];
}

type Fields = Readonly<Record<string, unknown>>;

const mostOutputChars = 1_000;
const mostOutputLines = 20;
// biome-ignore lint/suspicious/noControlCharactersInRegex: terminals are coloured by these
const escapes = /\x1b\[[0-9;?]*[A-Za-z]/g;

/** Larger files are not read as notebooks. */
export const largestNotebook = 32 * 1024 * 1024;

/** True for the path of a Jupyter notebook. */
export function isNotebookName(path: string): boolean {
  return path.endsWith("b") && /\.ipynb$/.test(path);
}

/**
 * The cells of a Jupyter notebook, in nbformat 3 or 4, all of them and in order.
 * @param bytes the file as it is on disk
 * @returns null where it is no notebook
 */
export function notebookCells(bytes: Uint8Array): NotebookCell[] | null {
  const notebook = parsed(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
  if (!isFields(notebook) || typeof notebook.nbformat !== "number") return null;
  const metadata = fieldsOf(notebook.metadata);
  const { name } = fieldsOf(metadata.language_info);
  const language = name ?? fieldsOf(metadata.kernelspec).language;
  const cells = notebook.cells ?? worksheetCells(notebook.worksheets);
  if (!Array.isArray(cells) || !cells.every(isFields)) return null;
  return cells.map((cell) => cellOf(cell, language));
}

function parsed(bytes: Buffer): unknown {
  const encoding = encodingOf(bytes);
  if (encoding === "binary") return null;
  try {
    return JSON.parse((encoding === "utf8" ? bytes : toUtf8(bytes, encoding)).toString("utf8"));
  } catch {
    return null;
  }
}

/** In nbformat 3 the cells lie in worksheets, of which there is hardly ever more than one. */
function worksheetCells(worksheets: unknown): unknown {
  if (!Array.isArray(worksheets)) return null;
  return worksheets.flatMap((sheet) => fieldsOf(sheet).cells ?? []);
}

function cellOf(cell: Fields, notebookLanguage: unknown): NotebookCell {
  const { cell_type: type, level } = cell;
  const text = textOf(cell.source ?? cell.input);
  if (type === "code") {
    const { languageId } = fieldsOf(fieldsOf(cell.metadata).vscode);
    const language = languageName(languageId ?? cell.language ?? notebookLanguage);
    return { kind: "code", language, source: linesOf(text), output: shortOutput(cell.outputs) };
  }
  const isHeading = type === "heading" && typeof level === "number" && level >= 1 && level <= 6;
  const source = linesOf(isHeading ? `${"#".repeat(level)} ${text}` : text);
  return { kind: type === "raw" ? "raw" : "markdown", language: "", source, output: [] };
}

/** A name that can't forge a line. */
function languageName(language: unknown): string {
  return typeof language === "string" && /^[\w+#.-]{1,30}$/.test(language) ? language : "";
}

function shortOutput(outputs: unknown): string[] {
  if (!Array.isArray(outputs) || outputs.length === 0) return [];
  const text = outputs.map((output) => outputText(fieldsOf(output))).join("");
  const lines = linesOf(text.replace(/\s+$/, ""));
  if (text.length > mostOutputChars || lines.length > mostOutputLines) {
    return [`(output of ${text.length} characters left out)`];
  }
  return lines.length > 0 ? lines : ["(output without text left out)"];
}

/** The text of one output, ending in a line feed; empty for an image and its like. */
function outputText(output: Fields): string {
  const { output_type: type, ename, evalue } = output;
  const text =
    type === "error" || type === "pyerr"
      ? `${textOf(ename)}: ${textOf(evalue)}`
      : textOf(output.text ?? fieldsOf(output.data)["text/plain"]);
  const plain = text.replace(escapes, "");
  return plain === "" || plain.endsWith("\n") ? plain : `${plain}\n`;
}

/** A text that is given whole or as its lines. NUL would make it binary. */
function textOf(value: unknown): string {
  const text = Array.isArray(value) ? value.filter((line) => typeof line === "string").join("") : value;
  return typeof text === "string" ? text.replaceAll("\0", "\ufffd") : "";
}

function linesOf(text: string): string[] {
  return text === "" ? [] : text.split(/\r\n|\r|\n/);
}

function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {};
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
