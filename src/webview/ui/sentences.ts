import type { StateCore, Token } from "markdown-it";
import { readCitation } from "../../rlm/places.ts";

/** The end of a sentence that goes on with another: its mark, closing quotes, and the space before a new beginning. */
const boundary = /[.!?…。]["'”’)\]]*\s+(?=[^\s\p{Ll}])/gu;
const ended = /[.!?…。]["'”’)\]]*\s*$/u;
/** What can't begin a sentence. */
const goesOn = /^\s*[\p{Ll},;:.)]/u;

/**
 * A rule for markdown-it: puts each sentence that cites something into a `span.sentence`. A citation right behind a
 * sentence's mark belongs to it.
 */
export function markSentences(state: StateCore): void {
  for (const token of state.tokens) {
    if (token.type === "inline" && token.children) token.children = marked(token.children, state);
  }
}

/** Marks a token of a citation for `markSentences`. */
export const citationMeta = { citation: true } as const;

function marked(children: readonly Token[], state: StateCore): Token[] {
  const all: Token[] = [];
  let sentence: Token[] = [];
  let [cited, over, depth] = [false, false, 0];
  const close = () => {
    all.push(...(cited ? [html('<span class="sentence">'), ...sentence, html("</span>")] : sentence));
    sentence = [];
    [cited, over] = [false, false];
  };
  const html = (content: string) => Object.assign(new state.Token("html_inline", "", 0), { content });
  for (const token of children) {
    if (token.type === "text" && depth === 0) {
      for (const piece of pieces(token.content)) {
        const isBlank = piece.trim() === "";
        if (over && !isBlank && !goesOn.test(piece)) close();
        sentence.push(Object.assign(new state.Token("text", "", 0), { content: piece }));
        if (!isBlank) over = ended.test(piece);
      }
      continue;
    }
    if (isCitation(token)) cited = true;
    else if (over && depth === 0 && !isBreak(token)) close();
    sentence.push(token);
    depth += token.nesting;
  }
  close();
  return all;
}

function isCitation({ type, content, meta }: Token): boolean {
  if (type === "code_inline") return readCitation(content, 0)?.end === content.length;
  return meta === citationMeta;
}

function isBreak({ type }: Token): boolean {
  return type === "softbreak" || type === "hardbreak";
}

/** A text cut behind each of its sentences. */
function pieces(text: string): string[] {
  const ends = [...text.matchAll(boundary)].map((match) => match.index + match[0].length);
  return [...ends, text.length]
    .map((end, index) => text.slice(ends[index - 1] ?? 0, end))
    .filter((part) => part !== "");
}
