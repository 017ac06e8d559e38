/** The messages between the extension and the trace panel. Each end parses what it receives. */
import * as z from "zod";
import { runEventSchema } from "../../rlm/events.ts";

/** What the extension tells the view. */
export const toTraceView = z.discriminatedUnion("type", [
  /** All events of a run so far. `notice` is said instead where there are none. */
  z.object({ type: z.literal("snapshot"), events: z.array(runEventSchema), notice: z.string().optional() }),
  /** The events that followed. */
  z.object({ type: z.literal("events"), events: z.array(runEventSchema) }),
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
  /** Put a text on the clipboard. */
  z.object({ type: z.literal("copy"), text: z.string() }),
]);
export type FromTraceView = z.infer<typeof fromTraceView>;
