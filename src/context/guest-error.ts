import { oneLine } from "../rlm/cut.ts";

/** A message may quote what the guest has given. */
const longest = 390;

/** An error that a cell of the guest gets, as the built-in error of this name. The message is one line. */
export class GuestError extends Error {
  override readonly name: "TypeError" | "RangeError" | "Error";

  constructor(name: GuestError["name"], message: string) {
    super(oneLine(message, longest));
    this.name = name;
  }
}
