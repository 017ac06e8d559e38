import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

/** Files of the tree, together about 200 MB. */
export const treeFiles = 20_000;
const ignoredFiles = 200;
const meanBytes = 10_000;

const words =
  "const value return function index result await options error path string number if else for of let new map filter push length import export from type interface readonly".split(
    " ",
  );

/** Source-like files in 1,000 folders, every hundredth with a line that `treePattern` finds, and some that are ignored. */
export function writeTree(folder: string): void {
  const random = randomFrom(7);
  const lines = Array.from({ length: 20_000 }, () => lineOf(random));
  mkdirSync(folder);
  writeFileSync(path.join(folder, ".gitignore"), "build/\n*.log\n!keep.log\n/out\n**/generated/*.ts\n");
  for (let i = 0; i < treeFiles; i += 1) {
    const below = path.join(folder, `package-${i % 50}`, `source-${Math.floor(i / 50) % 20}`);
    mkdirSync(below, { recursive: true });
    writeFileSync(
      path.join(below, `file-${i}.ts`),
      textOf(lines, random) + (i % 100 ? "" : `needle_${i} found here\n`),
    );
  }
  for (let i = 0; i < ignoredFiles; i += 1) {
    const below = path.join(folder, `package-${i % 50}`, "build");
    mkdirSync(below, { recursive: true });
    writeFileSync(path.join(below, `file-${i}.js`), "needle_0 found in a file that is ignored\n");
  }
}

/** What is searched: 200 hits. */
export const treePattern = "needle_\\d+ found";
export const treeHits = treeFiles / 100;

/** Exponential sizes: many small files, a few large ones. */
function textOf(lines: readonly string[], random: () => number): string {
  const size = 500 - Math.log(1 - random()) * (meanBytes - 500);
  let text = "";
  while (text.length < size) text += `${lines[Math.floor(random() * lines.length)]}\n`;
  return text;
}

function lineOf(random: () => number): string {
  const parts = Array.from({ length: 3 + Math.floor(random() * 9) }, () => {
    const word = words[Math.floor(random() * words.length)];
    return `${word}${random() < 0.3 ? "(" : " "}`;
  });
  return `${"  ".repeat(Math.floor(random() * 4))}${parts.join("")};`;
}

/** Random numbers that are the same in every run. */
export function randomFrom(start: number): () => number {
  let seed = start;
  return () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed / 2 ** 32;
  };
}
