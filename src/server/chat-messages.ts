import { isUtf8 } from "node:buffer";
import { cutMiddle } from "../rlm/cut.ts";
import type { Exchange } from "../rlm/earlier.ts";
import { badField } from "./api-error.ts";
import { decodeBase64 } from "./base64.ts";
import type { LongText, ReadJson } from "./json-texts.ts";

/** What a conversation asks about what. */
export interface ChatQuestion {
  readonly question: string;
  /** What was asked and answered before the question, the oldest first. */
  readonly history: readonly Exchange[];
  /** All that is not the question: system messages, earlier messages, files, long texts. */
  readonly context: readonly ContextPiece[];
}

export interface ContextPiece {
  /** Such as `system 1` or `file notes.md`. */
  readonly title: string;
  readonly text: Text;
}

export type Text = string | LongText;

/** Characters of one question or answer in the history, and of all; a cell has it in its own small memory. */
const historyChars = 16_000;
const wholeHistoryChars = 1_000_000;

type Role = "system" | "user" | "assistant";

interface Part {
  readonly kind: "text" | "file";
  readonly title: string;
  readonly text: Text;
}

interface ReadMessage {
  readonly role: Role;
  readonly parts: readonly Part[];
}

const roles: Readonly<Record<string, Role>> = {
  system: "system",
  developer: "system",
  user: "user",
  assistant: "assistant",
};

/**
 * Splits a conversation: the question is the last user message, the context all that is said beside it.
 * @throws ApiError 400 that names the message or its part
 */
export function readMessages(messages: readonly unknown[], json: Pick<ReadJson, "longTextOf">): ChatQuestion {
  const counts = { system: 0, user: 0, assistant: 0 };
  const read = messages.map((message, i) => readMessage(message, `messages[${i}]`, counts, json));
  const last = read.findLastIndex(({ role }) => role === "user");
  const asking = read[last];
  if (!asking) throw badField("messages", "There is no user message, so there is no question.", "no_user_message");
  const question = questionIn(asking, last);
  const pieces = read.flatMap(({ parts }, i) => (i === last ? parts.filter((part) => !isQuestion(part)) : parts));
  const context = pieces.filter(({ text }) => !isBlank(text));
  return {
    question,
    history: exchangesIn(read.slice(0, last)),
    context: context.length > 0 ? context : [{ title: "question", text: question }],
  };
}

/** A long text in the last message is something to ask about, not the question. */
function isQuestion({ kind, text }: Part): boolean {
  return kind === "text" && typeof text === "string";
}

function questionIn({ parts }: ReadMessage, index: number): string {
  const said = parts.flatMap((part) => (isQuestion(part) && typeof part.text === "string" ? [part.text] : []));
  const question = said.join("\n\n").trim();
  if (question !== "") return question;
  const long = parts.findLast((part) => part.kind === "text" && !isBlank(part.text));
  if (!long) throw badField(`messages[${index}].content`, "The last user message asks nothing.", "empty_question");
  const told = shortened(long.text, 4_000).trim();
  return `The message is long and stands whole in the context. What it asks is at its beginning or its end:\n\n${told}`;
}

/** The newest exchanges, the oldest of them first. */
function exchangesIn(messages: readonly ReadMessage[]): Exchange[] {
  const exchanges: Exchange[] = [];
  let chars = 0;
  for (const { asked, answered } of pairsIn(messages).toReversed()) {
    const exchange = { question: saidIn(asked), answer: saidIn(answered) };
    chars += exchange.question.length + exchange.answer.length;
    if (chars > wholeHistoryChars) break;
    exchanges.push(exchange);
  }
  return exchanges.reverse();
}

/** Each first answer to a question, with the last question before it. */
function pairsIn(messages: readonly ReadMessage[]): { asked: ReadMessage; answered: ReadMessage }[] {
  const pairs: { asked: ReadMessage; answered: ReadMessage }[] = [];
  let asked: ReadMessage | null = null;
  for (const message of messages) {
    if (message.role === "user") asked = message;
    else if (message.role === "assistant" && asked !== null) {
      pairs.push({ asked, answered: message });
      asked = null;
    }
  }
  return pairs;
}

function saidIn({ parts }: ReadMessage): string {
  return parts.map(({ text }) => shortened(text, historyChars)).join("\n\n");
}

function readMessage(
  message: unknown,
  at: string,
  counts: Record<Role, number>,
  json: Pick<ReadJson, "longTextOf">,
): ReadMessage {
  if (!isObject(message)) throw badField(at, `${at} is no message.`);
  const role = typeof message.role === "string" && Object.hasOwn(roles, message.role) ? roles[message.role] : undefined;
  if (!role) throw badField(`${at}.role`, `${at}.role must be system, developer, user or assistant.`);
  for (const [key, value] of Object.entries(message)) checkMessageField(key, value, at);
  counts[role] += 1;
  const title = `${role} ${counts[role]}`;
  const refusal = typeof message.refusal === "string" ? [textPart(message.refusal, title, json)] : [];
  const { content } = message;
  if (typeof content === "string") return { role, parts: [textPart(content, title, json), ...refusal] };
  if (Array.isArray(content)) {
    return { role, parts: content.map((part, j) => readPart(part, `${at}.content[${j}]`, title, json)) };
  }
  const isAbsent = content === undefined || content === null;
  if (isAbsent && role === "assistant") return { role, parts: refusal };
  throw badField(`${at}.content`, `${at}.content must be a text or a list of parts.`);
}

/** Fields of a message beside these are refused; what a response carries may be sent back while it says nothing. */
function checkMessageField(key: string, value: unknown, at: string): void {
  if (["role", "content", "refusal", "reasoning_content"].includes(key)) return;
  const isEmpty = value === null || (Array.isArray(value) && value.length === 0);
  if (isEmpty || (key === "name" && typeof value === "string")) return;
  const shown = `${at}.${key.slice(0, 100)}`;
  throw badField(shown, `${shown} is not supported: a message has role, content and name.`, "unsupported_parameter");
}

function readPart(part: unknown, at: string, title: string, json: Pick<ReadJson, "longTextOf">): Part {
  if (!isObject(part)) throw badField(at, `${at} is no part of a message.`);
  checkFields(part, ["type", String(part.type)], at);
  if (part.type === "text" && typeof part.text === "string") return textPart(part.text, title, json);
  if (part.type === "refusal" && typeof part.refusal === "string") return textPart(part.refusal, title, json);
  if (part.type === "file" && isObject(part.file)) return filePart(part.file, `${at}.file`, json);
  if (part.type === "text" || part.type === "file") throw badField(at, `${at} has no ${part.type}.`);
  throw badField(`${at}.type`, `${at}.type must be text or file.`, "unsupported_content");
}

/** Fields that say something and are not known are refused, as those of a message are. */
function checkFields(part: Record<string, unknown>, known: readonly string[], at: string): void {
  const [unknown] = Object.keys(part).filter((key) => part[key] !== null && !known.includes(key));
  if (unknown === undefined) return;
  const shown = `${at}.${unknown.slice(0, 100)}`;
  throw badField(shown, `${shown} is not supported.`, "unsupported_parameter");
}

function textPart(text: string, title: string, json: Pick<ReadJson, "longTextOf">): Part {
  return { kind: "text", title, text: json.longTextOf(text) ?? text.replaceAll("\0", "\ufffd") };
}

/** A file in the request itself: base64, perhaps as a data URL. */
function filePart(file: Record<string, unknown>, at: string, json: Pick<ReadJson, "longTextOf">): Part {
  checkFields(file, ["file_data", "file_id", "filename"], at);
  const { file_data: data, filename } = file;
  if (file.file_id !== undefined && file.file_id !== null) {
    throw badField(
      `${at}.file_id`,
      `${at}.file_id is not supported: no files are stored here. Send file_data.`,
      "unsupported_parameter",
    );
  }
  if (typeof data !== "string") throw badField(`${at}.file_data`, `${at}.file_data must be base64.`);
  const bytes = decodeBase64(json.longTextOf(data)?.bytes ?? Buffer.from(data));
  if (!bytes) throw badField(`${at}.file_data`, `${at}.file_data must be base64.`);
  if (!isUtf8(bytes) || bytes.includes(0)) {
    throw badField(`${at}.file_data`, `${at} is no UTF-8 text. Send the text of the file.`, "unsupported_content");
  }
  const name = typeof filename === "string" && filename.trim() !== "" ? filename.trim().slice(0, 200) : "file.txt";
  return { kind: "file", title: `file ${name}`, text: { bytes } };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isBlank(text: Text): boolean {
  return typeof text === "string" ? text.trim() === "" : text.bytes.length === 0;
}

/** A text without its middle, where it is long. @param most characters */
function shortened(text: Text, most: number): string {
  if (typeof text === "string") return cutMiddle(text, most);
  const { bytes } = text;
  if (bytes.length <= most) return bytes.toString("utf8");
  const half = Math.floor(most / 2);
  const head = bytes.subarray(0, half).toString("utf8");
  const tail = bytes.subarray(bytes.length - half).toString("utf8");
  return `${head}\n[… ${bytes.length - 2 * half} bytes left out …]\n${tail}`.replace(
    /\ufffd+(?=\n\[…)|(?<=…\]\n)\ufffd+/g,
    "",
  );
}
