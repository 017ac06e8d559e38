import type { CallMemory } from "./call-memory.ts";
import type { CancelSignal } from "./cancel.ts";
import type { ContextView } from "./context.ts";
import type { Earlier } from "./earlier.ts";
import type { Approve, FanOutBounds } from "./fan-out.ts";
import type { JsonSchema, Model } from "./model.ts";
import type { Requests } from "./requests.ts";
import type { ContextRef, Sandbox } from "./sandbox.ts";
import { Semaphore } from "./semaphore.ts";

/** The models of the runs of one depth. */
export interface RunModels {
  /** Writes the cells. */
  readonly root: Model;
  /** Answers sub-calls. */
  readonly sub: Model;
}

/** A context that a run works on. */
export interface OpenContext {
  /** Opens the same once more. */
  readonly ref: ContextRef;
  readonly view: ContextView;
  /** What was asked about it before. */
  readonly earlier?: Earlier;
  /** Starts it when it is first asked for. */
  sandbox(): Sandbox;
  close(): Promise<void>;
}

/** What all runs of a tree share. */
export interface Tree {
  readonly requests: Requests;
  readonly memory: CallMemory;
  readonly children: ChildPlaces;
  /** Calls without a reply, by the keys of `memory`. */
  readonly failedCalls: Set<string>;
  readonly fanOut: FanOutBounds;
  /** Asks the user about a large fan-out; null where nobody can be asked. */
  readonly approve: Approve | null;
  /** One question at a time, whichever runs want to ask. */
  readonly asking: Semaphore;
  readonly directBelowTokens: number;
  modelsAt(depth: number): RunModels;
  /** A model of the same endpoint by its name. */
  named(id: string): Model;
  /** Opens what a child run is asked about. */
  open(context: ContextRef): OpenContext;
  /** What is wrong with a value that should match a JSON Schema, in one line; null where it does. */
  schemaProblem(schema: JsonSchema, value: unknown): string | null;
  newRunId(): string;
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls back once after `ms`. @returns what stops it */
  after(ms: number, call: () => void): () => void;
}

/**
 * How many child runs of one depth are alive at a time. Those of another depth have their own places, so that a run that
 * waits for its children never holds a place that one of them needs.
 */
export class ChildPlaces {
  readonly #places: number;
  readonly #byDepth = new Map<number, Semaphore>();

  constructor(places: number) {
    this.#places = places;
  }

  run<T>(depth: number, signal: CancelSignal, work: () => Promise<T>): Promise<T> {
    const places = this.#byDepth.get(depth) ?? new Semaphore(this.#places);
    this.#byDepth.set(depth, places);
    return places.run(signal, work);
  }
}
