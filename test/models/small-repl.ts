import { createContext, Script } from "node:vm";

interface Hit {
  readonly path: string;
  readonly line: number;
  readonly text: string;
  readonly groups: readonly string[];
}

interface Chunk {
  readonly text: string;
  readonly parts: readonly { readonly path: string }[];
}

export interface SmallRepl {
  /** Runs a cell. @returns what it printed, or the error as a turn's message shows it */
  run(code: string): string;
  /** The whole text of a file's lines. */
  line(path: string, number: number): string;
}

/** The functions that the offline model's cells use, over files in memory, in the form that the engine prints. */
export function smallRepl(files: Readonly<Record<string, string>>): SmallRepl {
  const lines = new Map(Object.entries(files).map(([path, text]) => [path, text.split("\n")]));
  let printed = "";

  function block(path: string, from: number, to: number): string {
    const known = (lines.get(path) ?? []).slice(from - 1, to);
    return [`${path}:${from}-${from + known.length - 1}`, ...known.map((text, i) => `${from + i}: ${text}`)].join("\n");
  }

  function search(
    pattern: RegExp,
    options: { glob?: RegExp; limit?: number } = {},
  ): Hit[] & { total?: number; files?: number } {
    const hits: Hit[] = [];
    for (const [path, all] of lines) {
      if (options.glob?.test(path) === false) continue;
      all.forEach((text, i) => {
        const match = new RegExp(pattern.source, pattern.flags).exec(text);
        if (match) hits.push({ path, line: i + 1, text, groups: match.slice(1) });
      });
    }
    return Object.assign(hits.slice(0, options.limit), {
      total: hits.length,
      files: new Set(hits.map((hit) => hit.path)).size,
    });
  }

  function find(question: string, { limit = 8, glob = /(?:)/ }: { limit?: number; glob?: RegExp } = {}): Chunk[] {
    const words = question.toLowerCase().match(/\w{4,}/g) ?? [];
    const files = [...lines].filter(([path]) => glob.test(path));
    const chunks = files.flatMap(([path, all]) =>
      Array.from({ length: Math.ceil(all.length / 20) }, (_, i) => ({
        text: block(path, i * 20 + 1, i * 20 + 20),
        parts: [{ path }],
      })),
    );
    const score = (text: string) => words.filter((word) => text.toLowerCase().includes(word)).length;
    return chunks
      .filter(({ text }) => score(text) > 0)
      .sort((a, b) => score(b.text) - score(a.text))
      .slice(0, limit);
  }

  const context = createContext({
    find,
    search,
    count: (pattern: RegExp) =>
      Object.values(files).reduce((sum, text) => sum + [...text.matchAll(new RegExp(pattern.source, "g"))].length, 0),
    list: (glob: string | readonly string[] | RegExp = "*") => Object.keys(files).filter((path) => fits(path, glob)),
    show: (path: string, from: number, to: number) => {
      printed += `${block(path, Math.max(1, from), to)}\n\n`;
    },
    print: (value: unknown) => {
      printed += `${Array.isArray(value) ? grouped(value as Hit[]) : String(value)}\n`;
    },
  });

  return {
    run(code) {
      printed = "";
      try {
        // Top-level names live on into later cells.
        new Script(code.replace(/^(?:const|let) /gm, "var ")).runInContext(context);
      } catch (error) {
        return `${printed}${String(error)} (line 1)`;
      }
      return printed.trimEnd() || "(no output)";
    },
    line: (path, number) => lines.get(path)?.[number - 1] ?? "",
  };
}

/** Of globs only `*` at one end, as the model's cells have it. */
function fits(path: string, glob: string | readonly string[] | RegExp): boolean {
  if (typeof glob === "string") {
    const plain = glob.replace("*", "");
    return glob.endsWith("*") ? path.startsWith(plain) : path.endsWith(plain);
  }
  return "test" in glob ? glob.test(path) : glob.some((one) => fits(path, one));
}

function grouped(hits: readonly Hit[]): string {
  const paths = [...new Set(hits.map((hit) => hit.path))];
  return paths
    .map((path) =>
      [path, ...hits.filter((hit) => hit.path === path).map((hit) => `  ${hit.line}: ${hit.text}`)].join("\n"),
    )
    .join("\n");
}
