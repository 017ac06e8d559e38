import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { onTestFinished } from "vitest";
import { collect } from "../../src/context/collect.ts";
import type { PathsSource } from "../../src/context/collector-protocol.ts";
import type { Corpus } from "../../src/context/corpus.ts";
import { ContextReader } from "../../src/context/reader.ts";

/** A real folder with these files, gone after the test. */
export function folderWith(files: Readonly<Record<string, string | Buffer>>): string {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), "rlm-context-")));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
  return folder;
}

export function collectPaths(cwd: string, options: Partial<PathsSource> = {}): Promise<Corpus> {
  return collect({ kind: "paths", paths: ["."], cwd, ...options }, { signal: new AbortController().signal });
}

export function collectText(text: string, name = "stdin"): Promise<Corpus> {
  return collect({ kind: "text", name, text }, { signal: new AbortController().signal });
}

export async function readerOf(files: Readonly<Record<string, string | Buffer>>): Promise<ContextReader> {
  return new ContextReader(await collectPaths(folderWith(files)));
}

export async function textReader(text: string): Promise<ContextReader> {
  return new ContextReader(await collectText(text));
}

/** Path and reason of what was left out. */
export function leftOut(corpus: Corpus): Record<string, string> {
  return Object.fromEntries(corpus.leftOut.map(({ path, reason }) => [path, reason]));
}
