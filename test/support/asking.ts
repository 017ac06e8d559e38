import { onTestFinished } from "vitest";
import { type AskParts, type AskRequest, ask, type Run, type RunResult } from "../../src/ask.ts";
import { openAiModel } from "../../src/models/openai-model.ts";
import type { EventOf, RunEvent } from "../../src/rlm/events.ts";
import type { Price } from "../../src/rlm/model.ts";
import {
  type Script,
  type ScriptedServer,
  type ScriptedServerOptions,
  startScriptedServer,
} from "./scripted-server.ts";
import { tempFolder } from "./temp-folder.ts";

/** A run on its way against a scripted server, through the real client. */
export interface Asked {
  readonly run: Run;
  readonly server: ScriptedServer;
}

export interface AskedOptions {
  readonly question?: string;
  readonly files?: Readonly<Record<string, string>>;
  /** Instead of files. */
  readonly context?: AskRequest["context"];
  readonly limits?: AskRequest["limits"];
  readonly directBelowTokens?: number;
  readonly apiKey?: string;
  readonly server?: ScriptedServerOptions;
  readonly fanOut?: AskRequest["fanOut"];
  readonly approve?: AskParts["approve"];
  readonly children?: AskParts["children"];
  readonly price?: Price;
  readonly history?: AskRequest["history"];
  readonly since?: AskRequest["since"];
}

export const someFiles = { "src/main.ts": "export const main = 1;\n", "README.md": "# Readme\n" };

/** Starts a run; the loop is used however small the context is, unless the options say otherwise. */
export async function startAsking(script: Script, options: AskedOptions = {}): Promise<Asked> {
  const server = await startScriptedServer(script, options.server);
  onTestFinished(() => server.close());
  const context = options.context ?? { kind: "paths", paths: [tempFolder(options.files ?? someFiles)], cwd: "/" };
  const model = (id: string) =>
    openAiModel({
      id,
      baseUrl: server.baseUrl,
      apiKey: options.apiKey ?? "key",
      backoffMs: 5,
      ...(options.price ? { price: options.price } : {}),
    });
  const run = ask(
    {
      question: options.question ?? "What is it?",
      context,
      directBelowTokens: options.directBelowTokens ?? 0,
      ...(options.limits ? { limits: options.limits } : {}),
      ...(options.fanOut ? { fanOut: options.fanOut } : {}),
      ...(options.history ? { history: options.history } : {}),
      ...(options.since ? { since: options.since } : {}),
    },
    {
      root: model("scripted"),
      sub: model("scripted-sub"),
      named: model,
      ...(options.approve ? { approve: options.approve } : {}),
      ...(options.children ? { children: options.children } : {}),
    },
  );
  return { run, server };
}

/** Asks and waits for the end. */
export async function asked(
  script: Script,
  options: AskedOptions = {},
): Promise<{ run: Run; result: RunResult; server: ScriptedServer; events: RunEvent[] }> {
  const { run, server } = await startAsking(script, options);
  const events: RunEvent[] = [];
  for await (const event of run.events()) events.push(event);
  return { run, result: await run.result, server, events };
}

type Reply = string | ((lastMessage: string, messages: readonly { role: string; content: string }[]) => string);

/** A root model that gives these replies in turn, each perhaps made from the last message; sub-calls get `sub`. */
export function replies(
  root: readonly Reply[],
  sub: (prompt: string) => string = (prompt) => `seen ${prompt}`,
): Script {
  return ({ messages }) => {
    const last = messages.at(-1)?.content ?? "";
    if (messages[0]?.role !== "system") return sub(last);
    const turn = messages.filter((message) => message.role === "assistant").length;
    const reply = root[Math.min(turn, root.length - 1)] ?? "";
    return typeof reply === "string" ? reply : reply(last, messages);
  };
}

export const cell = (code: string): string => `\`\`\`js\n${code}\n\`\`\``;
export const answer = (text: string): string => `\`\`\`\`answer\n${text}\n\`\`\`\``;

/** The events of one type. */
export const eventsOf = <T extends RunEvent["type"]>(events: readonly RunEvent[], type: T): EventOf<T>[] =>
  events.filter((event): event is EventOf<T> => event.type === type);

/** Replies by the question that a run was asked; plain prompts get `sub`. */
export function byQuestion(
  roots: Readonly<Record<string, readonly Reply[]>>,
  sub: (prompt: string) => string = (prompt) => `seen ${prompt}`,
): Script {
  return (request) => {
    const question = /# Question\n\n(.*)\n/.exec(request.messages[1]?.content ?? "")?.[1] ?? "";
    return replies(roots[question] ?? [answer(`no script for ${question}`)], sub)(request);
  };
}
