import * as z from "zod";
import type { Exchange } from "../../rlm/earlier.ts";

const turnSchema = z.object({
  question: z.string(),
  answer: z.string().nullable(),
  /** Null where no run was started. */
  runId: z.string().nullable(),
  /** True where a limit has ended the run. */
  partial: z.boolean(),
});
/** What our participant keeps of its answer, as the metadata of VS Code's chat. */
export type ChatTurn = z.infer<typeof turnSchema>;

/** What was kept in the metadata of a response; null where it is none of ours. */
export function readTurn(metadata: unknown): ChatTurn | null {
  const read = turnSchema.safeParse(metadata);
  return read.success ? read.data : null;
}

/** The questions that were answered, the oldest first. */
export function answeredIn(turns: readonly ChatTurn[]): Exchange[] {
  return turns.flatMap(({ question, answer }) => (answer === null ? [] : [{ question, answer }]));
}

/** The run of the newest answer; null where there is none. */
export function lastRunIn(turns: readonly ChatTurn[]): string | null {
  return turns.findLast(({ runId }) => runId !== null)?.runId ?? null;
}
