import { endingOf } from "./file-kinds.ts";

export type FileRole = "source" | "test" | "declarations" | "docs" | "changelog" | "lock" | "data" | "config";

const dataEndings = new Set(["csv", "tsv", "json", "jsonl", "ndjson", "svg", "snap", "xml", "po", "log"]);
const configEndings = new Set(["toml", "yaml", "yml", "ini", "cfg", "conf"]);
const docEndings = new Set(["md", "mdx", "rst", "txt", "adoc"]);

/** What a file is for, told by its path. */
export function roleOf(path: string): FileRole {
  const lower = path.toLowerCase();
  const name = lower.slice(lower.lastIndexOf("/") + 1);
  if (/^(?:.*[.-])?lock(?:\.(?:json|yaml|yml|toml|hcl))?$|^(?:go\.sum|npm-shrinkwrap\.json|.*\.lockb?)$/.test(name))
    return "lock";
  if (/^(?:changelog|changes|history|releases?|news)(?:\.|$)/.test(name)) return "changelog";
  if (
    /(?:^|\/)(?:tests?|__tests__|__mocks__|specs?|e2e|fixtures?|__snapshots__|testdata|bench(?:es|marks?)?)\//.test(
      lower,
    )
  )
    return "test";
  if (/^(?:test_.*|.*[._-](?:test|spec|bench))\.[a-z]+$/.test(name)) return "test";
  if (/\.d\.[cm]?ts$/.test(name)) return "declarations";
  const ending = endingOf(name);
  if (docEndings.has(ending)) return "docs";
  if (dataEndings.has(ending)) return "data";
  return configEndings.has(ending) ? "config" : "source";
}
