import { expect, it, vi } from "vitest";
import {
  chipsOf,
  idOf,
  selectionOf,
  sourceOf,
  toldQuestion,
  uriOfShown,
} from "../../../src/vscode/chat/attachments.ts";
import { ContextChoice } from "../../../src/vscode/context/context-choice.ts";
import { Uri } from "../../support/fake-vscode.ts";
import { memento } from "./window.ts";

vi.mock("vscode", () => import("../../support/fake-vscode.ts"));

const lines = { kind: "selection" as const, uri: "file:///w/src/a.ts", lines: { from: 3, to: 9 } };
const file = { kind: "file" as const, uri: "file:///w/src/a.ts" };
const folder = { kind: "folder" as const, uri: "file:///w/src" };

it("tells lines of a file from the file", () => {
  expect(idOf(lines)).not.toBe(idOf(file));
  expect(chipsOf({ workspace: true, attachments: [lines, folder] }).map(({ label }) => label)).toEqual([
    "workspace",
    "a.ts:3-9",
    "src",
  ]);
});

it("tells the model what is pointed at in what is asked about, and nothing where that is all", () => {
  const told = (workspace: boolean, ...attachments: readonly (typeof lines | typeof file | typeof folder)[]) =>
    toldQuestion("Why?", { workspace, attachments: [...attachments] });
  expect(told(true)).toBe("Why?");
  expect(told(false, file)).toBe("Why?");
  expect(told(false, file, lines)).toBe("Why?\n\n(I point at: src/a.ts:3-9)");
  expect(told(true, folder)).toBe("Why?\n\n(I point at: src/)");
});

it("asks about what is attached alone, each once, or about the workspace", async () => {
  const choice = new ContextChoice(memento());
  const attached = await sourceOf({ workspace: false, attachments: [lines, file] }, choice);
  expect(attached).toMatchObject({ kind: "paths", paths: ["/w/src/a.ts"], base: "/w" });
  expect(await sourceOf({ workspace: true, attachments: [file] }, choice)).toMatchObject({ paths: ["/w"] });
  expect(await sourceOf({ workspace: false, attachments: [] }, choice)).toBeNull();
});

it("takes the lines that a selection holds", () => {
  const editor = (from: [number, number], to: [number, number]) => {
    const [start, end] = [from, to].map(([line, character]) => ({ line, character }));
    const isSingleLine = from[0] === to[0];
    const selection = { start, end, isSingleLine, isEmpty: isSingleLine && from[1] === to[1] };
    return selectionOf({ selection, document: { uri: Uri.file("/w/a.ts") } } as never);
  };
  expect(editor([1, 2], [1, 2])).toEqual({ kind: "file", uri: "file:///w/a.ts" });
  expect(editor([1, 2], [1, 4]).lines).toEqual({ from: 2, to: 2 });
  expect(editor([1, 0], [3, 1]).lines).toEqual({ from: 2, to: 4 });
  expect(editor([1, 0], [3, 0]).lines).toEqual({ from: 2, to: 3 });
});

it("finds no completed path outside of the workspace", async () => {
  expect((await uriOfShown("src/a.ts"))?.path).toBe("/w/src/a.ts");
  expect(await uriOfShown("../a.ts")).toBeNull();
  expect((await uriOfShown("/etc/passwd"))?.path).toBe("/w/etc/passwd");
});
