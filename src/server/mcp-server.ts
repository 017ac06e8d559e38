import { McpServer, ResourceTemplate } from "@modelcontextprotocol/sdk/server/mcp.js";
import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js";
import * as z from "zod";
import { type AskParts, ask, type Run, type RunResult } from "../ask.ts";
import { oneLine } from "../rlm/cut.ts";
import { failureOf } from "../rlm/failure.ts";
import type { Limits } from "../rlm/limits.ts";
import { factsOf } from "./completion.ts";
import { McpProgress } from "./mcp-progress.ts";
import { type McpRoots, sourceWithin } from "./mcp-roots.ts";
import { McpRuns } from "./mcp-runs.ts";
import { type PlaceCounts, RunPlaces } from "./run-places.ts";
import { searchFiles } from "./search-thread.ts";

export interface McpOptions {
  /** Nothing outside of these can be asked about. */
  readonly roots: McpRoots;
  /** The models that runs ask; chosen at the first question. */
  readonly parts: () => Promise<AskParts>;
  readonly limits?: Partial<Limits>;
  readonly directBelowTokens?: number;
  /** Runs at a time and runs that may wait; 4 and 32 unless given. */
  readonly places?: PlaceCounts;
  /** Where runs are logged, an absolute path; runs about other roots must not be there. */
  readonly runsFolder: string;
  readonly version: string;
  /** Told of each run as it starts. */
  readonly onRun?: (run: Run, parts: AskParts) => void;
}

const defaultPlaces: PlaceCounts = { runs: 4, waiting: 32 };
/** Each holds the text of all that it searches. */
const searchPlaces: PlaceCounts = { runs: 2, waiting: 32 };

const pathsSchema = z.array(z.string().max(4_096)).max(100).optional();
const paths = pathsSchema.describe("Files and folders, relative to the root; all of it where none is named");

/** An MCP server that answers questions about codebases; to be connected to a transport. */
export function mcpServer(options: McpOptions): McpServer {
  const server = new McpServer({ name: "rlm", title: "RLM", version: options.version });
  const runs = new McpRuns(options.runsFolder);
  addAsk(server, runs, options);
  addSearch(server, options);
  addReadRun(server, runs);
  return server;
}

function addAsk(server: McpServer, runs: McpRuns, options: McpOptions): void {
  const places = new RunPlaces(options.places ?? defaultPlaces);
  const description =
    "Answers a question about a whole codebase, however large, with citations that were checked against the files. A recursive language model reads the code with programs and sub-models. Takes seconds to minutes. Use it for questions over many files; to find a word, search_codebase is faster.";
  const outputSchema = {
    answer: z.string().nullable(),
    run_id: z.string(),
    turns: z.number(),
    calls: z.number(),
    cost_usd: z.number().nullable(),
    stop_reason: z.string(),
    citations: z.array(z.object({ path: z.string(), from: z.number(), to: z.number(), status: z.string() })),
    usage_estimated: z.boolean(),
  };
  const inputSchema = { question: z.string().trim().min(1).max(20_000), paths };
  const annotations = { readOnlyHint: true, openWorldHint: true };
  server.registerTool(
    "ask_codebase",
    { title: "Ask the codebase", description, inputSchema, outputSchema, annotations },
    (input, extra) =>
      tellingErrors(async () => {
        const context = sourceWithin(options.roots, input.paths ?? []);
        const { limits, directBelowTokens } = options;
        const bounds = {
          ...(limits ? { limits } : {}),
          ...(directBelowTokens === undefined ? {} : { directBelowTokens }),
        };
        const parts = await options.parts();
        const progress = new McpProgress(extra);
        const answer = async () => {
          const run = ask({ question: input.question, context, ...bounds }, parts);
          extra.signal.addEventListener("abort", () => run.cancel(), { once: true });
          options.onRun?.(run, parts);
          const logged = runs.record(run);
          await progress.follow(run);
          const result = await run.result;
          await logged;
          server.sendResourceListChanged();
          return toldResult(result);
        };
        await progress.tell("Waiting its turn");
        return progress.during(() => inPlace(places, extra.signal, answer));
      }),
  );
}

/** Does work when it is its turn. @throws ApiError where too many wait, and the signal's reason */
async function inPlace<T>(places: RunPlaces, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const place = places.enter();
  try {
    await place.turn(signal);
    return await work();
  } finally {
    place.leave();
  }
}

function toldResult(result: RunResult): CallToolResult {
  const { answer, error, stopReason } = result;
  if (error) return failed(`${error.message} (run ${result.runId})`);
  if (answer === null) return failed(`The run ended without an answer (${stopReason}, run ${result.runId}).`);
  const whole = stopReason === "answered" || stopReason === "direct";
  const note = whole ? "" : `\n\n[Partial: the run was ended by its limit of ${stopReason}.]`;
  return {
    content: [{ type: "text", text: `${answer}${note}` }],
    structuredContent: { answer, ...factsOf(result) },
  };
}

function addSearch(server: McpServer, options: McpOptions): void {
  const places = new RunPlaces(searchPlaces, "searches");
  const description =
    "Finds a regular expression in the files of the codebase: hits with their lines, grouped by file. Ignore files count, and secret files are never searched.";
  const inputSchema = {
    pattern: z
      .string()
      .min(1)
      .max(2_000)
      .describe("A JavaScript regular expression; tried literally if it finds nothing"),
    paths,
    glob: z.string().max(1_000).optional().describe('As in a .gitignore, such as "*.ts" or "src/**"'),
    ignore_case: z.boolean().optional(),
    limit: z.int().min(1).max(1_000).optional().describe("Hits at the most (200)"),
  };
  const outputSchema = { text: z.string(), total: z.number(), files: z.number(), truncated: z.boolean() };
  const annotations = { readOnlyHint: true, openWorldHint: false };
  server.registerTool(
    "search_codebase",
    { title: "Search the codebase", description, inputSchema, outputSchema, annotations },
    (input, extra) =>
      tellingErrors(async () => {
        const source = sourceWithin(options.roots, input.paths ?? []);
        const { pattern, glob, ignore_case: ignoreCase, limit } = input;
        const search = () => searchFiles(source, { pattern, glob, ignoreCase, limit }, extra.signal);
        const found = await inPlace(places, extra.signal, search);
        return { content: [{ type: "text", text: found.text }], structuredContent: { ...found } };
      }),
  );
}

function addReadRun(server: McpServer, runs: McpRuns): void {
  server.registerTool(
    "read_run",
    {
      title: "Read a run",
      description:
        "Tells what an earlier ask_codebase run did, step by step, as Markdown: turns, code, output, sub-calls, cost.",
      inputSchema: { run_id: z.string().min(1).max(100) },
      annotations: { readOnlyHint: true, openWorldHint: false },
    },
    ({ run_id }) => tellingErrors(async () => ({ content: [{ type: "text", text: await runs.read(run_id) }] })),
  );
  const template = new ResourceTemplate("rlm-run://{runId}", {
    list: async () => ({
      resources: (await runs.list()).map(({ runId, question, startedAt }) => ({
        uri: `rlm-run://${runId}`,
        name: oneLine(question, 100),
        description: `Asked ${new Date(startedAt).toISOString()}`,
        mimeType: "text/markdown",
      })),
    }),
  });
  server.registerResource(
    "run",
    template,
    { title: "Runs", description: "Runs of ask_codebase about these folders", mimeType: "text/markdown" },
    async (uri, { runId }) => ({
      contents: [{ uri: uri.href, mimeType: "text/markdown", text: await runs.read(String(runId)) }],
    }),
  );
}

/** What goes wrong is a result that the model reads, in one line. */
async function tellingErrors(work: () => Promise<CallToolResult>): Promise<CallToolResult> {
  try {
    return await work();
  } catch (error) {
    return failed(failureOf(error).message);
  }
}

function failed(message: string): CallToolResult {
  return { isError: true, content: [{ type: "text", text: message }] };
}
