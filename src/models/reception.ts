import type { OpenAI } from "openai";
import type { CancelSignal } from "../rlm/cancel.ts";
import type { Message } from "../rlm/model.ts";
import { withAbort } from "./linked-abort.ts";
import { ReplyProblem } from "./reply-problem.ts";
import { fields, readUsage, type StatedUsage } from "./usage.ts";

export interface ReceiveOptions {
  readonly model: string;
  readonly messages: readonly Message[];
  /** Some servers refuse `stream_options`. */
  readonly askUsage: boolean;
  readonly signal: CancelSignal;
  readonly onDelta: (text: string) => void;
  /** Milliseconds until the first piece of text or reasoning. */
  readonly firstTokenTimeoutMs: number;
  /** Milliseconds between pieces after it. */
  readonly idleTimeoutMs: number;
}

/** What has come of one reply so far; it stays readable when the reply breaks off. */
export class Reception {
  text = "";
  reasoning = "";
  finishReason: string | null = null;
  stated: StatedUsage | null = null;

  /** True once the endpoint has written something, which it will bill. */
  get begun(): boolean {
    return this.text !== "" || this.reasoning !== "" || this.stated !== null;
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
    const { data: stream, response } = await client.chat.completions
      .create(
        {
          model: options.model,
          messages: options.messages.map(({ role, content }) => ({ role, content })),
          stream: true,
          ...(options.askUsage ? { stream_options: { include_usage: true } } : {}),
        },
        { signal },
      )
      .withResponse();
    const type = response.headers.get("content-type") ?? "";
    if (type.includes("text/html")) throw new ReplyProblem("web-page");
    // Some servers ignore `stream: true`.
    if (type.includes("application/json")) return this.#take(await response.json(), options.onDelta);
    for await (const chunk of stream) {
      this.#take(chunk, options.onDelta);
      watchdog.alive(this.text !== "" || this.reasoning !== "");
    }
  }

  /** Takes in a chunk of a stream, or a whole completion. */
  #take(chunk: unknown, onDelta: (text: string) => void): void {
    const { choices, usage, error } = fields(chunk);
    if (error) throw Object.assign(new Error("The endpoint reported an error."), { error });
    this.stated = readUsage(usage) ?? this.stated;
    const choice = fields(Array.isArray(choices) ? choices[0] : undefined);
    const delta = fields(choice.delta ?? choice.message);
    this.reasoning += textOf(delta.reasoning_content) || textOf(delta.reasoning);
    const text = textOf(delta.content) || textOf(delta.refusal);
    if (text) {
      this.text += text;
      onDelta(text);
    }
    if (typeof choice.finish_reason === "string") this.finishReason = choice.finish_reason;
  }

  /** Before the first text any failure of the connection is one of the network; after it, the reply is cut. */
  #problemOf(error: unknown): unknown {
    if (error instanceof SyntaxError) return new ReplyProblem("cut");
    const lost = error instanceof TypeError || fields(error).cause !== undefined;
    return lost && this.begun ? new ReplyProblem("cut") : error;
  }

  #refuseEmpty(): void {
    if (this.text.trim() !== "") return;
    if (this.finishReason === "content_filter") throw new ReplyProblem("filtered");
    throw new ReplyProblem(this.finishReason === "length" ? "used-up" : "empty");
  }
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** Aborts a reply that does not begin or does not go on. */
class Watchdog {
  readonly #abort: AbortController;
  readonly #times: ReceiveOptions;
  #timer: NodeJS.Timeout;
  #problem: ReplyProblem | null = null;

  constructor(abort: AbortController, times: ReceiveOptions) {
    this.#abort = abort;
    this.#times = times;
    this.#timer = this.#start("silent", times.firstTokenTimeoutMs);
  }

  /** A chunk has come; `begun` where there has been text or reasoning. */
  alive(begun: boolean): void {
    clearTimeout(this.#timer);
    this.#timer = begun
      ? this.#start("stalled", this.#times.idleTimeoutMs)
      : this.#start("silent", this.#times.firstTokenTimeoutMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  problem(): ReplyProblem | null {
    return this.#problem;
  }

  #start(kind: "silent" | "stalled", ms: number): NodeJS.Timeout {
    return setTimeout(() => {
      this.#problem = new ReplyProblem(kind, ms);
      this.#abort.abort();
    }, ms);
  }
}
