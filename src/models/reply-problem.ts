/**
 * What can be wrong with a reply that an endpoint began to give. `silent`: nothing came in time. `stalled`: it stopped
 * coming. `cut`: it ended early or can't be read. `web-page`: it is HTML. `filtered`, `used-up`: nothing was left of it.
 */
export type ReplyProblemKind = "silent" | "stalled" | "cut" | "web-page" | "empty" | "filtered" | "used-up";

export class ReplyProblem extends Error {
  readonly code: ReplyProblemKind;
  /** How long was waited, for `silent` and `stalled`. */
  readonly waitedMs: number;
  constructor(code: ReplyProblemKind, waitedMs = 0) {
    super(`The reply is ${code}.`);
    this.name = "ReplyProblem";
    this.code = code;
    this.waitedMs = waitedMs;
  }
}
