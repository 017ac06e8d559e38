import { ask } from "../../src/ask.ts";
import { globFilter } from "../../src/context/globs.ts";
import { offlineModel } from "../../src/models/offline-model.ts";

/** A question about an installed package. `files`: globs, from the package's folder on, of the files that answer it. */
export interface PackageQuestion {
  readonly package: string;
  readonly question: string;
  readonly files: readonly string[];
}

export interface OfflineAnswer {
  readonly answer: string;
  /** The first three paths that are cited, each once, from the package's folder on. */
  readonly cited: readonly string[];
  /** True where one of them answers the question. */
  readonly right: boolean;
  /** Why the run ended: `answered` where all went well. */
  readonly stopReason: string;
  /** Milliseconds of each cell, in order. */
  readonly cellMs: readonly number[];
}

const modules = new URL("../../node_modules/", import.meta.url);

/** Asks about a package as a user without a key would. */
export async function askOffline({ package: name, question, files }: PackageQuestion): Promise<OfflineAnswer> {
  const model = offlineModel();
  const folder = new URL(name, modules).pathname;
  const run = ask(
    { question, context: { kind: "paths", paths: [folder], cwd: folder, base: folder } },
    { root: model, sub: model, named: () => model },
  );
  const cellMs: number[] = [];
  for await (const event of run.events()) if (event.type === "cell.finished") cellMs.push(event.cpuMs);
  const { answer, citations, stopReason } = await run.result;
  const cited = [...new Set(citations.map(({ path }) => path))].slice(0, 3);
  const matches = globFilter(files.map((file) => `/${file}`));
  return { answer: answer ?? "", cited, right: cited.some((path) => matches(path)), stopReason, cellMs };
}
