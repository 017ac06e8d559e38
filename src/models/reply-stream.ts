import { ReplyProblem } from "./reply-problem.ts";
import { fields } from "./usage.ts";

/** A part of a reply as it goes over the wire. `done`: the endpoint says that this was all. */
export type ReplyPart = { readonly type: "chunk"; readonly chunk: unknown } | { readonly type: "done" };

/** The longest line of a stream, or whole JSON reply, that is read, in characters. */
const maxLineChars = 16_000_000;
/** The longest JSON that is spread over several lines, in characters. */
const maxSpreadChars = 1_000_000;
/** How long the end of a finished response is waited for, in milliseconds, so that its connection can be used again. */
const drainMs = 1_000;

/**
 * Reads a reply: a stream of server-sent events, or one JSON object from a server that does not stream. It goes by what
 * comes, since servers are careless with the content type.
 * @param onBytes called whenever anything arrives, comments too
 * @throws ReplyProblem; what reading the body throws
 */
export async function* readReply(response: Response, onBytes: () => void): AsyncGenerator<ReplyPart> {
  if (response.headers.get("content-type")?.includes("text/html")) throw new ReplyProblem("web-page");
  const reader = response.body?.getReader();
  if (!reader) return;
  let whole = false;
  try {
    for await (const part of partsOf(textOf(reader, onBytes))) {
      whole ||= part.type === "done";
      yield part;
      if (whole) return;
    }
  } finally {
    if (whole) void drain(reader);
    else void reader.cancel().catch(() => undefined);
  }
}

async function* textOf(reader: ReadableStreamDefaultReader<Uint8Array>, onBytes: () => void): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) break;
    onBytes();
    yield decoder.decode(value, { stream: true });
  }
  yield decoder.decode();
}

async function drain(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  const timer = setTimeout(() => void reader.cancel().catch(() => undefined), drainMs);
  timer.unref();
  try {
    while (!(await reader.read()).done);
  } catch {
    // The reply is whole already.
  } finally {
    clearTimeout(timer);
  }
}

async function* partsOf(pieces: AsyncGenerator<string>): AsyncGenerator<ReplyPart> {
  let head = "";
  for await (const piece of pieces) {
    head += piece;
    const first = head.trimStart()[0];
    if (first === undefined) continue;
    if (first === "<") throw new ReplyProblem("web-page");
    yield* first === "{" || first === "[" ? wholeReply(head, pieces) : events(head, pieces);
    return;
  }
}

async function* wholeReply(head: string, rest: AsyncGenerator<string>): AsyncGenerator<ReplyPart> {
  const line = new LongText();
  line.add(head);
  for await (const piece of rest) line.add(piece);
  yield { type: "chunk", chunk: completionIn(line.take()) };
  yield { type: "done" };
}

function completionIn(text: string): unknown {
  const body = parsed(text);
  if (body === undefined) throw new ReplyProblem("cut");
  const { choices, error, object } = fields(body);
  if (!Array.isArray(choices) && !error && object !== "error") throw new ReplyProblem("foreign");
  return body;
}

async function* events(head: string, rest: AsyncGenerator<string>): AsyncGenerator<ReplyPart> {
  const lines = new Lines();
  const reader = new EventReader();
  for (let piece = head; ; ) {
    for (const line of lines.add(piece)) {
      const part = reader.read(line);
      if (part) yield part;
    }
    const next = await rest.next();
    if (next.done) break;
    piece = next.value;
  }
  const part = reader.read(lines.rest()) ?? reader.read("");
  if (part) yield part;
}

/** Collects text up to a limit. */
class LongText {
  #pieces: string[] = [];
  #chars = 0;

  add(piece: string): void {
    this.#chars += piece.length;
    if (this.#chars > maxLineChars) throw new ReplyProblem("oversized");
    this.#pieces.push(piece);
  }

  take(): string {
    const text = this.#pieces.join("");
    this.#pieces = [];
    this.#chars = 0;
    return text;
  }
}

/** Cuts text into lines that end with CR, LF or both. */
class Lines {
  readonly #open = new LongText();
  #afterCr = false;

  *add(piece: string): Generator<string> {
    const text = this.#afterCr && piece.startsWith("\n") ? piece.slice(1) : piece;
    if (piece !== "") this.#afterCr = piece.endsWith("\r");
    const lines = text.split(/\r\n|\r|\n/);
    const last = lines.pop() ?? "";
    for (const line of lines) {
      this.#open.add(line);
      yield this.#open.take();
    }
    this.#open.add(last);
  }

  rest(): string {
    return this.#open.take();
  }
}

/** Reads the lines of server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html. */
class EventReader {
  #event = "";
  #data = "";

  /** @returns what the line completes, or null @throws ReplyProblem where it can't be read */
  read(line: string): ReplyPart | null {
    if (line === "") return this.#end();
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") this.#event = value;
    return field === "data" ? this.#take(value) : null;
  }

  /** JSON is taken as soon as it is whole, because some servers leave out the empty line between events. */
  #take(value: string): ReplyPart | null {
    if (value.trim() === "[DONE]") return { type: "done" };
    this.#data += this.#data === "" ? value : `\n${value}`;
    if (this.#data.length > value.length + maxSpreadChars) throw new ReplyProblem("oversized");
    const chunk = parsed(this.#data);
    if (chunk === undefined) return null;
    this.#data = "";
    const { error } = fields(chunk);
    return { type: "chunk", chunk: this.#event === "error" && !error ? { error: chunk } : chunk };
  }

  #end(): null {
    if (this.#data.trim() !== "") throw new ReplyProblem("cut");
    this.#event = "";
    this.#data = "";
    return null;
  }
}

/** @returns undefined where the text is not JSON */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
