/** The command line does not say what to do; the message is one line that says how to. Exit code 2. */
export class UsageError extends Error {
  readonly code = "usage";
}
