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
import type { Budget, CallResult, CellCall, CellError, Variable } from "../rlm/sandbox.ts";
import { readCall } from "./cell-call.ts";
import { rewriteCell } from "./cell-rewrite.ts";
import { guestLibrary } from "./guest-library.ts";
import { type CellSource, cellError, faultMessage, readText, readThrown, readVariable, sane } from "./guest-words.ts";
import type { ContextFunctions } from "./host-functions.ts";
import { type GuestMemory, mostPages, restoreSnapshot, type Snapshot, takeSnapshot } from "./snapshot.ts";
import type { Control, SandboxLimits, WorkerOutcome } from "./worker-protocol.ts";

/** JS_EVAL_FLAG_ASYNC of QuickJS: top-level await; the promise resolves to `{value}` with the last expression's value. */
const evalAsync = 1 << 7;
const maxStackBytes = 256 * 1024;
const maxValueChars = 4_000;
const jobsAtOnce = 1_000;
/** Beyond this a new machine is made sooner than a used one is cleaned. */
const mostResetBytes = 64 * 1024 * 1024;
/** Warnings that one cell may raise. */
const maxWarnings = 20;
/** Time for what an ended cell has left behind, and for describing its error. */
const afterMs = 1_000;

// The types of Node name the memory, not its constructor.
declare const WebAssembly: { Memory: new (pages: { initial: number; maximum: number }) => GuestMemory };

/** QuickJS itself, without a context in it. Its own memory limit can be passed by; that of its memory can't. */
export function instantiate(wasm: WebAssembly.Module, limits: SandboxLimits): Promise<QuickJSWASMModule> {
  const maximum = mostPages(limits.memoryBytes);
  const wasmMemory = new WebAssembly.Memory({ initial: initialPages, maximum });
  return newQuickJSWASMModuleFromVariant(newVariant(RELEASE_SYNC, { wasmModule: wasm, wasmMemory }));
}

/** What the module asks for at the least. */
const initialPages = 256;

export interface GuestOptions {
  readonly quickJs: QuickJSWASMModule;
  readonly control: Control;
  readonly limits: SandboxLimits;
  /** A number that no other call of the thread has. */
  newCallId(): number;
  onOutput(text: string): void;
  /** Calls; their results come back through `Guest.reply`. */
  onCall(callId: number, call: CellCall): void;
  /** Nothing can go on before the next reply; there were so many in this cell. */
  onWaiting(replies: number): void;
  onWarning(message: string): void;
}

/** What a cell came to, but for what became of the variables. */
export type GuestOutcome = Omit<WorkerOutcome, "memory">;

type Library = Record<"begin" | "collect" | "describeError" | "inspect" | "tidy" | "variable", QuickJSHandle>;

/**
 * One QuickJS machine with the cell functions in it. Cells run one at a time.
 * The memory of the first one, before any cell, is the image from which all others are made: copying it costs far less
 * than evaluating the library again.
 */
export class Guest {
  readonly #options: GuestOptions;
  readonly #runtime: QuickJSRuntime;
  readonly #vm: QuickJSContext;
  /** Holds the library inside the guest, at an address that is known before the library is. */
  readonly #holder: QuickJSHandle;
  readonly #host: readonly QuickJSHandle[];
  /** The memory as it was before any cell. */
  readonly image: Snapshot;
  #library: Library;
  /** Null until it is somebody's guest. */
  #given: ContextFunctions | null = null;
  readonly #calls = new Map<number, QuickJSDeferredPromise>();
  #wake: () => void = () => {};
  #budget: Budget = { turns: 0, calls: 0, tokens: 0, usd: null, seconds: 0 };
  /** Milliseconds (of `performance.now()`) at which the code that runs now is interrupted. */
  #deadline = Number.POSITIVE_INFINITY;
  #cpuMs = 0;
  #printed = 0;
  #replies = 0;
  #warnings = 0;
  #broken = false;

  /** @param image of a guest that was set up before, null for the first */
  constructor(options: GuestOptions, image: Snapshot | null) {
    const runtime = options.quickJs.newRuntime();
    this.#options = options;
    this.#runtime = runtime;
    runtime.setMaxStackSize(maxStackBytes);
    runtime.setInterruptHandler(() => options.control.cancelled || performance.now() > this.#deadline);
    this.#vm = runtime.newContext();
    this.#holder = this.#vm.newObject();
    this.#host = this.#hostFunctions();
    if (image !== null && restoreSnapshot(this.memory, this.#hostLayout, image)) this.image = image;
    else this.image = this.#evaluateLibrary();
    this.#library = this.#begun();
  }

  /** Runs a cell to its end: until it and all the calls that it started have settled. */
  async run(name: string, source: string, now: number, budget: Budget): Promise<GuestOutcome> {
    const cell = await rewriteCell(source);
    if (!cell.ok) return { error: cell.error, touched: false, cpuMs: 0 };
    this.#budget = budget;
    this.#cpuMs = 0;
    this.#printed = 0;
    this.#warnings = 0;
    this.#replies = 0;
    this.#context.startCell();
    try {
      return await this.#evaluate(cell.code, cell.echo, now, { name, source, shift: cell.shift });
    } catch (error) {
      // Only a fault of the machine itself comes here, and none of its memory can be trusted after it.
      this.#broken = true;
      return this.#outcome({ error: { name: "InternalError", message: faultMessage(error) } });
    }
  }

  /**
   * Makes it the guest of a sandbox: with the memory that one had, or, where none is given, as one that has run no cell.
   * @returns false where it can't be one
   */
  become(context: ContextFunctions, left: Snapshot | null): boolean {
    if (this.#broken || this.memory.buffer.byteLength > mostResetBytes) return false;
    const layout = left === null ? this.#hostLayout : this.layout;
    if (!restoreSnapshot(this.memory, layout, left ?? this.image)) return false;
    if (left === null) this.#library = this.#begun();
    this.#calls.clear();
    this.#given = context;
    return true;
  }

  /** Where the host's handles point to; the same in every guest that was set up in the same way. */
  get layout(): string {
    return addresses(Object.values(this.#library));
  }

  /** The same before the library is there. */
  get #hostLayout(): string {
    return addresses([this.#holder, ...this.#host]);
  }

  get memory(): GuestMemory {
    return this.#options.quickJs.getWasmMemory();
  }

  /** True where the machine can't run another cell. */
  get broken(): boolean {
    return this.#broken;
  }

  /** Makes ready for the next cell, while nobody waits. */
  tidy(): void {
    this.#timed(afterMs, () => this.#callText(this.#library.tidy));
  }

  get #context(): ContextFunctions {
    if (!this.#given) throw new Error("The guest has no context.");
    return this.#given;
  }

  variable(name: string): Variable {
    const text = this.#timed(afterMs, () => this.#callText(this.#library.variable, this.#vm.newString(name)));
    return readVariable(text);
  }

  reply(callId: number, results: readonly CallResult[], budget: Budget): void {
    this.#replies += 1;
    this.#budget = budget;
    this.#settle(callId, (promise) =>
      this.#vm.newString(sane(JSON.stringify(results))).consume((handle) => promise.resolve(handle)),
    );
    // A reply that nobody waits for must be known of all the same.
    this.#wake();
  }

  #settle(callId: number, settle: (promise: QuickJSDeferredPromise) => void): void {
    const promise = this.#calls.get(callId);
    if (!promise) return;
    this.#calls.delete(callId);
    settle(promise);
    promise.dispose();
    this.#wake();
  }

  async #evaluate(code: string, echo: boolean, now: number, cell: CellSource): Promise<GuestOutcome> {
    this.#begin(now);
    const evaluated = this.#compute(() => this.#vm.evalCode(code, cell.name, evalAsync));
    if (evaluated.error) return this.#failed(evaluated.error, cell);
    const promise = evaluated.value;
    try {
      await this.#settled(promise);
      if (this.#interrupted()) return this.#timeOut();
      const state = this.#vm.getPromiseState(promise);
      if (state.type === "rejected") return this.#failed(state.error, cell);
      if (state.type === "pending") return this.#neverSettled();
      return state.value.consume((result) => this.#finished(result, echo, cell));
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
      this.#options.onWaiting(this.#replies);
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

  #finished(result: QuickJSHandle, echo: boolean, cell: CellSource): GuestOutcome {
    return this.#vm.getProp(result, "value").consume((last) => {
      const state = this.#vm.getPromiseState(last);
      if (state.type === "pending") return this.#neverSettled();
      if (state.type === "rejected") return this.#failed(state.error, cell);
      try {
        return this.#shown(state.value, echo, cell);
      } finally {
        if (!state.notAPromise) state.value.dispose();
      }
    });
  }

  #shown(value: QuickJSHandle, echo: boolean, cell: CellSource): GuestOutcome {
    if (!echo || this.#vm.typeof(value) === "undefined") return this.#outcome({});
    const inspected = this.#compute(() => this.#vm.callFunction(this.#library.inspect, this.#vm.undefined, value));
    if (inspected.error) return this.#failed(inspected.error, cell);
    const text = inspected.value.consume((handle) => this.#vm.getString(handle));
    return this.#outcome({ value: cutMiddle(text, maxValueChars) });
  }

  #failed(thrown: QuickJSHandle, cell: CellSource): GuestOutcome {
    if (this.#interrupted()) {
      thrown.dispose();
      return this.#timeOut();
    }
    const described = this.#timed(afterMs, () => this.#callText(this.#library.describeError, thrown));
    return this.#outcome({ error: cellError(readThrown(described), cell) });
  }

  /** The cell computed too long. It may have left jobs that would eat the time of the next cell: then nothing is kept. */
  #timeOut(): GuestOutcome {
    const seconds = this.#options.limits.cellCpuMs / 1000;
    const message = `The cell computed for more than ${seconds} s and was ended. Do less in one cell.`;
    // What was handed in before counts, so it is asked for while the machine still answers.
    const outcome = this.#outcome({ error: { name: "TimeoutError", message } });
    this.#broken = this.#calls.size > 0 || !this.#drained();
    return outcome;
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
    const went = this.#vm.newString(result.error ? "wrong" : "well");
    const collected = () => this.#callText(this.#library.collect, went);
    const answer = this.#broken ? null : readText(this.#timed(afterMs, collected));
    return {
      ...result,
      ...(answer === null ? {} : { answer }),
      touched: this.#context.touched,
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
    return "";
  }

  #hostFunctions(): QuickJSHandle[] {
    const vm = this.#vm;
    return [
      vm.newFunction("hostText", (name, args) =>
        vm.newString(sane(this.#context.text(vm.getString(name), vm.getString(args)))),
      ),
      vm.newFunction("hostJson", (name, args) =>
        vm.newString(sane(this.#json(vm.getString(name), vm.getString(args)))),
      ),
      vm.newFunction("hostPrint", (text) => {
        this.#print(vm.getString(text));
      }),
      vm.newFunction("hostCall", (call) => this.#call(vm.getString(call))),
      vm.newFunction("hostWarn", (text) => {
        this.#warnings += 1;
        if (this.#warnings <= maxWarnings) this.#options.onWarning(vm.getString(text));
      }),
    ];
  }

  /** @returns the memory after it */
  #evaluateLibrary(): Snapshot {
    const vm = this.#vm;
    const factory = vm.unwrapResult(vm.evalCode(guestLibrary, "rlm", 0));
    const library = vm.unwrapResult(vm.callFunction(factory, vm.undefined, ...this.#host));
    factory.dispose();
    library.consume((made) => vm.setProp(this.#holder, "library", made));
    return takeSnapshot(this.memory, this.#hostLayout, this.#options.limits.memoryBytes, null);
  }

  /** Gets hold of the library in a memory in which no cell has run. */
  #begun(): Library {
    const vm = this.#vm;
    // The image may be of a guest with other limits.
    this.#runtime.setMemoryLimit(this.#options.limits.memoryBytes);
    return vm.getProp(this.#holder, "library").consume((library) => ({
      begin: vm.getProp(library, "begin"),
      collect: vm.getProp(library, "collect"),
      describeError: vm.getProp(library, "describeError"),
      inspect: vm.getProp(library, "inspect"),
      tidy: vm.getProp(library, "tidy"),
      variable: vm.getProp(library, "variable"),
    }));
  }

  #json(name: string, args: string): string {
    if (name === "budget") return JSON.stringify(this.#budget);
    const { kind, textChars, history } = this.#context;
    if (name === "history") return JSON.stringify(history);
    return name === "about" ? JSON.stringify({ kind, textChars }) : this.#context.json(name, args);
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
    const callId = this.#options.newCallId();
    const promise = this.#vm.newPromise();
    this.#calls.set(callId, promise);
    this.#send(callId, json).catch((error: unknown) => this.#settle(callId, (made) => this.#reject(made, error)));
    return promise.handle;
  }

  async #send(callId: number, json: string): Promise<void> {
    const call = await readCall(json, this.#context);
    this.#options.onCall(callId, call);
  }

  #reject(promise: QuickJSDeferredPromise, error: unknown): void {
    const [name, message] = error instanceof Error ? [error.name, error.message] : ["Error", String(error)];
    this.#vm.newError({ name, message: sane(message) }).consume((handle) => promise.reject(handle));
  }
}

function addresses(handles: readonly QuickJSHandle[]): string {
  return handles.map((handle) => handle.value).join();
}
