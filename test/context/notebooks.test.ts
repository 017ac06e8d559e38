import { createHash } from "node:crypto";
import path from "node:path";
import { expect, test } from "vitest";
import { pathsOf, sha256Of } from "../../src/context/corpus.ts";
import { notebookCells } from "../../src/context/notebook.ts";
import { lineOfPlace, notebookText, placeOfLine } from "../../src/context/notebook-text.ts";
import { ContextReader } from "../../src/context/reader.ts";
import { collectPaths, folderWith, leftOut, readerOf } from "./support.ts";

const image = "iVBORw0KGgo".repeat(200_000);

const cells = [
  { cell_type: "markdown", metadata: {}, source: ["# Title\n", "\n", "What it does."] },
  { cell_type: "code", metadata: {}, source: [], outputs: [] },
  {
    cell_type: "code",
    metadata: {},
    source: "import os\r\nos.name\n",
    outputs: [
      { output_type: "stream", name: "stdout", text: ["one\n", "\u001b[31mtwo\u001b[0m\n"] },
      { output_type: "execute_result", data: { "text/plain": ["'posix'"], "text/html": "<b>posix</b>" } },
    ],
  },
  {
    cell_type: "code",
    metadata: { vscode: { languageId: "sql" } },
    source: ["select 1"],
    outputs: [{ output_type: "display_data", data: { "image/png": image } }],
  },
  { cell_type: "raw", metadata: {}, source: "as it is" },
  {
    cell_type: "code",
    source: "fail()",
    outputs: [{ output_type: "error", ename: "NameError", evalue: "no", traceback: ["long"] }],
  },
];

const text = `# --- cell 1 (markdown) ---
# Title

What it does.

# --- cell 3 (code, python) ---
import os
os.name

# --- output of cell 3 ---
one
two
'posix'

# --- cell 4 (code, sql) ---
select 1
# --- output of cell 4 ---
(output without text left out)

# --- cell 5 (raw) ---
as it is

# --- cell 6 (code, python) ---
fail()
# --- output of cell 6 ---
NameError: no
`;

function notebook(given: unknown, rest: object = {}): Buffer {
  return Buffer.from(
    JSON.stringify({ nbformat: 4, metadata: { language_info: { name: "python" } }, cells: given, ...rest }),
  );
}

test("a notebook is read as its cells with short text outputs, never images, under the digest of its file", async () => {
  const file = notebook(cells);
  const corpus = await collectPaths(folderWith({ "sub/a.ipynb": file }));
  expect(new ContextReader(corpus).read("sub/a.ipynb")).toBe(text);
  expect(sha256Of(corpus, 0)).toBe(createHash("sha256").update(file).digest("hex"));
  expect(corpus.manifest).toMatchObject({ lines: text.split("\n").length - 1, bytes: Buffer.byteLength(text) });
});

test("a notebook's size is that of its cells, not of its images", async () => {
  const many = Array.from({ length: 3 }, () => cells[3]);
  const long = [{ cell_type: "code", source: "x = 1\n".repeat(1_000), outputs: [] }];
  const cwd = folderWith({ "images.ipynb": notebook(many), "long.ipynb": notebook(long) });
  const corpus = await collectPaths(cwd, { maxFileBytes: 5_000 });
  expect(pathsOf(corpus)).toEqual(["images.ipynb"]);
  expect(leftOut(corpus)).toEqual({ "long.ipynb": "too-large" });
});

test("a long output is left out and its length told", () => {
  const outputs = [{ output_type: "stream", text: "y".repeat(1_001) }];
  const lines = [{ output_type: "stream", text: "1\n".repeat(21) }];
  const given = notebook([
    { cell_type: "code", source: "a", outputs },
    { cell_type: "code", source: "b", outputs: lines },
  ]);
  expect(notebookText(given)).toContain("# --- output of cell 1 ---\n(output of 1002 characters left out)\n");
  expect(notebookText(given)).toContain("# --- output of cell 2 ---\n(output of 42 characters left out)\n");
});

test("a notebook of format 3 is read as its cells", () => {
  const worksheets = [
    {
      cells: [
        { cell_type: "heading", level: 2, source: "Part" },
        {
          cell_type: "code",
          language: "julia",
          input: ["f(x)\n", "g(x)"],
          outputs: [{ output_type: "pyout", text: ["7"] }],
        },
        { cell_type: "code", input: "h", outputs: [{ output_type: "pyerr", ename: "E", evalue: "v" }] },
      ],
    },
    { cells: [{ cell_type: "markdown", source: "end" }] },
  ];
  expect(notebookText(Buffer.from(JSON.stringify({ nbformat: 3, metadata: {}, worksheets })))).toBe(
    "# --- cell 1 (markdown) ---\n## Part\n\n# --- cell 2 (code, julia) ---\nf(x)\ng(x)\n# --- output of cell 2 ---\n7\n\n" +
      "# --- cell 3 (code) ---\nh\n# --- output of cell 3 ---\nE: v\n\n# --- cell 4 (markdown) ---\nend\n",
  );
});

test("a broken notebook is read as plain text", async () => {
  const broken = {
    "cut.ipynb": '{"nbformat": 4, "cells": [',
    "list.ipynb": "[]",
    "none.ipynb": "",
    "no-cells.ipynb": '{"nbformat": 4}',
    "wrong-cells.ipynb": '{"nbformat": 4, "cells": [1]}',
    "no-version.ipynb": '{"cells": []}',
  };
  const reader = await readerOf(broken);
  for (const [name, content] of Object.entries(broken)) expect(reader.read(name)).toBe(content);
  expect(leftOut(await collectPaths(folderWith({ "a.ts": "1", "b.ipynb": Buffer.from([0, 1, 2, 0]) })))).toEqual({
    "b.ipynb": "binary",
  });
});

test("a notebook in UTF-16 or behind a byte order mark is read as its cells", async () => {
  const json = notebook([{ cell_type: "markdown", source: "é" }]).toString();
  const utf16 = Buffer.from(`\ufeff${json}`, "utf16le");
  const reader = await readerOf({ "a.ipynb": utf16, "b.ipynb": `\ufeff${json}` });
  for (const name of ["a.ipynb", "b.ipynb"]) expect(reader.read(name)).toBe("# --- cell 1 (markdown) ---\né\n");
});

test("what a notebook says of itself can't forge lines, and no cell makes its text binary", () => {
  const forged = notebook([{ cell_type: "code", source: "a\0b", metadata: { vscode: { languageId: "x) ---\nsql" } } }]);
  expect(notebookText(forged)).toBe("# --- cell 1 (code) ---\na\ufffdb\n");
});

test("secrets in cells and outputs are masked", async () => {
  const key = "AKIAABCDEFGHIJKLMNOP";
  const outputs = [{ output_type: "stream", text: `${key}\n` }];
  const corpus = await collectPaths(
    folderWith({ "a.ipynb": notebook([{ cell_type: "code", source: [`k = "${key}"\n`], outputs }]) }),
  );
  expect(new ContextReader(corpus).count(key)).toBe(0);
  expect(corpus.masked.secrets).toBe(2);
});

test("an unsaved notebook is given as JSON and read as its cells", async () => {
  const cwd = folderWith({ "a.ipynb": notebook([{ cell_type: "code", source: "old" }]) });
  const overlays = [
    { file: path.join(cwd, "a.ipynb"), text: notebook([{ cell_type: "code", source: "new" }]).toString() },
  ];
  const reader = new ContextReader(await collectPaths(cwd, { overlays }));
  expect(reader.read("a.ipynb")).toBe("# --- cell 1 (code, python) ---\nnew\n");
});

test("every line of a notebook's text has its place in a cell, and every place its line", () => {
  const parsed = notebookCells(notebook(cells)) ?? [];
  const lines = text.split("\n").slice(0, -1);
  const sources = new Map(parsed.map(({ source }, cell) => [cell, source]));
  parsed.forEach(({ source }, cell) => {
    source.forEach((content, i) => {
      const line = lineOfPlace(parsed, { cell, line: i + 1 });
      expect(lines[(line ?? 0) - 1]).toBe(content);
      expect(placeOfLine(parsed, line ?? 0)).toEqual({ cell, line: i + 1 });
    });
  });
  const places = lines.map((_, i) => placeOfLine(parsed, i + 1));
  expect(places.every((place) => place && place.line <= Math.max(1, sources.get(place.cell)?.length ?? 0))).toBe(true);
  expect(places[0]).toEqual({ cell: 0, line: 1 });
  expect(places[4]).toEqual({ cell: 0, line: 3 });
  expect(places[12]).toEqual({ cell: 2, line: 3 });
  expect([placeOfLine(parsed, 0), placeOfLine(parsed, lines.length + 1), placeOfLine([], 1)]).toEqual([
    null,
    null,
    null,
  ]);
  expect([lineOfPlace(parsed, { cell: 1, line: 1 }), lineOfPlace(parsed, { cell: 9, line: 1 })]).toEqual([null, null]);
});
