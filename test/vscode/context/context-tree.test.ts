import { describe, expect, it } from "vitest";
import {
  type ContextNode,
  ContextTree,
  type FileNode,
  type FolderNode,
} from "../../../src/vscode/context/context-tree.ts";

const files: Readonly<Record<string, number>> = {
  "README.md": 10,
  "src-old/a.ts": 20,
  "src.ts": 30,
  "src/a.ts": 40,
  "src/net/client.ts": 50,
  "src/net/retry.ts": 60,
  "src/z.ts": 70,
  "src0.ts": 80,
};
const paths = Object.keys(files).sort();
const chars = paths.map((path) => files[path] ?? 0);
const leftOut = [
  { path: ".env", reason: "secret", bytes: 9 },
  { path: "a.png", reason: "binary", bytes: 5 },
  { path: "b.pem", reason: "secret", bytes: 6 },
] as const;

function treeOf(without: readonly string[] = []): ContextTree {
  return new ContextTree({ paths, chars, leftOut }, without);
}

function label(node: ContextNode): string {
  if (node.kind === "folder") return `${node.name}/`;
  return node.kind === "file" ? node.name : node.kind;
}

/** A folder or file, found by opening the folders above it. */
function find(tree: ContextTree, path: string): FolderNode | FileNode {
  const parent = path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
  const found = tree.children(parent).find((node) => "path" in node && node.path === path);
  if (found?.kind !== "folder" && found?.kind !== "file") throw new Error(`${path} is not there.`);
  return found;
}

describe("the tree of what would be asked about", () => {
  it("opens folder by folder, folders first, with what is left out at the end of the first list alone", () => {
    const tree = treeOf();
    expect(tree.children("").map(label)).toEqual([
      ...["src-old/", "src/", "README.md", "src.ts", "src0.ts"],
      "left-out",
    ]);
    expect(tree.children("src").map(label)).toEqual(["net/", "a.ts", "z.ts"]);
    expect(tree.children("src/net").map(label)).toEqual(["client.ts", "retry.ts"]);
  });

  it("counts a folder with all below it, and names that only begin alike are no part of it", () => {
    const tree = treeOf();
    const src = find(tree, "src");
    expect(src.kind === "folder" && tree.amount(src)).toEqual({ files: 4, chars: 220 });
    expect(tree.total).toEqual({ files: 8, chars: 360 });
  });

  it("takes out files and folders, and a folder with nothing left in it is out", () => {
    const tree = treeOf(["src/net", "src/a.ts", "README.md", "gone.ts"]);
    expect(tree.total).toEqual({ files: 4, chars: 200 });
    expect(["src", "src/net", "src/a.ts", "src/z.ts", "README.md"].map((path) => tree.isIn(find(tree, path)))).toEqual([
      ...[true, false, false, true, false],
    ]);
    expect(tree.charsOf(find(tree, "README.md") as FileNode)).toBe(10);
    const emptied = treeOf(["src/net/client.ts", "src/net/retry.ts"]);
    expect(emptied.isIn(find(emptied, "src/net"))).toBe(false);
  });

  it("keeps one entry for a folder that is taken out, whatever in it was before", () => {
    expect(treeOf(["src/a.ts", "README.md"]).withoutAlso("src")).toEqual(["README.md", "src"]);
    expect(treeOf(["src"]).withoutAlso("src")).toEqual(["src"]);
  });

  it("puts back a folder with all in it, and of a folder above it nothing else", () => {
    expect(treeOf(["src/net/retry.ts", "src/a.ts"]).withoutAllBut("src/net")).toEqual(["src/a.ts"]);
    expect(treeOf(["src", "README.md"]).withoutAllBut("src/net/retry.ts").sort()).toEqual(
      ["README.md", "src/a.ts", "src/net/client.ts", "src/z.ts"].sort(),
    );
    const tree = treeOf(treeOf(["src"]).withoutAllBut("src/net"));
    expect(tree.total).toEqual({ files: 6, chars: 250 });
  });

  it("groups what is left out by reason, the commonest first", () => {
    const tree = treeOf();
    expect(tree.reasons().map(({ reason, count }) => [reason, count])).toEqual([
      ["secret", 2],
      ["binary", 1],
    ]);
    expect(tree.omitted("secret").map((node) => node.kind === "omitted" && node.entry.path)).toEqual([".env", "b.pem"]);
  });

  it("shows a thousand of a folder at most, and says how many more there are", () => {
    const many = Array.from({ length: 1_500 }, (_, i) => `f${String(i).padStart(4, "0")}.ts`);
    const shown = new ContextTree({ paths: many, chars: many.map(() => 1), leftOut: [] }, []).children("");
    expect(shown).toHaveLength(1_001);
    expect(shown.at(-1)).toEqual({ kind: "more", parent: "", count: 500 });
  });
});
