/** One thing that a cell can use. The guest bindings, the system message and `docs/cell-functions.md` follow this table. */
export interface GuestFunction {
  readonly name: string;
  readonly signature: string;
  readonly doc: string;
  /** A cell that works on any context of files. */
  readonly example: string;
  /** The heading it is taught under; absent for dialects that are accepted but not taught. */
  readonly taught?: "look" | "ask" | "run";
}

export const guestFunctions: readonly GuestFunction[] = [
  {
    name: "context",
    signature: "context",
    doc: "path → whole text; iterating yields paths. For a single text: the text itself, or an object with its reading methods.",
    example: "[...context].slice(0, 3)",
    taught: "look",
  },
  {
    name: "list",
    signature: "list(glob?) → paths",
    doc: "The files, or those that match.",
    example: "list().length",
    taught: "look",
  },
  {
    name: "tree",
    signature: "tree(dir?, depth?)",
    doc: "Folders with counts, as text.",
    example: 'print(tree("", 1))',
    taught: "look",
  },
  {
    name: "outline",
    signature: "outline(glob)",
    doc: 'Classes, functions, headings … with their lines, as text ("41: class Rlm"); at most 400 lines: print(outline("src/net")).',
    example: "print(outline(list().slice(0, 5)))",
    taught: "look",
  },
  {
    name: "search",
    signature: "search(pattern, {glob, ignoreCase, word, before, after, perFile, limit=200}) → hits",
    doc: "Hits {path, line, endLine, text, match, groups}; .total, .files, .truncated. Strings are regular expressions.",
    example: "search(/\\w+/, { limit: 3 })",
    taught: "look",
  },
  {
    name: "count",
    signature: "count(pattern, {glob, ignoreCase, word})",
    doc: "Number of matches.",
    example: "count(/\\w+/)",
    taught: "look",
  },
  {
    name: "find",
    signature: "find(question, {limit=8, glob}) → chunks",
    doc: "The passages that fit a question best, ranked by its words.",
    example: 'find("where does it start?", { limit: 2 }).map((c) => c.label)',
    taught: "look",
  },
  {
    name: "show",
    signature: 'show("path", from?, to?)',
    doc: 'Prints numbered lines; also show("path:10-40") and show(hits).',
    example: "show(list()[0], 1, 5)",
    taught: "look",
  },
  {
    name: "read",
    signature: "read(path, from?, to?)",
    doc: "Raw text for code, as context[path].",
    example: "read(list()[0], 1, 2).length",
    taught: "look",
  },
  {
    name: "chunks",
    signature: "chunks({maxChars=50000, glob}) → [{label, parts, chars, text}]",
    doc: "Everything, in packed pieces of whole lines, numbered so that sub-models can cite.",
    example: "chunks({ maxChars: 2000 }).length",
    taught: "look",
  },
  {
    name: "omitted",
    signature: "omitted(glob?) → [{path, reason, bytes}]",
    doc: "What was left out of the context, and why.",
    example: "omitted()",
    taught: "look",
  },
  {
    name: "llm_query",
    signature: "await llm_query(prompt, {schema?, model?, fresh?})",
    doc: "One sub-model call. It sees ONLY your prompt: paste the text in. With a JSON Schema the reply is parsed and checked. The same prompt again costs nothing, but with fresh: true.",
    example: 'await llm_query("Say hello.")',
    taught: "ask",
  },
  {
    name: "llm_query_batched",
    signature: "await llm_query_batched(prompts, {schema?, model?, fresh?}) → replies",
    doc: 'In parallel, same order; a failed slot is "Error: …".',
    example: '(await llm_query_batched(["One?", "Two?"])).length',
    taught: "ask",
  },
  {
    name: "rlm_query",
    signature: "await rlm_query(question, globs | chunks | hits | text)",
    doc: "A child with a REPL and turns of its own, for a sub-question that needs its own search. Costly. Without the second argument it has all that you have.",
    example: 'await rlm_query("What is it?", list().slice(0, 1))',
    taught: "ask",
  },
  {
    name: "rlm_query_batched",
    signature: "await rlm_query_batched([{question, sub}]) → answers",
    doc: 'In parallel, same order; a failed slot is "Error: …".',
    example: '(await rlm_query_batched([{ question: "What is it?", sub: list().slice(0, 1) }])).length',
    taught: "ask",
  },
  {
    name: "print",
    signature: "print(...values)",
    doc: "What you print is what you see; so is a cell's last expression.",
    example: 'print("files:", list().length)',
    taught: "run",
  },
  {
    name: "budget",
    signature: "budget() → {turns, calls, tokens, usd, seconds}",
    doc: "What is left.",
    example: "budget().turns",
    taught: "run",
  },
  {
    name: "SHOW_VARS",
    signature: "SHOW_VARS()",
    doc: "Names of your variables.",
    example: "var kept = 1;\nSHOW_VARS()",
    taught: "run",
  },
  {
    name: "FINAL",
    signature: "FINAL(value)",
    doc: "Hands in a computed answer.",
    example: "FINAL(list().length)",
    taught: "run",
  },
  {
    name: "history",
    signature: "history → [{question, answer}]",
    doc: "The questions of this conversation that were answered before. Named where there are any.",
    example: "history.length",
  },
  {
    name: "FINAL_VAR",
    signature: 'FINAL_VAR("name")',
    doc: "Hands in a variable as the answer.",
    example: 'var total = 3;\nFINAL_VAR("total")',
  },
  {
    name: "answer",
    signature: "answer.content = …; answer.ready = true",
    doc: "Hands in an answer.",
    example: 'answer.content = "done";\nanswer.ready = true',
  },
];

/** The lines of the system message for one heading. */
export function taughtFunctions(heading: GuestFunction["taught"]): string {
  return guestFunctions
    .filter((f) => f.taught === heading)
    .map((f) => `${f.signature}: ${f.doc}`)
    .join("\n");
}
