import type { LineRange } from "./coverage.ts";
import type { EventOf } from "./events.ts";
import type { Spent } from "./model.ts";

/** `stopped`: it was still going on when the run ended. */
export type NodeState = "running" | "done" | "failed" | "stopped";

export interface TreeNode {
  /** Unique in its tree, and the same in each fold of the same events. */
  readonly id: string;
  readonly state: NodeState;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly endedAt: number | null;
}

/** A request that failed and was tried again after `waitMs`. */
export interface Retry {
  readonly at: number;
  readonly code: string;
  readonly message: string;
  readonly waitMs: number;
}

/** A request to the sub-model, or a question to a child run. */
export interface CallNode extends TreeNode {
  readonly kind: "call";
  readonly callId: string;
  /** `rlm`: a child run answers it. */
  readonly asks: "llm" | "rlm";
  readonly child: RunNode | null;
  /** The reply was known from an earlier call. */
  readonly remembered: boolean;
  /** Lines of the context that stood in its prompt; known once it is answered. */
  readonly seen: readonly LineRange[];
  readonly model: string;
  readonly prompt: string;
  readonly reply: string | null;
  readonly error: { readonly code: string; readonly message: string } | null;
  /** Null until the call is settled. */
  readonly spent: Spent | null;
}

export type CellFailure = NonNullable<EventOf<"cell.finished">["error"]>;

/** A cell of code in the sandbox. */
export interface CellNode extends TreeNode {
  readonly kind: "cell";
  readonly turn: number;
  readonly cell: number;
  readonly code: string;
  /** What it printed, in pieces as they came. */
  readonly output: readonly string[];
  readonly value: string | null;
  readonly error: CellFailure | null;
  /** Null until it has finished. */
  readonly cpuMs: number | null;
  readonly memory: EventOf<"cell.finished">["memory"];
  readonly calls: readonly CallNode[];
  readonly callsEnded: number;
  readonly retries: readonly Retry[];
  /** When it waited for the user to say whether its calls may be made. */
  readonly questions: readonly Wait[];
}

/** A stretch of time in milliseconds since 1970; `to` is null while it goes on. */
export interface Wait {
  readonly from: number;
  readonly to: number | null;
}

/** A message that the model has read. */
interface SentMessage {
  readonly role: "system" | "user";
  readonly text: string;
}

/** A reply of the root model; its time is the reply's, without the cells that followed. */
export interface TurnNode extends TreeNode {
  readonly kind: "turn";
  readonly turn: number;
  readonly of: number;
  /** The call for an answer after a limit was reached. */
  readonly last: boolean;
  /** What was added to the conversation since the reply before. */
  readonly messages: readonly SentMessage[];
  /** Lines of the context that stand in these messages. */
  readonly seen: readonly LineRange[];
  /** Empty until the reply has come. */
  readonly model: string;
  /** What has come of the reply so far. */
  readonly reply: string;
  readonly finishReason: EventOf<"reply.finished">["finishReason"] | null;
  readonly spent: Spent | null;
  readonly cells: readonly CellNode[];
  readonly retries: readonly Retry[];
}

/** The run that was asked for, or a child of one. */
export interface RunNode extends TreeNode {
  readonly kind: "run";
  readonly started: EventOf<"run.started">;
  readonly context: EventOf<"context.ready"> | null;
  readonly finished: EventOf<"run.finished"> | null;
  readonly turns: readonly TurnNode[];
}

/** A cell that waits for the user to say whether its many calls may be made. */
export type FanOutQuestion = Omit<EventOf<"fanout.asked">, "sample"> & { readonly sample: string };

export interface Warning {
  readonly at: number;
  readonly code: string;
  readonly message: string;
}

/** Events that should be there and are not: numbers `from` to `to`. */
export interface Gap {
  readonly from: number;
  readonly to: number;
}
