/** A piece of JavaScript; `kind` is null for what has no colour of its own. */
export interface CodePiece {
  readonly kind: "comment" | "string" | "number" | "keyword" | null;
  readonly text: string;
}

const keywords =
  "as async await break case catch class const continue default delete do else export extends false finally for from " +
  "function if import in instanceof let new null of return static super switch this throw true try typeof undefined " +
  "var void while yield";

const token = new RegExp(
  [
    String.raw`(?<comment>\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$))`,
    // A regular expression only where a value may begin, else it is a division.
    String.raw`(?<string>"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?|\`(?:\\[\s\S]|[^\`\\])*\`?` +
      String.raw`|(?<=(?:^|[(,=:[!&|?{};\n])\s*)\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*)`,
    String.raw`(?<number>\b\d[\d_]*(?:\.\d+)?(?:e[+-]?\d+)?n?\b)`,
    String.raw`(?<keyword>(?<![.$\w])(?:${keywords.replaceAll(" ", "|")})(?![$\w]))`,
  ].join("|"),
  "g",
);

/** Splits JavaScript into its lines, and these into pieces to colour. Good for looks: it does not parse. */
export function highlightLines(code: string): CodePiece[][] {
  const lines: CodePiece[][] = [[]];
  const add = (text: string, kind: CodePiece["kind"]) => {
    for (const [index, part] of text.split("\n").entries()) {
      if (index > 0) lines.push([]);
      if (part !== "") lines.at(-1)?.push({ kind, text: part });
    }
  };
  let end = 0;
  for (const match of code.matchAll(token)) {
    add(code.slice(end, match.index), null);
    add(match[0], kindOf(match.groups ?? {}));
    end = match.index + match[0].length;
  }
  add(code.slice(end), null);
  return lines;
}

function kindOf(groups: Readonly<Record<string, string | undefined>>): CodePiece["kind"] {
  return (["comment", "string", "number", "keyword"] as const).find((kind) => groups[kind] !== undefined) ?? null;
}
