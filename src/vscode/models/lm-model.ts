import { withSchemaInWords } from "../../models/dialect.ts";
import { costOf } from "../../models/prices.ts";
import { sleep } from "../../models/retry.ts";
import { estimatedUsage } from "../../models/usage.ts";
import { CancelledError, type CancelSignal, throwIfCancelled, under } from "../../rlm/cancel.ts";
import { estimateTokens } from "../../rlm/limits.ts";
import {
  type FinishReason,
  type Message,
  type Model,
  ModelFailure,
  type ModelReply,
  type ModelRequest,
  type Price,
  type Usage,
} from "../../rlm/model.ts";

/** What the name of a model of the editor begins with: `vscode:<vendor>/<id or family>`. */
export const editorModelPrefix = "vscode:";

/** A message as the editor's models take it: there is no system role. */
export interface EditorMessage {
  readonly role: "user" | "assistant";
  readonly content: string;
}

/** A model of the editor, as far as it is used here; `vscode.LanguageModelChat` behind a seam. */
export interface EditorModel {
  /** @returns the pieces of the reply's text */
  send(messages: readonly EditorMessage[], signal: CancelSignal): Promise<AsyncIterable<string>>;
  countTokens(text: string): Promise<number>;
}

/** The models of the editor. */
export interface EditorModels {
  /** @returns null where there is none of this vendor and id or family */
  find(vendor: string, name: string): Promise<EditorModel | null>;
  /** What the editor says about a failure: the code of its `LanguageModelError`; null where the error is not one. */
  codeOf(error: unknown): string | null;
}

/** Milliseconds. */
export interface EditorModelTimes {
  /** Until the model is found, and until it says how many tokens a text has. */
  readonly find: number;
  readonly count: number;
  /** Until the first piece; it may wait for the user's consent. */
  readonly first: number;
  /** Between the pieces. */
  readonly idle: number;
}

const defaultTimes: EditorModelTimes = { find: 15_000, count: 1_500, first: 120_000, idle: 60_000 };

/** True for the name of a model of the editor. */
export function isEditorModel(id: string): boolean {
  return id.startsWith(editorModelPrefix);
}

/** The vendor, and the id or family, in the name of a model of the editor. */
function partsOfEditorModel(id: string): { readonly vendor: string; readonly name: string } {
  const [vendor = "", ...name] = id.slice(editorModelPrefix.length).split("/");
  return { vendor, name: name.join("/") };
}

/**
 * A model of the editor. What it costs is only known where the user has stated a price.
 * @param id `vscode:<vendor>/<id or family>`
 */
export function editorModel(
  id: string,
  models: EditorModels,
  price: Price | null = null,
  times: EditorModelTimes = defaultTimes,
): Model {
  const { vendor, name } = partsOfEditorModel(id);
  const ask = async (request: ModelRequest): Promise<ModelReply> => {
    throwIfCancelled(request.signal);
    const messages = editorMessages(request);
    const late = silent(id, times.find);
    try {
      const found = await within(times.find, request.signal, models.find(vendor, name), late);
      if (!found) throw notFound(id);
      const input = countOf(found, messages.map(({ content }) => content).join("\n"), times.count);
      const reply = new EditorReply(id, request, times);
      // What the editor still does when the reply is over, or cut off, ends with this.
      await under(request.signal, (scope) => reply.receive(found.send(messages, scope), scope));
      if (reply.text.trim() === "") throw emptyReply(id);
      const output = await countOf(found, reply.text, times.count);
      const usage = usageOf(messages, reply.text, await input, output);
      const spent = price ? { costUsd: costOf(usage, price), pricedBy: "setting" as const } : { costUsd: null };
      return { text: reply.text, usage, ...spent, finishReason: reply.finishReason };
    } catch (error) {
      if (request.signal.aborted) throw new CancelledError();
      throw failureOf(error, id, models.codeOf(error));
    }
  };
  return { id, offline: false, price, reply: ask };
}

/** One reply on its way. */
class EditorReply {
  text = "";
  finishReason: FinishReason = "stop";
  readonly #id: string;
  readonly #request: ModelRequest;
  readonly #times: EditorModelTimes;

  constructor(id: string, request: ModelRequest, times: EditorModelTimes) {
    this.#id = id;
    this.#request = request;
    this.#times = times;
  }

  /** @throws ModelFailure where it does not come, CancelledError, and what the editor throws */
  async receive(sent: Promise<AsyncIterable<string>>, signal: CancelSignal): Promise<void> {
    const { first, idle } = this.#times;
    const pieces = (await within(first, signal, sent, silent(this.#id, first)))[Symbol.asyncIterator]();
    for (let wait = first; ; wait = idle) {
      const next = await within(wait, signal, pieces.next(), silent(this.#id, wait));
      if (next.done || !this.#take(next.value)) return;
    }
  }

  /** @returns false where the reply has to be cut off */
  #take(piece: string): boolean {
    this.text += piece;
    this.#request.onDelta?.(piece);
    const goesOn = this.#request.allows?.(estimateTokens(this.text.length)) ?? true;
    if (!goesOn) this.finishReason = "length";
    return goesOn;
  }
}

/** The system message goes into the first message of the user. */
function editorMessages({ messages, schema }: ModelRequest): EditorMessage[] {
  const all = schema ? withSchemaInWords(messages, JSON.stringify(schema)) : messages;
  const merged: { role: EditorMessage["role"]; content: string }[] = [];
  for (const { role, content } of all) {
    const last = merged.at(-1);
    const as = role === "assistant" ? role : "user";
    if (last?.role === as) last.content += `\n\n${content}`;
    else merged.push({ role: as, content });
  }
  return merged;
}

/** @returns null where the model does not say in time */
async function countOf(model: EditorModel, text: string, ms: number): Promise<number | null> {
  const counted = model.countTokens(text).catch(() => null);
  const late = new Promise<null>((resolve) => setTimeout(() => resolve(null), ms).unref());
  return Promise.race([counted, late]);
}

function usageOf(messages: readonly Message[], text: string, input: number | null, output: number | null): Usage {
  const estimate = estimatedUsage(messages, text);
  if (input === null || output === null) return estimate;
  return { ...estimate, input, output, estimated: false };
}

/** The result of work that may never end. @throws ModelFailure after some milliseconds, CancelledError */
async function within<T>(ms: number, signal: CancelSignal, work: Promise<T>, late: ModelFailure): Promise<T> {
  // It may fail when nobody waits any more.
  work.catch(() => {});
  return under(signal, async (scope) => {
    const timeout = sleep(ms, scope).then(() => {
      throw late;
    });
    timeout.catch(() => {});
    return Promise.race([work, timeout]);
  });
}

function failureOf(error: unknown, id: string, code: string | null): unknown {
  if (code === null) return error;
  const said = error instanceof Error ? error.message : "";
  if (code === "NoPermissions" || code === "NotPermitted") {
    return new ModelFailure(
      "consent",
      `VS Code does not let RLM ask “${id}”. Allow it when VS Code asks, or with “Manage Language Model Access”.`,
    );
  }
  if (code === "NotFound") return notFound(id);
  if (/quota|exceeded|limit/i.test(`${code} ${said}`)) {
    return new ModelFailure(
      "quota",
      `The quota of “${id}” is used up. Wait until it is renewed, or choose another model.`,
    );
  }
  if (code === "Blocked") {
    return new ModelFailure("blocked", `“${id}” was blocked by its provider. Choose another model.`);
  }
  return new ModelFailure("server", `“${id}” of VS Code failed. Ask again, or choose another model.`);
}

function notFound(id: string): ModelFailure {
  return new ModelFailure(
    "unknown-model",
    `VS Code has no model “${id}”. Sign in to whoever provides it, or choose another model.`,
  );
}

function silent(id: string, ms: number): ModelFailure {
  const seconds = Math.round(ms / 1_000);
  return new ModelFailure("timeout", `“${id}” of VS Code sent nothing for ${seconds} s. Are you signed in? Ask again.`);
}

function emptyReply(id: string): ModelFailure {
  return new ModelFailure("empty-reply", `“${id}” gave an empty reply. Ask again, or choose another model.`);
}
