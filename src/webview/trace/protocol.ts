/** The messages between the extension and the trace panel. Each end parses what it receives. */
import * as z from "zod";
import { runEventSchema } from "../../rlm/events.ts";
import type { FanOutChoice } from "../../rlm/fan-out.ts";
import type { FanOutQuestion } from "../../rlm/run-nodes.ts";
import { describeCalls } from "../../rlm/run-words.ts";

/** What the extension tells the view. */
export const toTraceView = z.discriminatedUnion("type", [
  /**
   * All events of a run so far. `over`: no more will come, so that a run without an end was interrupted. `notice` is
   * said instead where there are none.
   */
  z.object({
    type: z.literal("snapshot"),
    events: z.array(runEventSchema),
    over: z.boolean().optional(),
    notice: z.string().optional(),
  }),
  /** The events that followed. */
  z.object({ type: z.literal("events"), events: z.array(runEventSchema) }),
  /** The cited files, by their paths, that are not as they were when they were read. */
  z.object({ type: z.literal("stale"), paths: z.array(z.string()) }),
]);
export type ToTraceView = z.infer<typeof toTraceView>;

const line = z.number().int().nonnegative();

/** What the view asks of the extension. */
export const fromTraceView = z.discriminatedUnion("type", [
  /** The view listens; it wants a snapshot. */
  z.object({ type: z.literal("ready") }),
  /** Events were missing; it wants a snapshot again. */
  z.object({ type: z.literal("resync") }),
  /** Show a file of the context with these lines selected: 1-based, inclusive. */
  z.object({ type: z.literal("open"), path: z.string().min(1), from: line, to: line }),
  z.object({ type: z.literal("openLink"), url: z.url({ protocol: /^https?$/ }) }),
  z.object({ type: z.literal("stop") }),
  /** Save the run as a file. */
  z.object({ type: z.literal("export") }),
  /** May the calls be made that the `fanout.asked` event with this number asks for? */
  z.object({
    type: z.literal("decide"),
    asked: z.number().int().nonnegative(),
    choice: z.enum(["all", "five", "stop"]),
  }),
  /** Put a text on the clipboard. */
  z.object({ type: z.literal("copy"), text: z.string() }),
]);
export type FromTraceView = z.infer<typeof fromTraceView>;

/** What the user may choose, in the words of both ends. Five of no more than five calls would be all. */
export function fanOutChoices({ calls }: Pick<FanOutQuestion, "calls">): { choice: FanOutChoice; label: string }[] {
  return [
    { choice: "all", label: "Run all" },
    ...(calls > 5 ? [{ choice: "five" as const, label: "Run five first" }] : []),
    { choice: "stop", label: "Stop these calls" },
  ];
}

/** `Cell 1 of turn 3 wants 120 sub-calls` */
export function describeFanOut(question: Pick<FanOutQuestion, "turn" | "cell" | "kind" | "calls" | "depth">): string {
  const { turn, cell, depth } = question;
  const whose = depth > 0 ? " of a child run" : "";
  return `Cell ${cell} of turn ${turn}${whose} wants ${describeCalls(question)}`;
}
