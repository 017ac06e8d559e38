import { describe, expect, it } from "vitest";
import { collect } from "../../../src/context/collect.ts";
import { fileUnder, viewOf } from "../../../src/context/view.ts";
import { CancelSource } from "../../../src/rlm/cancel.ts";
import { type HandedFileSystem, type HandedOptions, walkHanded } from "../../../src/vscode/context/handed-walk.ts";

/** Files by path; a folder's address is its path. What was read is told. */
function systemOf(files: Readonly<Record<string, string>>, broken: readonly string[] = []) {
  const reads: string[] = [];
  const system: HandedFileSystem<string> = {
    list: async (folder) => {
      const prefix = folder === "" ? "" : `${folder}/`;
      const below = Object.keys(files).filter((path) => path.startsWith(prefix));
      const names = new Set(below.map((path) => path.slice(prefix.length).split("/")[0] ?? ""));
      return [...names].map((name) => {
        const isFile = files[prefix + name] !== undefined;
        return { name, kind: name === "link" ? "other" : isFile ? "file" : "folder" };
      });
    },
    child: (folder, name) => (folder === "" ? name : `${folder}/${name}`),
    size: async (file) => Buffer.byteLength(files[file] ?? ""),
    read: async (file) => {
      reads.push(file);
      if (broken.includes(file)) throw new Error("The server is gone.");
      return Buffer.from(files[file] ?? "");
    },
  };
  return { system, reads };
}

const root = { place: "", shown: "", isFolder: true };
const plain: HandedOptions = { signal: new CancelSource(), exclude: [], without: [] };

describe("a walk through files that are not on disk", () => {
  const files = {
    ".gitignore": "build/\n",
    ".env": "KEY=1",
    ".git/config": "[core]",
    "build/out.js": "x",
    "node_modules/a/index.js": "x",
    "logo.png": "x",
    "big.txt": "x".repeat(1_600_000),
    "src/.gitignore": "*.tmp\n",
    "src/a.ts": "export const a = 1;\n",
    "src/b.tmp": "x",
    "src/c.ts": "export const c = 1;\n",
    "gen/d.ts": "x",
    link: "x",
  };

  it("fetches nothing of what is left out, and says why", async () => {
    const { system, reads } = systemOf(files);
    const walked = await walkHanded(system, [root], { ...plain, exclude: ["gen"], without: ["src/c.ts"] });
    expect(walked.files.map(({ path }) => path)).toEqual([".gitignore", "src/.gitignore", "src/a.ts"]);
    expect(new Set(reads)).toEqual(new Set([".gitignore", "src/.gitignore", "src/a.ts"]));
    expect(Object.fromEntries(walked.leftOut.map(({ path, reason }) => [path, reason]))).toEqual({
      ".env": "secret",
      "build/": "ignored",
      "node_modules/": "ignored",
      "logo.png": "binary",
      "big.txt": "too-large",
      "src/b.tmp": "ignored",
      "src/c.ts": "ignored",
      "gen/": "ignored",
      link: "symlink",
    });
    expect(walked.cut).toBe(false);
  });

  it("gives what is collected then, with its addresses", async () => {
    const { system } = systemOf(files);
    const walked = await walkHanded(system, [root], plain);
    const roots = [{ shown: "", file: "memfs://host/a%20b" }];
    const corpus = await collect({ kind: "files", name: "mem", ...walked, roots }, { signal: new CancelSource() });
    const view = viewOf(corpus);
    expect(view.paths).toContain("src/a.ts");
    expect(view.fileOf("src/a.ts")).toBe("memfs://host/a%20b/src/a.ts");
    expect(fileUnder([{ shown: "", file: "memory:/app" }], "src/a b.ts")).toBe("memory:/app/src/a%20b.ts");
    expect(view.omitted.find(({ path }) => path === ".env")?.reason).toBe("secret");
  });

  it("keeps what can't be read as unreadable and goes on", async () => {
    const { system } = systemOf({ "a.ts": "1", "b.ts": "2" }, ["a.ts"]);
    const walked = await walkHanded(system, [root], plain);
    expect(walked.files.map(({ path }) => path)).toEqual(["b.ts"]);
    expect(walked.leftOut).toEqual([{ path: "a.ts", reason: "unreadable", bytes: 1 }]);
  });

  it("ends at its limits, and says so", async () => {
    const many = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`f${i}.ts`, "12345"]));
    const few = await walkHanded(systemOf(many).system, [root], { ...plain, limits: { files: 10, bytes: 1_000 } });
    expect([few.files.length, few.cut]).toEqual([10, true]);
    const small = await walkHanded(systemOf(many).system, [root], { ...plain, limits: { files: 100, bytes: 52 } });
    expect([small.files.length, small.cut]).toEqual([10, true]);
  });

  it("asks for nothing more once it has as many files as it may read", async () => {
    const many = Object.fromEntries(Array.from({ length: 400 }, (_, i) => [`d${i % 20}/f${i}.ts`, "12345"]));
    const { system } = systemOf(many);
    let asked = 0;
    const size: typeof system.size = (file) => {
      asked += 1;
      return system.size(file);
    };
    const walked = await walkHanded({ ...system, size }, [root], { ...plain, limits: { files: 10, bytes: 10_000 } });
    expect([walked.files.length, walked.cut]).toEqual([10, true]);
    // Those that were on their way when it was full.
    expect(asked).toBeLessThan(60);
  });

  it("shows several roots by their names, and takes a file by itself", async () => {
    const { system } = systemOf({ "one/a.ts": "1", "two/b.ts": "2" });
    const roots = [
      { place: "one", shown: "First", isFolder: true },
      { place: "two/b.ts", shown: "b.ts", isFolder: false },
    ];
    const walked = await walkHanded(system, roots, plain);
    expect(walked.files.map(({ path }) => path)).toEqual(["First/a.ts", "b.ts"]);
  });

  it("stops when it is cancelled", async () => {
    const signal = new CancelSource();
    const { system } = systemOf({ "a.ts": "1", "b/c.ts": "2" });
    const list: typeof system.list = (folder) => {
      signal.abort();
      return system.list(folder);
    };
    const walk = walkHanded({ ...system, list }, [root], { ...plain, signal });
    await expect(walk).rejects.toMatchObject({ code: "cancelled" });
  });
});
