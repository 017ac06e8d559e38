import { throwIfCancelled } from "../rlm/cancel.ts";
import { type Message, type Model, ModelFailure } from "../rlm/model.ts";
import { rootReply } from "./offline-root.ts";
import { subReply } from "./offline-sub.ts";
import { estimatedUsage } from "./usage.ts";

/**
 * The embedded model: it needs no key and no network, and it sees nothing but the messages. As the root of a run (the
 * first message is a system message) it searches with cells and quotes what it found; as a sub-model it returns the
 * passages of its prompt that fit best. The same messages always give the same reply.
 */
export function offlineModel(): Model {
  return {
    id: "offline",
    offline: true,
    price: null,
    async reply({ messages, signal, onDelta, schema }) {
      throwIfCancelled(signal);
      if (schema)
        throw new ModelFailure("bad-request", "The offline model gives no structured replies. Ask without a schema.");
      const text = answerTo(messages);
      onDelta?.(text);
      return { text, usage: estimatedUsage(messages, text), costUsd: 0, finishReason: "stop" };
    },
  };
}

function answerTo(messages: readonly Message[]): string {
  if (messages[0]?.role === "system") return rootReply(messages);
  return subReply(messages.findLast((message) => message.role === "user")?.content ?? "");
}
