import type { CancelSignal } from "../rlm/cancel.ts";
import type { Model, ModelReply } from "../rlm/model.ts";

/** What a short question to a model has told. */
export interface ModelCheck {
  readonly reply: ModelReply;
  /** Milliseconds until the first text. */
  readonly firstTextMs: number;
  /** Milliseconds until all of it was there. */
  readonly ms: number;
  /** Pieces that the text came in: one means that it is not streamed. */
  readonly pieces: number;
}

/** Long enough to come in several pieces, short enough to cost next to nothing. */
const question = "Count from one to twenty in words, in one line. Reply with nothing else.";

/**
 * Asks a model a short question.
 * @throws ModelFailure, CancelledError
 */
export async function checkModel(
  model: Model,
  signal: CancelSignal,
  now: () => number = () => performance.now(),
): Promise<ModelCheck> {
  const startedAt = now();
  let firstTextMs: number | null = null;
  let pieces = 0;
  const reply = await model.reply({
    messages: [{ role: "user", content: question }],
    signal,
    onDelta: (text) => {
      if (text === "") return;
      firstTextMs ??= now() - startedAt;
      pieces += 1;
    },
    onRetry: () => {
      firstTextMs = null;
      pieces = 0;
    },
  });
  const ms = now() - startedAt;
  return { reply, firstTextMs: firstTextMs ?? ms, ms, pieces };
}
