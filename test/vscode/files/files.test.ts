import { mkdirSync, symlinkSync } from "node:fs";
import path from "node:path";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { fileLines } from "../../../src/vscode/files/file-lines.ts";
import { fileWithin } from "../../../src/vscode/files/file-within.ts";
import { openRange } from "../../../src/vscode/files/open-range.ts";
import { fakeWindow, Uri } from "../../support/fake-vscode.ts";
import { tempFolder } from "../../support/temp-folder.ts";

vi.mock("vscode", () => import("../../support/fake-vscode.ts"));
beforeEach(() => fakeWindow.reset());

function openDocument(file: string, text: string): void {
  fakeWindow.documents.push({ uri: Uri.file(file), isDirty: false, getText: () => text });
}

describe("the file of a path that an answer names", () => {
  it("lies in what was asked about, links followed, or there is none", async () => {
    const outer = tempFolder({ "secret.txt": "s", "w/src/a.ts": "a", "wide/b.ts": "b" });
    const folder = path.join(outer, "w");
    symlinkSync(path.join(outer, "secret.txt"), path.join(folder, "link.txt"));
    symlinkSync(path.join(outer, "wide"), path.join(folder, "linked"));
    symlinkSync(folder, path.join(outer, "way"));
    const roots = [{ shown: "", file: folder }];
    expect(await fileWithin(roots, "src/a.ts")).toBe(path.join(folder, "src/a.ts"));
    expect(await fileWithin([{ shown: "", file: path.join(outer, "way") }], "src/a.ts")).not.toBeNull();
    // One that is gone is told by whoever opens it.
    expect(await fileWithin(roots, "src/gone.ts")).toBe(path.join(folder, "src/gone.ts"));
    const outside = ["../secret.txt", "..\\secret.txt"];
    for (const shown of [...outside, "link.txt", "linked/b.ts"]) {
      expect([shown, await fileWithin(roots, shown)]).toEqual([shown, null]);
    }
  });

  it("may be a single one that was asked about, through a link too, or an address", async () => {
    const outer = tempFolder({ "real.txt": "r" });
    mkdirSync(path.join(outer, "w"));
    const link = path.join(outer, "w/link.txt");
    symlinkSync(path.join(outer, "real.txt"), link);
    expect(await fileWithin([{ shown: "link.txt", file: link }], "link.txt")).toBe(link);
    const roots = [{ shown: "", file: "memfs://host/app" }];
    expect(await fileWithin(roots, "a b.ts")).toBe("memfs://host/app/a%20b.ts");
    expect(await fileWithin(roots, "../b.ts")).toBeNull();
    // An escape that no shown path has is a part of a name.
    expect(await fileWithin(roots, "\\u{2e}\\u{2e}/b.ts")).toBe("memfs://host/app/%5Cu%7B2e%7D%5Cu%7B2e%7D/b.ts");
  });
});

describe("the lines of a citation", () => {
  const roots = [{ shown: "", file: "/w" }];

  it("are those of the text in the editor, forty at most and long ones cut, with the rest counted", async () => {
    openDocument(
      "/w/a.ts",
      Array.from({ length: 60 }, (_, i) => (i === 0 ? "x".repeat(500) : `line ${i + 1}`)).join("\n"),
    );
    const some = await fileLines({ path: "a.ts", from: 3, to: 4 }, roots);
    expect(some).toEqual({ first: 3, lines: ["line 3", "line 4"], note: "" });
    const many = await fileLines({ path: "a.ts", from: 0, to: 1_000 }, roots);
    expect([many.first, many.lines.length, many.note]).toEqual([1, 40, "20 more lines"]);
    expect(many.lines[0]).toBe(`${"x".repeat(399)}…`);
  });

  it("are none where the file is outside, gone or shorter, and that is said", async () => {
    openDocument("/w/a.ts", "1\n2");
    expect((await fileLines({ path: "../a.ts", from: 1, to: 1 }, roots)).note).toContain("no such file");
    expect((await fileLines({ path: "a.ts", from: 3, to: 9 }, roots)).note).toContain("no such lines");
  });
});

describe("opening a citation", () => {
  it("selects its lines whole, and what there is of them where the file has become shorter", async () => {
    openDocument("/w/a.ts", "one\ntwo\nthree\nfour");
    await openRange("/w/a.ts", { path: "a.ts", from: 2, to: 3 }, undefined);
    await openRange("/w/a.ts", { path: "a.ts", from: 0, to: 900 }, undefined);
    expect(fakeWindow.shown.map(({ selection }) => selection)).toEqual([
      { start: { line: 1, character: 0 }, end: { line: 2, character: 5 } },
      { start: { line: 0, character: 0 }, end: { line: 3, character: 4 } },
    ]);
  });

  it("says which file is not there, and opens nothing", async () => {
    await openRange(null, { path: "made/up.ts", from: 1, to: 1 }, undefined);
    await openRange("/w/gone.ts", { path: "gone.ts", from: 1, to: 1 }, undefined);
    expect(fakeWindow.warnings).toEqual([
      expect.stringContaining('no file "made/up.ts"'),
      expect.stringContaining("gone.ts can't be opened"),
    ]);
    expect(fakeWindow.shown).toEqual([]);
  });
});
