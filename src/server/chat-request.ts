import { badField } from "./api-error.ts";
import { type ContextPiece, readMessages, type Text } from "./chat-messages.ts";
import { readJson } from "./json-texts.ts";
import { type ChatOptions, type RunBounds, readParameters } from "./parameters.ts";

/** A request for a chat completion, checked and taken apart; it may be posted between threads without copying its text. */
export interface ChatRequest {
  readonly options: ChatOptions;
  readonly question: string;
  readonly history: readonly { readonly question: string; readonly answer: string }[];
  /** What is asked about: UTF-8 in shared memory. */
  readonly context: { readonly name: string; readonly bytes: Uint8Array };
}

/** Bytes of a request outside of long texts; they become JavaScript values. */
const mostRest = 32 * 1024 * 1024;

/**
 * Reads the body of a request. `body` is changed by that and must not be used for anything else afterwards.
 * @throws ApiError 400 that names the field
 */
export function readChatRequest(body: Buffer, bounds: RunBounds): ChatRequest {
  const json = readJson(body, mostRest);
  const options = readParameters(json.value, bounds);
  const { messages, ...others } = json.value as { readonly messages: readonly unknown[] };
  if (json.hasLongText(others)) throw badField("body", "A field other than the messages is too long.");
  const { question, history, context } = readMessages(messages, json);
  return { options, question, history, context: contextOf(context) };
}

/** One text as it is, several under a heading each; in shared memory, which the collector's thread reads without a copy. */
function contextOf(pieces: readonly ContextPiece[]): ChatRequest["context"] {
  const [only] = pieces;
  if (only && pieces.length === 1) return { name: nameOf(only), bytes: shared([bytesOf(only.text)]) };
  const parts = pieces.flatMap(({ title, text }, i) => {
    const heading = `${i === 0 ? "" : "\n\n"}===== ${title} =====\n`;
    return [Buffer.from(heading), bytesOf(text)];
  });
  return { name: "conversation.txt", bytes: shared(parts) };
}

function shared(parts: readonly Buffer[]): Uint8Array {
  const bytes = Buffer.from(new SharedArrayBuffer(parts.reduce((sum, part) => sum + part.length, 0)));
  let at = 0;
  // Its `set` takes three times as long with shared memory.
  for (const part of parts) at += part.copy(bytes, at);
  return new Uint8Array(bytes.buffer);
}

function nameOf({ title }: ContextPiece): string {
  const [, file] = /^file (.*)$/s.exec(title) ?? [];
  return file?.split(/[/\\]/).at(-1) || (title === "question" ? "question.txt" : "context.txt");
}

function bytesOf(text: Text): Buffer {
  return typeof text === "string" ? Buffer.from(text) : text.bytes;
}
