/**
 * What can be wrong with a reply that an endpoint began to give. `silent`: nothing came in time. `stalled`: it stopped
 * coming. `cut`: it ended early or can't be read. `oversized`: one piece of it is too long to be read. `web-page`: it is
 * HTML. `foreign`: it is JSON of another kind. `filtered`, `used-up`: nothing was left of it. `tool-call`: it calls a tool.
 */
export type ReplyProblemKind =
  | "silent"
  | "stalled"
  | "cut"
  | "oversized"
  | "web-page"
  | "foreign"
  | "empty"
  | "filtered"
  | "used-up"
  | "tool-call";

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
