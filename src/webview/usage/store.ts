import type { FromUsageView, TelemetryStatus, ToUsageView, Usage, UsageFailure, UsageRange } from "./protocol.ts";

/** Holds what the view shows, and asks for it. Of several requests only the last one counts. */
export class UsageStore {
  range: UsageRange;
  /** From the run logs, though there is a database. */
  logs = false;
  status: TelemetryStatus | null = null;
  /** The newest answer; that to an earlier request stays until there is another. */
  answer: Usage | UsageFailure | null = null;
  #asked = 0;
  readonly #post: (message: FromUsageView) => void;
  readonly #onChange: () => void;

  constructor(range: UsageRange, post: (message: FromUsageView) => void, onChange: () => void) {
    this.range = range;
    this.#post = post;
    this.#onChange = onChange;
  }

  /** True until the last request is answered. */
  get loading(): boolean {
    return this.answer?.asked !== this.#asked;
  }

  receive(message: ToUsageView): void {
    switch (message.type) {
      case "status":
        this.status = message.status;
        break;
      case "changed":
        this.ask();
        return;
      case "usage":
      case "failed":
        if (message.asked !== this.#asked) return;
        this.answer = message;
    }
    this.#onChange();
  }

  show(range: UsageRange, logs = this.logs): void {
    if (range !== this.range || logs !== this.logs) this.answer = null;
    this.range = range;
    this.logs = logs;
    this.ask();
  }

  ask(): void {
    this.#asked += 1;
    this.#post({ type: "show", asked: this.#asked, range: this.range, logs: this.logs });
    this.#onChange();
  }
}
