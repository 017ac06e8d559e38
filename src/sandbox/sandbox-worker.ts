/** The thread in which one run's cells are executed. */
import { parentPort, workerData } from "node:worker_threads";
import type { QuickJSWASMModule } from "quickjs-emscripten";
import type { Corpus } from "../context/corpus.ts";
import type { CellMemory } from "../rlm/sandbox.ts";
import { rewriteCell } from "./cell-rewrite.ts";
import { Guest, type GuestOptions, instantiate } from "./guest.ts";
import { type ContextFunctions, contextFunctions } from "./host-functions.ts";
import { restoreSnapshot, type Snapshot, takeSnapshot } from "./snapshot.ts";
import { Control, type FromWorker, type ToWorker, type WorkerStart } from "./worker-protocol.ts";

if (!parentPort) throw new Error("This file is the body of a worker thread.");
const port = parentPort;
const start = workerData as WorkerStart;
const control = new Control(start.control);

const outputAtOnce = 32 * 1024;
const flushAfterMs = 50;
let output = "";
let flushedAt = 0;
/** Grows for as long as the thread lives, so that a late reply never meets another call. */
let lastCallId = 0;

/** The module comes by a message of its own, which may be later than the first corpus. */
const wasm = new Promise<WebAssembly.Module>((resolve) => {
  port.on("message", (message: ToWorker) => {
    if (message.type === "wasm") resolve(message.wasm);
  });
});
/** A machine that no guest has used yet. */
let quickJs: Promise<QuickJSWASMModule> | null = null;
let context: ContextFunctions | null = null;
/** Those of sandboxes that may come back, the newest last. */
const contexts = new Map<number, ContextFunctions>();
const mostContexts = 16;
let guest: Promise<Guest> | null = null;
let snapshot: Snapshot | null = null;

function post(message: FromWorker): void {
  port.postMessage(message);
}

function flush(): void {
  if (output) post({ type: "output", text: output });
  output = "";
  flushedAt = performance.now();
}

function newGuest(instance: QuickJSWASMModule, functions: ContextFunctions): Guest {
  const options: GuestOptions = {
    quickJs: instance,
    control,
    limits: start.limits,
    newCallId: () => {
      lastCallId += 1;
      return lastCallId;
    },
    onOutput: (text) => {
      output += text;
      if (output.length >= outputAtOnce || performance.now() - flushedAt > flushAfterMs) flush();
    },
    onCall: (callId, call) => {
      flush();
      post({ type: "call", callId, call });
      // The call is on its way already.
      const prompts = call.kind === "llm" ? call.prompts : [];
      const seen = prompts.map((prompt) => context?.provenance.rangesIn(prompt) ?? []);
      post({ type: "prompts-seen", callId, seen });
    },
    onWarning: (message) => post({ type: "warning", message }),
    onWaiting: (replies) => {
      flush();
      post({ type: "waiting", replies });
    },
  };
  return new Guest(options, functions);
}

function contextOf(sandbox: number, corpus: Corpus): ContextFunctions {
  const known = contexts.get(sandbox) ?? contextFunctions(corpus, start.limits.readChars);
  contexts.delete(sandbox);
  contexts.set(sandbox, known);
  const [oldest] = contexts.keys();
  if (contexts.size > mostContexts && oldest !== undefined) contexts.delete(oldest);
  return known;
}

/** Sets up a guest, with the memory that it had elsewhere; the machine that another one had is used again. */
async function setUp(functions: ContextFunctions, left: Snapshot | null, spare: Snapshot | null): Promise<Guest> {
  const earlier = await guest;
  const next = earlier?.become(functions, left) ? earlier : await freshGuest(functions);
  const isFresh = next !== earlier;
  const restored = left === null || !isFresh || restoreSnapshot(next.memory, next.layout, left);
  if (isFresh && left === null) next.keepUnused();
  snapshot = left ?? (spare?.layout === next.layout ? spare : null);
  if (left === null) save(next, true);
  post({ type: "ready", memory: restored ? "restored" : "lost" });
  return next;
}

async function freshGuest(functions: ContextFunctions): Promise<Guest> {
  const module = await wasm;
  const instance = quickJs ?? instantiate(module, start.limits);
  quickJs = null;
  return newGuest(await instance, functions);
}

/** Keeps the guest's memory as it is now, between two cells. @param tell even where it is kept in the same place */
function save(running: Guest, tell = false): void {
  const taken = takeSnapshot(running.memory, running.layout, start.limits.memoryBytes, snapshot);
  if (tell || taken !== snapshot) post({ type: "snapshot", snapshot: taken });
  snapshot = taken;
}

/** Replaces a guest whose machine is broken by a new one with the memory of before the cell. */
async function replaceGuest(functions: ContextFunctions): Promise<CellMemory> {
  const next = newGuest(await instantiate(await wasm, start.limits), functions);
  guest = Promise.resolve(next);
  return snapshot !== null && restoreSnapshot(next.memory, next.layout, snapshot) ? "restored" : "lost";
}

async function runCell(message: Extract<ToWorker, { type: "cell" }>): Promise<void> {
  const running = await guest;
  if (!running || !context) throw new Error("A cell came before the context.");
  const outcome = await running.run(message.name, message.code, message.now, message.budget);
  flush();
  const memory = running.broken ? await replaceGuest(context) : "kept";
  const levels = context.provenance.takeLevels();
  post({ type: "finished", id: message.id, outcome: { ...outcome, memory, ...(levels ? { levels } : {}) } });
  if (!running.broken) save(running);
  post({ type: "saved", id: message.id });
}

port.on("message", async (message: ToWorker) => {
  switch (message.type) {
    case "wasm":
      quickJs = instantiate(message.wasm, start.limits);
      // The parser is slow the first time.
      void rewriteCell("1");
      return;
    case "corpus":
      context = contextOf(message.sandbox, message.corpus);
      guest = setUp(context, message.snapshot, message.spare);
      return;
    case "cell":
      return runCell(message);
    case "reply":
      return (await guest)?.reply(message.callId, message.results, message.budget);
    case "attribute":
      await guest;
      post({ type: "attributed", id: message.id, ranges: context?.provenance.rangesIn(message.text) ?? [] });
      return;
    case "variable": {
      const variable = (await guest)?.variable(message.name) ?? { found: false, names: [] };
      post({ type: "variable", id: message.id, variable });
    }
  }
});
