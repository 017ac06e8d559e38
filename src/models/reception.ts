import type { OpenAI } from "openai";
import type { CancelSignal } from "../rlm/cancel.ts";
import { estimateTokens } from "../rlm/limits.ts";
import { withAbort } from "./linked-abort.ts";
import { ReplyProblem } from "./reply-problem.ts";
import { readReply } from "./reply-stream.ts";
import { fields, readUsage, type StatedUsage } from "./usage.ts";
import { type Times, Watchdog } from "./watchdog.ts";

export interface ReceiveOptions extends Times {
  readonly body: OpenAI.Chat.Completions.ChatCompletionCreateParamsStreaming;
  readonly signal: CancelSignal;
  readonly onDelta: (text: string) => void;
  /** False where a reply of so many tokens has to be cut off. */
  readonly allows: (output: number) => boolean;
  /** The endpoint has answered without an error. */
  readonly onAccepted: () => void;
}

/** The longest reply that is taken in, with its reasoning, in characters; the rest is cut off. */
const maxReplyChars = 1_000_000;

/** What has come of one reply so far; it stays readable when the reply breaks off. */
export class Reception {
  text = "";
  finishReason: string | null = null;
  stated: StatedUsage | null = null;
  /** Characters of reasoning; nobody reads it. */
  reasoningChars = 0;
  #calledTool = false;
  #full = false;

  /** True once the endpoint has written something, which it will bill. */
  get begun(): boolean {
    return this.#chars > 0 || this.stated !== null;
  }

  /**
   * Sends the messages and takes in the reply.
   * @throws ReplyProblem, or what the client throws; after a cancel anything may be thrown
   */
  async receive(client: OpenAI, options: ReceiveOptions): Promise<void> {
    await withAbort(options.signal, async (controller) => {
      const watchdog = new Watchdog(controller, options);
      try {
        await this.#exchange(client, options, controller.signal, watchdog);
      } catch (error) {
        controller.abort();
        if (this.finishReason === null) throw watchdog.problem() ?? this.#problemOf(error);
      } finally {
        watchdog.stop();
      }
      if (this.finishReason === null) throw watchdog.problem() ?? new ReplyProblem("cut");
    });
    this.#refuseEmpty();
  }

  async #exchange(client: OpenAI, options: ReceiveOptions, signal: AbortSignal, watchdog: Watchdog): Promise<void> {
    const response = await client.chat.completions.create(options.body, { signal }).asResponse();
    options.onAccepted();
    for await (const part of readReply(response, () => watchdog.heard())) {
      if (part.type === "done") this.finishReason ??= "stop";
      else if (this.#take(part.chunk, options)) watchdog.wrote();
      if (this.finishReason !== null) watchdog.finished();
      if (this.#full) break;
    }
  }

  get #chars(): number {
    return this.text.length + this.reasoningChars;
  }

  /** Takes in a chunk of a stream, or a whole completion. @returns true where it brought text or reasoning */
  #take(chunk: unknown, { onDelta, allows }: ReceiveOptions): boolean {
    const { choices, usage, error, object } = fields(chunk);
    if (error || object === "error") {
      throw Object.assign(new Error("The endpoint reported an error."), { error: error ?? chunk });
    }
    this.stated = readUsage(usage) ?? this.stated;
    const choice = fields(Array.isArray(choices) ? choices[0] : undefined);
    const delta = fields(choice.delta ?? choice.message);
    const before = this.#chars;
    this.reasoningChars += textOf(delta.reasoning_content).length || textOf(delta.reasoning).length;
    this.#addText(textOf(delta.content) || textOf(delta.refusal), onDelta);
    this.#calledTool ||= Array.isArray(delta.tool_calls) && delta.tool_calls.length > 0;
    if (typeof choice.finish_reason === "string" && choice.finish_reason) this.finishReason = choice.finish_reason;
    this.#full ||= this.#chars >= maxReplyChars;
    this.#full ||= this.finishReason === null && !allows(estimateTokens(this.#chars));
    if (this.#full) this.finishReason = "length";
    return this.#chars > before;
  }

  #addText(piece: string, onDelta: (text: string) => void): void {
    const room = Math.max(0, maxReplyChars - this.#chars);
    this.#full = piece.length > room;
    const text = this.#full ? piece.slice(0, room).replace(/[\uD800-\uDBFF]$/, "") : piece;
    if (!text) return;
    this.text += text;
    onDelta(text);
  }

  /** Before the first text any failure of the connection is one of the network; after it, the reply is cut. */
  #problemOf(error: unknown): unknown {
    const lost = error instanceof TypeError || fields(error).cause !== undefined;
    return lost && this.begun ? new ReplyProblem("cut") : error;
  }

  #refuseEmpty(): void {
    if (this.text.trim() !== "") return;
    if (this.finishReason === "content_filter") throw new ReplyProblem("filtered");
    if (this.finishReason === "length") throw new ReplyProblem("used-up");
    throw new ReplyProblem(this.#calledTool ? "tool-call" : "empty");
  }
}

/** Text, or the text of its parts, as some servers send it. */
function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  if (!Array.isArray(value)) return "";
  return value
    .map((part) => fields(part).text)
    .filter((text) => typeof text === "string")
    .join("");
}
