/**
 * Why the editor for tests can't be had. `platform`: it does not run here. `packages`: programs of the system are
 * missing. `install`: npm or apt-get failed.
 */
export type SetupErrorCode = "platform" | "packages" | "install";

export class SetupError extends Error {
  readonly code: SetupErrorCode;
  constructor(code: SetupErrorCode, message: string) {
    super(message);
    this.name = "SetupError";
    this.code = code;
  }
}

/** Tells the user what is going on. */
export function progress(line: string): void {
  process.stderr.write(`${line}\n`);
}
