/**
 * The parts of the `server` row that run in processes of their own, as the product is built: `server.ts serve BASE_URL`
 * prints its URL and then a JSON line for each first event and each first turn; `server.ts ask BASE_URL N` asks N times
 * in process and prints the milliseconds of each.
 */
import { ask, endpointModels, openAiModel, startServer } from "rlm-vscode";
import { serverContext, serverQuestion } from "./server-request.ts";

/** When a run began, or its first turn, in milliseconds since 1970. */
export interface ServerEvent {
  readonly type: "run.started" | "turn.started";
  readonly at: number;
}

async function serve(baseUrl: string): Promise<void> {
  const server = await startServer({
    models: endpointModels({ endpoint: { baseUrl, apiKey: "key" } }),
    port: 0,
    onRun: (run) => void tell(run.events()),
  });
  process.stdout.write(`${server.url}\n`);
}

async function tell(events: ReturnType<ReturnType<typeof ask>["events"]>): Promise<void> {
  for await (const { type, at } of events) {
    if (type === "run.started" || type === "turn.started") process.stdout.write(`${JSON.stringify({ type, at })}\n`);
  }
}

async function askOften(baseUrl: string, times: number): Promise<void> {
  const model = openAiModel({ id: "scripted", baseUrl, apiKey: "key" });
  const context = { kind: "text", name: "context.txt", text: serverContext } as const;
  const took: number[] = [];
  for (let i = 0; i < times; i += 1) {
    const startedAt = performance.now();
    await ask({ question: serverQuestion, context }, { root: model, sub: model, named: () => model }).result;
    took.push(performance.now() - startedAt);
  }
  process.stdout.write(`${JSON.stringify(took)}\n`);
}

const [role, baseUrl = "", times = "0"] = process.argv.slice(2);
if (role === "serve") await serve(baseUrl);
else await askOften(baseUrl, Number(times));
