/** The thread in which one run's cells are executed. */
import { parentPort, workerData } from "node:worker_threads";
import type { CellMemory } from "../rlm/sandbox.ts";
import { rewriteCell } from "./cell-rewrite.ts";
import { Guest, type GuestOptions, instantiate } from "./guest.ts";
import { type ContextFunctions, contextFunctions } from "./host-functions.ts";
import { type Snapshot, takeSnapshot } from "./snapshot.ts";
import {
  Control,
  type FromWorker,
  type GuestData,
  type Machine,
  type ToWorker,
  type WorkerStart,
} from "./worker-protocol.ts";

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

/** It comes by a message of its own, which may be later than the first corpus. */
const machine = new Promise<Machine>((resolve) => {
  port.on("message", (message: ToWorker) => {
    if (message.type === "machine") resolve(message.machine);
  });
});
let context: ContextFunctions | null = null;
/** Those of sandboxes that may come back, the newest last. */
const contexts = new Map<number, ContextFunctions>();
const mostContexts = 16;
/** Gets ready as soon as the machine has come, before it is anybody's. */
let guest = machine.then(newGuest);
/** The guest's memory after its last cell; null before the first. */
let snapshot: Snapshot | null = null;
/** Where it may be kept. */
let spare: Snapshot | null = null;

function post(message: FromWorker): void {
  port.postMessage(message);
}

function flush(): void {
  const text = takeOutput();
  if (text) post({ type: "output", text });
}

function takeOutput(): string {
  const text = output;
  output = "";
  flushedAt = performance.now();
  return text;
}

async function newGuest({ wasm, image }: Machine): Promise<Guest> {
  const options: GuestOptions = {
    quickJs: await instantiate(wasm, start.limits),
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
  const made = new Guest(options, image);
  if (made.image !== image) post({ type: "image", image: made.image });
  return made;
}

function contextOf(sandbox: number, data: GuestData): ContextFunctions {
  const known = contexts.get(sandbox) ?? contextFunctions(data, start.limits.readChars);
  contexts.delete(sandbox);
  contexts.set(sandbox, known);
  const [oldest] = contexts.keys();
  if (contexts.size > mostContexts && oldest !== undefined) contexts.delete(oldest);
  return known;
}

/** Sets up a guest, with the memory that it had elsewhere; the machine that another one had is used again. */
async function setUp(functions: ContextFunctions, left: Snapshot | null, room: Snapshot | null): Promise<Guest> {
  const earlier = await guest;
  const isUsable = earlier.become(functions, left);
  const next = isUsable ? earlier : await newGuest(await machine);
  const memory = isUsable ? "restored" : fill(next, functions, left);
  snapshot = left;
  spare = room?.layout === next.layout ? room : null;
  post({ type: "ready", memory });
  return next;
}

/** Makes a new guest somebody's, with the memory that it had; without it, where that does not fit. */
function fill(made: Guest, functions: ContextFunctions, left: Snapshot | null): CellMemory {
  if (made.become(functions, left)) return "restored";
  made.become(functions, null);
  return "lost";
}

/** Keeps the guest's memory as it is now, between two cells. */
function save(running: Guest): void {
  const taken = takeSnapshot(running.memory, running.layout, start.limits.memoryBytes, snapshot ?? spare);
  if (taken !== snapshot) post({ type: "snapshot", snapshot: taken });
  snapshot = taken;
  spare = null;
}

/** Replaces a guest whose machine is broken by a new one with the memory of before the cell. */
async function replaceGuest(functions: ContextFunctions): Promise<CellMemory> {
  guest = machine.then(newGuest);
  return fill(await guest, functions, snapshot);
}

async function runCell(message: Extract<ToWorker, { type: "cell" }>): Promise<void> {
  const running = await guest;
  if (!context) throw new Error("A cell came before the context.");
  const outcome = await running.run(message.name, message.code, message.now, message.budget);
  const memory = running.broken ? await replaceGuest(context) : "kept";
  const levels = context.provenance.takeLevels();
  const whole = { ...outcome, memory, ...(levels ? { levels } : {}) };
  post({ type: "finished", id: message.id, output: takeOutput(), outcome: whole });
  if (!running.broken) {
    running.tidy();
    save(running);
  }
  post({ type: "saved", id: message.id });
}

port.on("message", async (message: ToWorker) => {
  switch (message.type) {
    case "machine":
      // The parser is slow the first time.
      void rewriteCell("1");
      return;
    case "corpus":
      context = contextOf(message.sandbox, message.data);
      guest = setUp(context, message.snapshot, message.spare);
      return;
    case "cell":
      return runCell(message);
    case "reply":
      return (await guest).reply(message.callId, message.results, message.budget);
    case "attribute":
      await guest;
      post({ type: "attributed", id: message.id, ranges: context?.provenance.rangesIn(message.text) ?? [] });
      return;
    case "variable": {
      const variable = (await guest).variable(message.name);
      post({ type: "variable", id: message.id, variable });
    }
  }
});
