import { cutMiddle, oneLine } from "../rlm/cut.ts";
import type { RunEvent, TextRef } from "../rlm/events.ts";
import { formatMs } from "../rlm/format.ts";

const outputChars = 2_000;
const answerFence = /^ {0,3}(?:`{3,}|~{3,})\s*answer\b/;

/**
 * Tells a run's iterations as text, while they happen: what the root model writes, but for its answer, and what its cells
 * show. Of child runs and sub-calls only that there are some.
 */
export class Reasoning {
  readonly #texts = new Map<string, string>();
  /** The end of the reply so far that is not told yet: a line that has not ended. */
  #line = "";
  #inAnswer = false;
  #calls = 0;

  /** What an event adds; empty for most. */
  add(event: RunEvent): string {
    if (event.type === "blob.added") this.#texts.set(event.sha256, event.text);
    if (event.depth > 0) return "";
    switch (event.type) {
      case "turn.started":
        this.#line = "";
        this.#inAnswer = false;
        return event.last ? "\n[The last call for an answer]\n" : `\n[Turn ${event.turn} of ${event.of}]\n`;
      case "reply.delta":
        return this.#written(event.text);
      case "reply.finished":
        return this.#rest();
      case "call.retrying":
        this.#line = "";
        return `\n[${event.code}; trying again in ${formatMs(event.waitMs)}]\n`;
      case "call.started":
        this.#calls += 1;
        return event.kind === "rlm" ? `[Child run: ${oneLine(this.#text(event.prompt), 200)}]\n` : "";
      case "cell.output":
        return `${cutMiddle(this.#text(event.text), outputChars)}\n`;
      case "cell.finished":
        return `${this.#callsMade()}${event.value === undefined ? "" : `${cutMiddle(this.#text(event.value), outputChars)}\n`}${
          event.error ? `${event.error.name}: ${event.error.message}\n` : ""
        }`;
      case "warning":
        return `[Warning: ${event.message}]\n`;
      default:
        return "";
    }
  }

  #written(delta: string): string {
    const lines = (this.#line + delta).split("\n");
    this.#line = lines.pop() ?? "";
    return lines.map((line) => this.#told(line)).join("");
  }

  #rest(): string {
    const line = this.#line;
    this.#line = "";
    return line === "" ? "" : this.#told(line);
  }

  /** The answer is the response's content; it ends the reply. */
  #told(line: string): string {
    this.#inAnswer ||= answerFence.test(line);
    return this.#inAnswer ? "" : `${line}\n`;
  }

  #callsMade(): string {
    const calls = this.#calls;
    this.#calls = 0;
    return calls === 0 ? "" : `[${calls} ${calls === 1 ? "call" : "calls"}]\n`;
  }

  #text(ref: TextRef): string {
    return typeof ref === "string" ? ref : (this.#texts.get(ref.sha256) ?? "");
  }
}
