import {
  newQuickJSWASMModuleFromVariant,
  newVariant,
  type QuickJSContext,
  type QuickJSDeferredPromise,
  type QuickJSHandle,
  type QuickJSRuntime,
  type QuickJSWASMModule,
  RELEASE_SYNC,
} from "quickjs-emscripten";
import { cutMiddle } from "../rlm/cut.ts";
import type { Budget, CellError, SubCall, Variable } from "../rlm/sandbox.ts";
import { excerptAt, rewriteCell } from "./cell-rewrite.ts";
import { guestLibrary } from "./guest-library.ts";
import type { ContextFunctions } from "./host-functions.ts";
import type { GuestMemory } from "./snapshot.ts";
import type { Control, SandboxLimits, WorkerOutcome } from "./worker-protocol.ts";

/** JS_EVAL_FLAG_ASYNC of QuickJS: top-level await; the promise resolves to `{value}` with the last expression's value. */
const evalAsync = 1 << 7;
const maxStackBytes = 256 * 1024;
const maxValueChars = 4_000;
const jobsAtOnce = 1_000;
/** Time for what an ended cell has left behind, and for describing its error. */
const afterMs = 1_000;

/** QuickJS itself, without a context in it. */
export function instantiate(wasm: WebAssembly.Module): Promise<QuickJSWASMModule> {
  return newQuickJSWASMModuleFromVariant(newVariant(RELEASE_SYNC, { wasmModule: wasm }));
}

export interface GuestOptions {
  readonly quickJs: QuickJSWASMModule;
  readonly control: Control;
  readonly limits: SandboxLimits;
  readonly context: ContextFunctions;
  onOutput(text: string): void;
  /** A sub-call; its reply comes back through `Guest.reply` or `Guest.fail`. */
  onCall(callId: number, call: SubCall): void;
  onWarning(message: string): void;
}

/** What a cell came to, but for what became of the variables. */
export type GuestOutcome = Omit<WorkerOutcome, "memory">;

type Library = Record<"begin" | "collect" | "describeError" | "inspect" | "variable", QuickJSHandle>;

/** One QuickJS machine with the cell functions in it. Cells run one at a time. */
export class Guest {
  readonly #options: GuestOptions;
  readonly #runtime: QuickJSRuntime;
  readonly #vm: QuickJSContext;
  readonly #library: Library;
  readonly #calls = new Map<number, QuickJSDeferredPromise>();
  #nextCall = 1;
  #wake: () => void = () => {};
  #budget: Budget = { turns: 0, calls: 0, tokens: 0, usd: null, seconds: 0 };
  /** Milliseconds (of `performance.now()`) at which the code that runs now is interrupted. */
  #deadline = Number.POSITIVE_INFINITY;
  #cpuMs = 0;
  #printed = 0;
  #broken = false;

  constructor(options: GuestOptions) {
    const runtime = options.quickJs.newRuntime();
    this.#options = options;
    this.#runtime = runtime;
    runtime.setMemoryLimit(options.limits.memoryBytes);
    runtime.setMaxStackSize(maxStackBytes);
    runtime.setInterruptHandler(() => options.control.cancelled || performance.now() > this.#deadline);
    this.#vm = runtime.newContext();
    this.#library = this.#loadLibrary();
  }

  /** Runs a cell to its end: until it and all the calls that it started have settled. */
  async run(name: string, source: string, now: number, budget: Budget): Promise<GuestOutcome> {
    const cell = await rewriteCell(source);
    if (!cell.ok) return { error: cell.error, touched: false, cpuMs: 0 };
    this.#budget = budget;
    this.#cpuMs = 0;
    this.#printed = 0;
    this.#options.context.startCell();
    try {
      return await this.#evaluate(name, source, cell.code, cell.echo, now);
    } catch (error) {
      // Only a fault of the machine itself comes here, and none of its memory can be trusted after it.
      this.#broken = true;
      return this.#outcome({ error: { name: "InternalError", message: faultMessage(error) } });
    }
  }

  /** Where the host's handles point to; the same in every guest that was set up for the same context. */
  get layout(): string {
    return Object.values(this.#library)
      .map((handle) => handle.value)
      .join();
  }

  get memory(): GuestMemory {
    return this.#options.quickJs.getWasmMemory();
  }

  /** True where the machine can't run another cell. */
  get broken(): boolean {
    return this.#broken;
  }

  variable(name: string): Variable {
    const text = this.#timed(afterMs, () => this.#callText(this.#library.variable, this.#vm.newString(name)));
    return JSON.parse(text) as Variable;
  }

  reply(callId: number, text: string, budget: Budget): void {
    this.#settle(callId, budget, (promise) =>
      this.#vm.newString(sane(text)).consume((handle) => promise.resolve(handle)),
    );
  }

  fail(callId: number, message: string, budget: Budget): void {
    this.#settle(callId, budget, (promise) =>
      this.#vm.newError({ name: "Error", message: sane(message) }).consume((handle) => promise.reject(handle)),
    );
  }

  #settle(callId: number, budget: Budget, settle: (promise: QuickJSDeferredPromise) => void): void {
    const promise = this.#calls.get(callId);
    if (!promise) return;
    this.#calls.delete(callId);
    this.#budget = budget;
    settle(promise);
    promise.dispose();
    this.#wake();
  }

  async #evaluate(name: string, source: string, code: string, echo: boolean, now: number): Promise<GuestOutcome> {
    this.#begin(now);
    const evaluated = this.#compute(() => this.#vm.evalCode(code, name, evalAsync));
    if (evaluated.error) return this.#failed(evaluated.error, name, source);
    const promise = evaluated.value;
    try {
      await this.#settled(promise);
      if (this.#interrupted()) return this.#timeOut();
      const state = this.#vm.getPromiseState(promise);
      if (state.type === "rejected") return this.#failed(state.error, name, source);
      if (state.type === "pending") return this.#neverSettled();
      return state.value.consume((result) => this.#finished(result, echo, name, source));
    } finally {
      promise.dispose();
    }
  }

  #begin(now: number): void {
    const lost = this.#timed(afterMs, () => this.#callText(this.#library.begin, this.#vm.newNumber(now)));
    if (lost) this.#print(`Note: ${lost}: a function of the REPL again; choose other names for your variables.\n`);
  }

  /** Runs jobs and waits for calls until nothing is left to do, or the cell's time is up. */
  async #settled(promise: QuickJSHandle): Promise<void> {
    for (;;) {
      this.#runJobs();
      if (this.#calls.size === 0 && !this.#runtime.hasPendingJob()) return;
      if (this.#interrupted()) return;
      if (this.#vm.getPromiseState(promise).type === "rejected" && this.#calls.size === 0) return;
      await new Promise<void>((wake) => {
        this.#wake = wake;
      });
    }
  }

  #runJobs(): void {
    this.#compute(() => {
      while (this.#runtime.hasPendingJob() && performance.now() < this.#deadline) {
        const result = this.#runtime.executePendingJobs(jobsAtOnce);
        if (result.error) result.error.dispose();
        else result.dispose();
      }
    });
  }

  #finished(result: QuickJSHandle, echo: boolean, name: string, source: string): GuestOutcome {
    const last = this.#vm.getProp(result, "value");
    const state = this.#vm.getPromiseState(last);
    if (state.type === "pending") return this.#neverSettled();
    if (state.type === "rejected") return this.#failed(state.error, name, source);
    const shown = echo && this.#vm.typeof(state.value) !== "undefined";
    const inspected = shown
      ? this.#compute(() => this.#vm.callFunction(this.#library.inspect, this.#vm.undefined, state.value))
      : null;
    if (inspected?.error) return this.#failed(inspected.error, name, source);
    const value = inspected?.value.consume((handle) => this.#vm.getString(handle));
    return this.#outcome(value === undefined ? {} : { value: cutMiddle(value, maxValueChars) });
  }

  #failed(thrown: QuickJSHandle, name: string, source: string): GuestOutcome {
    if (this.#interrupted()) {
      thrown.dispose();
      return this.#timeOut();
    }
    const described = this.#timed(afterMs, () => this.#callText(this.#library.describeError, thrown));
    return this.#outcome({ error: cellError(JSON.parse(described), name, source) });
  }

  /** The cell computed too long. It may have left jobs that would eat the time of the next cell: then nothing is kept. */
  #timeOut(): GuestOutcome {
    this.#broken = this.#calls.size > 0 || !this.#drained();
    const seconds = this.#options.limits.cellCpuMs / 1000;
    return this.#outcome({
      error: {
        name: "TimeoutError",
        message: `The cell computed for more than ${seconds} s and was ended. Do less in one cell.`,
      },
    });
  }

  /** Ends the jobs that are left. @returns false where they go on making new ones */
  #drained(): boolean {
    this.#deadline = 0;
    for (let tries = 0; tries < 100 && this.#runtime.hasPendingJob(); tries += 1) {
      const result = this.#runtime.executePendingJobs(jobsAtOnce);
      if (result.error) result.error.dispose();
      else result.dispose();
    }
    return !this.#runtime.hasPendingJob();
  }

  #neverSettled(): GuestOutcome {
    return this.#outcome({
      error: { name: "Error", message: "The cell awaits a promise that nothing will ever settle." },
    });
  }

  #outcome(result: { value?: string; error?: CellError }): GuestOutcome {
    const answer = this.#broken ? "" : this.#timed(afterMs, () => this.#callText(this.#library.collect));
    return {
      ...result,
      ...(answer ? { answer: JSON.parse(answer) as string } : {}),
      touched: this.#options.context.touched,
      cpuMs: this.#cpuMs,
    };
  }

  #interrupted(): boolean {
    return this.#options.control.cancelled || this.#cpuMs > this.#options.limits.cellCpuMs;
  }

  /** Computes on the cell's account. */
  #compute<T>(work: () => T): T {
    const startedAt = performance.now();
    try {
      return this.#timed(this.#options.limits.cellCpuMs - this.#cpuMs, work);
    } finally {
      this.#cpuMs += performance.now() - startedAt;
    }
  }

  /** Computes for at most `ms`, watched by the main thread. */
  #timed<T>(ms: number, work: () => T): T {
    this.#deadline = performance.now() + ms;
    this.#options.control.enter(ms);
    try {
      return work();
    } finally {
      this.#options.control.leave();
      this.#deadline = Number.POSITIVE_INFINITY;
    }
  }

  /** Calls a function of the library that gives back text; what it throws is an empty text. */
  #callText(f: QuickJSHandle, argument?: QuickJSHandle): string {
    const result = this.#vm.callFunction(f, this.#vm.undefined, ...(argument ? [argument] : []));
    argument?.dispose();
    if (!result.error) return result.value.consume((handle) => this.#vm.getString(handle));
    result.error.dispose();
    return f === this.#library.describeError ? undescribed : "";
  }

  #loadLibrary(): Library {
    const vm = this.#vm;
    const { context } = this.#options;
    const factory = vm.unwrapResult(vm.evalCode(guestLibrary, "rlm", 0));
    const host = [
      vm.newFunction("hostText", (name, args) =>
        vm.newString(sane(context.text(vm.getString(name), vm.getString(args)))),
      ),
      vm.newFunction("hostJson", (name, args) =>
        vm.newString(sane(this.#json(vm.getString(name), vm.getString(args)))),
      ),
      vm.newFunction("hostPrint", (text) => {
        this.#print(vm.getString(text));
      }),
      vm.newFunction("hostCall", (call) => this.#call(vm.getString(call))),
      vm.newFunction("hostWarn", (text) => {
        this.#options.onWarning(vm.getString(text));
      }),
      vm.newString(context.kind),
      vm.newNumber(context.textChars),
    ];
    const library = vm.unwrapResult(vm.callFunction(factory, vm.undefined, ...host));
    for (const handle of host) handle.dispose();
    factory.dispose();
    return {
      begin: vm.getProp(library, "begin"),
      collect: vm.getProp(library, "collect"),
      describeError: vm.getProp(library, "describeError"),
      inspect: vm.getProp(library, "inspect"),
      variable: vm.getProp(library, "variable"),
    };
  }

  #json(name: string, args: string): string {
    return name === "budget" ? JSON.stringify(this.#budget) : this.#options.context.json(name, args);
  }

  #print(text: string): void {
    const room = this.#options.limits.outputChars - this.#printed;
    if (room < 0) return;
    this.#printed += text.length;
    const fits = text.length <= room;
    this.#options.onOutput(
      fits ? text : `${text.slice(0, room)}\n[the cell has printed more than it may; the rest is left out]\n`,
    );
  }

  #call(json: string): QuickJSHandle {
    const callId = this.#nextCall;
    this.#nextCall += 1;
    const promise = this.#vm.newPromise();
    this.#calls.set(callId, promise);
    this.#options.onCall(callId, readCall(json));
    return promise.handle;
  }
}

const undescribed = JSON.stringify({
  name: "Error",
  message: "The cell threw something that can't be shown.",
  stack: "",
});

/** QuickJS strings end at a NUL when they cross over to the host. */
function sane(text: string): string {
  return text.includes("\0") ? text.replaceAll("\0", "\u2400") : text;
}

function readCall(json: string): SubCall {
  const call = JSON.parse(json) as { prompt: unknown; model?: unknown };
  if (typeof call.prompt !== "string") throw new TypeError("llm_query: the prompt must be a string.");
  return { prompt: call.prompt, ...(typeof call.model === "string" ? { model: call.model } : {}) };
}

function faultMessage(error: unknown): string {
  const reason = error instanceof Error ? error.message : String(error);
  return `The REPL broke down (${reason.slice(0, 200)}).`;
}

const frame = /at (?:(.*?) \()?([^()\s:]+):(\d+)(?::(\d+))?\)?/g;

/** An error of the guest with the position in the cell's own code. */
function cellError(thrown: { name: string; message: string; stack: string }, cell: string, source: string): CellError {
  const { name } = thrown;
  const message = thrown.message || "(no message)";
  const own = [...thrown.stack.matchAll(frame)].find((match) => match[2] === cell);
  if (!own) return { name, message };
  const line = Number(own[3]);
  const column = Number(own[4] ?? 1);
  return { name, message, line, column, excerpt: excerptAt(source, line, column) };
}
