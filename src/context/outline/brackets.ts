/** The brackets of a blanked text, by position. */
export interface Brackets {
  /** From an opening bracket to its closing one; absent where it is never closed. */
  readonly closing: ReadonlyMap<number, number>;
  /** From an opening bracket to the one round it, or -1. */
  readonly around: ReadonlyMap<number, number>;
  /** The innermost bracket that is open before a position, or -1. Positions must ascend from call to call. */
  innermost(before: number): number;
}

const closes: Readonly<Record<string, string>> = { ")": "(", "]": "[", "}": "{" };

/** @param preprocessor branches of `#if` are read as alternatives, each from the same state */
export function bracketsOf(text: string, preprocessor: boolean): Brackets {
  const closing = new Map<number, number>();
  const around = new Map<number, number>();
  const places: number[] = [];
  const innermost: number[] = [];
  const branches: { start: number; firstEnd: number | null }[] = [];
  let open = -1;
  const marks = preprocessor ? /[()[\]{}]|^[ \t]*#[ \t]*(?:if|else|elif|endif)/gm : /[()[\]{}]/g;
  for (let mark = marks.exec(text); mark !== null; mark = marks.exec(text)) {
    const at = mark.index;
    const [sign] = mark;
    if (sign.length > 1) open = afterDirective(sign, open, branches);
    else if (sign in closes) {
      const closed = openingOf(sign);
      if (closed < 0) continue;
      closing.set(closed, at);
      open = around.get(closed) ?? -1;
    } else {
      around.set(at, open);
      open = at;
    }
    places.push(at);
    innermost.push(open);
  }
  let next = 0;
  return {
    closing,
    around,
    innermost(before) {
      while (next < places.length && (places[next] ?? 0) < before) next += 1;
      return next === 0 ? -1 : (innermost[next - 1] ?? -1);
    },
  };

  /** A brace closes all that was left open inside it; another bracket without its partner is passed over. */
  function openingOf(sign: string): number {
    const wanted = closes[sign];
    let candidate = open;
    while (sign === "}" && candidate >= 0 && text[candidate] !== wanted) candidate = around.get(candidate) ?? -1;
    return candidate >= 0 && text[candidate] === wanted ? candidate : -1;
  }
}

function afterDirective(sign: string, open: number, branches: { start: number; firstEnd: number | null }[]): number {
  if (sign.endsWith("endif")) return branches.pop()?.firstEnd ?? open;
  if (sign.endsWith("if") && !sign.endsWith("elif")) {
    branches.push({ start: open, firstEnd: null });
    return open;
  }
  const branch = branches.at(-1);
  if (!branch) return open;
  branch.firstEnd ??= open;
  return branch.start;
}
