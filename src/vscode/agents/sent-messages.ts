import { cutMiddle } from "../../rlm/cut.ts";
import type { Exchange } from "../../rlm/earlier.ts";
import { answerIn } from "./answer-text.ts";

/** A message of a chat that one of our models is sent, as text. */
export interface SentMessage {
  readonly role: "user" | "assistant" | "system";
  readonly text: string;
}

/** What a chat has put beside a question. */
export interface SentAttachment {
  /** The file that it is of, as the chat names it: an absolute path or a URI; null where it is of no file. */
  readonly file: string | null;
  readonly name: string;
  readonly text: string;
}

/** What a chat asks one of our models. */
export type SentQuestion =
  | {
      readonly kind: "question";
      readonly question: string;
      readonly attachments: readonly SentAttachment[];
      /** The questions before it that were answered, the oldest first. */
      readonly history: readonly Exchange[];
    }
  /** A chore of the chat itself, as a title for it: nothing is asked about the codebase. */
  | { readonly kind: "chore" }
  | { readonly kind: "nothing" };

/** How VS Code's own agent marks what its user has typed among what it adds. */
const typed = ["userRequest", "UserRequest", "userPrompt", "user_query", "prompt"];
const attached = /<attachment\b([^>]*)>([\s\S]*?)<\/attachment>/g;
/** Where the path of an attached file stands in its text. */
const pathComment = /^\W*filepath: (.+?)(?:\s*(?:\*\/|-->))?\s*$/m;

/**
 * Reads what a chat sends. VS Code's own agent sends its rules, the state of the editor and the files that are attached
 * round what the user has typed; others send the question as it is, and earlier messages of the user are then attached.
 */
export function readSent(messages: readonly SentMessage[]): SentQuestion {
  const said = messages.filter(({ role, text }) => role !== "system" && text.trim() !== "");
  const lastAsked = said.findLastIndex(({ role }) => role === "user");
  const begins = said.findLastIndex(({ role }, i) => role === "assistant" && i < lastAsked) + 1;
  const asked = said.slice(begins, lastAsked + 1).map(({ text }) => text);
  const last = asked.at(-1);
  if (last === undefined) return { kind: "nothing" };
  const history = exchangesIn(said.slice(0, begins));
  const wrapped = asked.findLast((text) => typedIn(text) !== null);
  if (wrapped !== undefined) {
    const question = typedIn(wrapped)?.trim() ?? "";
    if (question === "") return { kind: "nothing" };
    return { kind: "question", question, attachments: asked.flatMap(attachmentsIn), history };
  }
  // Only VS Code itself can send a system message.
  if (messages.some(({ role }) => role === "system")) return { kind: "chore" };
  const attachments = asked.slice(0, -1).map((text) => ({ file: null, name: "", text }));
  return { kind: "question", question: last.trim(), attachments, history };
}

function exchangesIn(said: readonly SentMessage[]): Exchange[] {
  const exchanges: { question: string; answer: string }[] = [];
  let question = "";
  for (const [i, { role, text }] of said.entries()) {
    if (role === "user") question = typedIn(text)?.trim() ?? text.trim();
    else if (said[i - 1]?.role === "user") exchanges.push({ question, answer: answerIn(text) });
    else {
      const open = exchanges.at(-1);
      if (open) open.answer += `\n\n${answerIn(text)}`;
    }
  }
  return exchanges;
}

/** What the user has typed; null where the text marks no such thing. */
function typedIn(text: string): string | null {
  for (const tag of typed) {
    const end = text.lastIndexOf(`</${tag}>`);
    const start = end < 0 ? -1 : text.lastIndexOf(`<${tag}>`, end);
    if (start >= 0) return text.slice(start + tag.length + 2, end);
  }
  return null;
}

function attachmentsIn(text: string): SentAttachment[] {
  return [...text.matchAll(attached)].map(([, attributes = "", inside = ""]) => {
    const file = attribute(attributes, "filePath") ?? pathComment.exec(inside)?.[1] ?? null;
    return { file, name: attribute(attributes, "id") ?? "", text: inside.trim() };
  });
}

function attribute(attributes: string, name: string): string | null {
  return new RegExp(`\\b${name}="([^"]*)"`).exec(attributes)?.[1] ?? null;
}

/** Of texts that a chat attaches, so many characters are told with the question. */
const mostAttached = 20_000;

/**
 * The question as the model is asked it.
 * @param pointed paths of the workspace that the user points at
 * @param texts that were attached and are of no file
 */
export function questionWith(question: string, pointed: readonly string[], texts: readonly string[]): string {
  const paths = pointed.length === 0 ? [] : [`(I point at: ${pointed.join(", ")})`];
  const said = texts.length === 0 ? [] : [`(Attached:)\n\n${cutMiddle(texts.join("\n\n"), mostAttached)}`];
  return [question, ...paths, ...said].join("\n\n");
}
