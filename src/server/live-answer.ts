import type { RunEvent } from "../rlm/events.ts";

/** Said where a text that was told turns out not to be the answer: what has been sent can't be taken back. */
export const notTaken = "\n\n[The text above was not taken as the answer.]\n\n";

const answerFence = /^(`{3,}|~{3,})[ \t]*answer\b/;
const cellFence = /^ {0,3}(?:`{3,}|~{3,})[ \t]*(?:js|repl|javascript|ts|typescript)\b/;
/** What may yet be taken off: white space at the end, half of a character. */
const undecided = /[\s\ud800-\udbff]+$/;

/**
 * Tells the answer while the model still writes it: the answer fence of a reply that follows a cell and has none itself,
 * or the reply of a run that asks its model once. Such a text is the answer but for rare cases, in which `notTaken`
 * follows it.
 */
export class LiveAnswer {
  readonly #mostChars: number;
  /** All that was told and stands. */
  #told = "";
  #held = "";
  #line = "";
  #toldOfLine = 0;
  #turns = 0;
  #ranCell = false;
  #direct = false;
  /** Where in its reply the model is; `shut`: what follows is told at the end, if it is the answer. */
  #state: "before" | "inside" | "shut" = "shut";
  #lines = 0;
  #fence = "";

  /** @param mostChars of the answer that may be told before it is known */
  constructor(mostChars: number) {
    this.#mostChars = mostChars;
  }

  /** True where the model is asked once, so that its reply is the answer. */
  get isDirect(): boolean {
    return this.#direct;
  }

  /** What an event adds to the content; empty for most. */
  add(event: RunEvent): string {
    if (event.depth > 0) return "";
    switch (event.type) {
      case "run.started":
        this.#turns = event.limits.turns;
        return "";
      case "turn.started":
        // A run of one turn looks the same, so it is told at its end.
        if (event.turn === 1) this.#direct = event.of === 1 && this.#turns > 1;
        return this.#startReply(this.#direct || (this.#ranCell && event.last !== true));
      case "reply.delta":
        return this.#direct ? this.#directly(event.text) : this.#written(event.text);
      case "call.retrying":
        return this.#startReply(this.#state !== "shut");
      case "cell.finished":
        this.#ranCell = true;
        return "";
      default:
        return "";
    }
  }

  /** What is left to tell of the answer. */
  rest(answer: string): string {
    if (answer.startsWith(this.#told)) return answer.slice(this.#told.length);
    return `${notTaken}${answer}`;
  }

  #startReply(mayTell: boolean): string {
    const before = this.#told;
    this.#told = "";
    this.#held = "";
    this.#line = "";
    this.#toldOfLine = 0;
    this.#lines = 0;
    this.#state = mayTell ? "before" : "shut";
    return before === "" ? "" : notTaken;
  }

  /** The whole reply is the answer, unless it begins with a fence or with what the model only thinks. */
  #directly(delta: string): string {
    if (this.#state === "before") {
      const text = (this.#line + delta).trimStart();
      this.#line = text;
      if ("FINAL".startsWith(text)) return "";
      this.#state = /^[<`~]|^FINAL/.test(text) ? "shut" : "inside";
      return this.#tell(text);
    }
    return this.#tell(delta);
  }

  #written(delta: string): string {
    if (this.#state === "shut") return "";
    const lines = (this.#line + delta).split("\n");
    const unfinished = lines.pop() ?? "";
    const told = lines.map((line) => this.#ended(line.replace(/\r$/, ""))).join("");
    this.#line = unfinished;
    return told + this.#begun(unfinished);
  }

  #ended(line: string): string {
    if (this.#state === "before") {
      this.#open(line);
      return "";
    }
    if (this.#state === "inside" && line.trimStart().startsWith(this.#fence)) this.#state = "shut";
    if (this.#state === "shut") return "";
    const before = this.#lines === 0 || this.#toldOfLine > 0 ? "" : "\n";
    const told = this.#tell(before + line.slice(this.#toldOfLine));
    this.#lines += 1;
    this.#toldOfLine = 0;
    return told;
  }

  #open(line: string): void {
    const [, fence] = answerFence.exec(line) ?? [];
    const isThought = this.#lines === 0 && line.trimStart().startsWith("<think>");
    this.#lines += 1;
    if (cellFence.test(line) || isThought) this.#state = "shut";
    if (fence === undefined) return;
    this.#state = "inside";
    this.#fence = fence;
    this.#lines = 0;
  }

  /** The beginning of a line that can't be the end of the fence any more. */
  #begun(line: string): string {
    if (this.#state !== "inside" || !/^\s*[^\s`~]/.test(line)) return "";
    const before = this.#lines === 0 || this.#toldOfLine > 0 ? "" : "\n";
    const known = line.replace(/\s+$/, "");
    const told = this.#tell(before + known.slice(this.#toldOfLine));
    this.#toldOfLine = known.length;
    return told;
  }

  #tell(piece: string): string {
    if (this.#state !== "inside") return "";
    const text = this.#held + piece;
    const held = undecided.exec(text)?.[0] ?? "";
    const known = text.slice(0, text.length - held.length);
    this.#held = held;
    if (this.#told.length + known.length > this.#mostChars) {
      this.#state = "shut";
      return "";
    }
    this.#told += known;
    return known;
  }
}
