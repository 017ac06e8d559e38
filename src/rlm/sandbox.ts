import type { CancelSignal } from "./cancel.ts";
import type { ContextManifest } from "./context.ts";
import type { LineRange } from "./coverage.ts";
import type { JsonSchema } from "./model.ts";

/** What is left of the run's limits, as `budget()` gives it to a cell. `usd` is null while prices are not known. */
export interface Budget {
  readonly turns: number;
  readonly calls: number;
  readonly tokens: number;
  readonly usd: number | null;
  readonly seconds: number;
}

/** What a child run may be asked about; the sandbox makes it, and `ContextOpener` opens it. */
export interface ContextRef {
  readonly manifest: ContextManifest;
}

/** One or more calls that a cell makes at once. */
export type CellCall =
  | {
      readonly kind: "llm";
      readonly prompts: readonly string[];
      /** Another model than the run's sub-model, by name. */
      readonly model?: string;
      /** The replies must be JSON that matches it. */
      readonly schema?: JsonSchema;
      /** Ask again, whatever is remembered. */
      readonly fresh?: boolean;
    }
  | { readonly kind: "rlm"; readonly items: readonly ChildQuestion[]; readonly fresh?: boolean };

export interface ChildQuestion {
  readonly question: string;
  /** Null: the whole context of the run that asks. */
  readonly context: ContextRef | null;
  /** Tells the contexts of a tree apart; null with the context. */
  readonly contextKey: string | null;
  /** True for a text that a cell has put together: its lines are not those of the run's context. */
  readonly madeUp: boolean;
}

/** Lines of the context in each prompt of a call; none where the sandbox has ended meanwhile. */
export type PromptsSeen = Promise<readonly (readonly LineRange[])[]>;

/** What became of one call: its reply, or why there is none. */
export type CallResult =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly message: string };

export interface CellRequest {
  readonly code: string;
  readonly turn: number;
  /** 1 for the first cell of its turn. */
  readonly cell: number;
  /** Milliseconds since 1970 that `Date` shows inside, fixed for the turn so that a run can be replayed. */
  readonly now: number;
  readonly signal: CancelSignal;
  /** Printed text, in order, as it comes. */
  onOutput(text: string): void;
  /**
   * Answers calls, with a result for each in their order; never rejects.
   * @param seen which lines of the context stand in each prompt
   */
  onCall(call: CellCall, seen: PromptsSeen): Promise<readonly CallResult[]>;
  /** Something the user should know that the cell does not see. */
  onWarning(message: string): void;
  budget(): Budget;
}

export interface CellError {
  readonly name: string;
  readonly message: string;
  /** Position in the cell's own code, 1-based; absent where it is not known. */
  readonly line?: number;
  readonly column?: number;
  /** The cell's line at that position with a caret under it, and frames of the cell's own functions. */
  readonly excerpt?: string;
}

/**
 * What became of the variables. `kept`: all are as the cell left them. `restored`: the cell had to be ended, and they are
 * as they were before it. `lost`: those of earlier cells are gone too.
 */
export type CellMemory = "kept" | "restored" | "lost";

export interface CellOutcome {
  /** The last expression's value as text; absent for assignments, declarations and undefined. */
  readonly value?: string;
  readonly error?: CellError;
  /** The value handed in with `FINAL` or one of its dialects. */
  readonly answer?: string;
  /** True where the cell looked at the context in any way. */
  readonly touched: boolean;
  /** Milliseconds that the cell itself computed, without the time spent waiting for sub-calls. */
  readonly cpuMs: number;
  readonly wallMs: number;
  readonly memory: CellMemory;
  /** For each file of the context, how code has looked at it by now: bits of `looks`; absent where nothing is new. */
  readonly levels?: Uint8Array;
}

/** A lookup of a variable that earlier cells have set. */
export type Variable =
  | { readonly found: true; readonly text: string }
  | { readonly found: false; readonly names: readonly string[] };

/** Where the model's code runs. One for each run; cells run one at a time. */
export interface Sandbox {
  /** @throws CancelledError if the signal was aborted; everything else is in the outcome */
  run(cell: CellRequest): Promise<CellOutcome>;
  /** The value of a top-level variable, as `FINAL(name)` would hand it in. */
  variable(name: string): Promise<Variable>;
  /** The lines of the context that stand in a text. */
  rangesIn(text: string): Promise<readonly LineRange[]>;
  close(): Promise<void>;
}
