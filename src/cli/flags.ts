import { parseArgs } from "node:util";
import { UsageError } from "./usage-error.ts";

type Flags = NonNullable<NonNullable<Parameters<typeof parseArgs>[0]>["options"]>;

/** Reads flags and other arguments. @throws UsageError */
export function parseFlags<const F extends Flags>(args: readonly string[], options: F) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const message = error.message.split(". ")[0] ?? error.message;
    throw new UsageError(`${message}. ${hintFor(args)}See rlm --help.`);
  }
}

/** Whoever asks a question that begins with a dash means no flag by it. */
function hintFor(args: readonly string[]): string {
  const isQuestion = (arg: string) => arg.startsWith("-") && arg !== "-" && !/^--?[\w-]*(=.*)?$/s.test(arg);
  return args.some(isQuestion) ? "Write -- before a question that begins with a dash. " : "";
}
