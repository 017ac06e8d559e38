/** An error that a cell of the guest gets, as the built-in error of this name. The message is one line. */
export class GuestError extends Error {
  override readonly name: "TypeError" | "RangeError" | "Error";

  constructor(name: GuestError["name"], message: string) {
    super(message.replace(/\s*\n\s*/g, " "));
    this.name = name;
  }
}
