import { endingOf } from "./file-kinds.ts";

const languages: Readonly<Record<string, string>> = {
  TypeScript: "ts tsx mts cts",
  JavaScript: "js jsx mjs cjs",
  Python: "py pyi pyx",
  Java: "java",
  Kotlin: "kt kts",
  Scala: "scala sbt",
  C: "c h",
  "C++": "cc cpp cxx hpp hh hxx",
  "C#": "cs",
  "F#": "fs fsx",
  Go: "go",
  Rust: "rs",
  Ruby: "rb erb rake",
  PHP: "php",
  Swift: "swift",
  "Objective-C": "m mm",
  Dart: "dart",
  Elixir: "ex exs",
  Erlang: "erl hrl",
  Haskell: "hs",
  Clojure: "clj cljs cljc edn",
  Lua: "lua",
  Perl: "pl pm",
  R: "r rmd",
  Julia: "jl",
  Zig: "zig",
  Shell: "sh bash zsh fish",
  PowerShell: "ps1 psm1",
  SQL: "sql",
  HTML: "html htm",
  CSS: "css scss sass less",
  Vue: "vue",
  Svelte: "svelte",
  Markdown: "md mdx",
  reStructuredText: "rst",
  Text: "txt",
  JSON: "json jsonc jsonl json5",
  YAML: "yaml yml",
  TOML: "toml",
  XML: "xml xsd xsl",
  Protobuf: "proto",
  GraphQL: "graphql gql",
  Terraform: "tf hcl",
  CSV: "csv tsv",
  Notebook: "ipynb",
};

const byEnding: ReadonlyMap<string, string> = new Map(
  Object.entries(languages).flatMap(([name, endings]) => endings.split(" ").map((ending) => [ending, name] as const)),
);

/** The language of a file, told by its name; its ending where that is not known. */
export function languageOf(path: string): string {
  const ending = endingOf(path);
  return byEnding.get(ending) ?? (ending === "" ? "other" : `.${ending.slice(0, 12)}`);
}
