/** The thread in which one run's cells are executed. */
import { parentPort, workerData } from "node:worker_threads";
import type { QuickJSWASMModule } from "quickjs-emscripten";
import { rewriteCell } from "./cell-rewrite.ts";
import { Guest, instantiate } from "./guest.ts";
import { type ContextFunctions, contextFunctions } from "./host-functions.ts";
import { Control, type FromWorker, type ToWorker, type WorkerStart } from "./worker-protocol.ts";

if (!parentPort) throw new Error("This file is the body of a worker thread.");
const port = parentPort;
const start = workerData as WorkerStart;
function post(message: FromWorker): void {
  port.postMessage(message);
}

const outputAtOnce = 32 * 1024;
let output = "";
function flush(): void {
  if (!output) return;
  post({ type: "output", text: output });
  output = "";
}

let wasm: WebAssembly.Module | null = null;
let quickJs: Promise<QuickJSWASMModule> | null = null;
let context: ContextFunctions | null = null;
let guest: Promise<Guest | null> | null = null;

async function newGuest(functions: ContextFunctions): Promise<Guest | null> {
  const instance = await quickJs;
  return (
    instance &&
    new Guest({
      quickJs: instance,
      control: new Control(start.control),
      limits: start.limits,
      context: functions,
      onOutput: (text) => {
        output += text;
        if (output.length >= outputAtOnce) flush();
      },
      onCall: (callId, call) => {
        flush();
        post({ type: "call", callId, call });
      },
      onWarning: (message) => post({ type: "warning", message }),
    })
  );
}

async function runCell(message: Extract<ToWorker, { type: "cell" }>): Promise<void> {
  const running = await guest;
  if (!running) return;
  const outcome = await running.run(message.name, message.code, message.now, message.budget);
  flush();
  if (running.broken && context && wasm) {
    // None of the memory of a broken machine is used again.
    quickJs = instantiate(wasm);
    guest = newGuest(context);
  }
  post({ type: "finished", id: message.id, outcome });
}

port.on("message", async (message: ToWorker) => {
  switch (message.type) {
    case "wasm":
      wasm = message.wasm;
      quickJs = instantiate(wasm);
      // The parser is slow the first time.
      void rewriteCell("1");
      return;
    case "corpus":
      context = contextFunctions(message.corpus, start.limits.readChars);
      guest = newGuest(context);
      return;
    case "cell":
      return runCell(message);
    case "reply":
      return (await guest)?.reply(message.callId, message.text, message.budget);
    case "failure":
      return (await guest)?.fail(message.callId, message.message, message.budget);
    case "variable": {
      const variable = (await guest)?.variable(message.name) ?? { found: false, names: [] };
      post({ type: "variable", id: message.id, variable });
    }
  }
});
