import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { type AskParts, ask, type Run } from "../ask.ts";
import type { ContextSource, PipedSource } from "../context/collector-protocol.ts";
import { ApiError, badField } from "./api-error.ts";
import { BodyMemory, type BodyRoom } from "./body-memory.ts";
import { BodyReader } from "./body-thread.ts";
import type { ChatRequest } from "./chat-request.ts";
import { type CompletionHead, completionBody } from "./completion.ts";
import { streamCompletion } from "./completion-stream.ts";
import { hopsOf } from "./hops.ts";
import { modelNameOf, readModelName } from "./model-name.ts";
import type { RunBounds } from "./parameters.ts";
import { receiveBody, statedLength } from "./receive-body.ts";
import { clientGone, finished } from "./run-failure.ts";
import { type Place, type PlaceCounts, RunPlaces } from "./run-places.ts";
import type { ServedModels } from "./served-models.ts";

export interface ChatCompletionsOptions {
  readonly models: ServedModels;
  readonly bounds: RunBounds;
  readonly places: PlaceCounts;
  /** Bytes of one body at the most. */
  readonly maxBodyBytes: number;
  /** Told of each run as it starts. */
  readonly onRun: (run: Run, about: AboutRun) => void;
}

/** What a request says about itself. */
export interface AboutRun {
  readonly model: string;
  /** As the client names its user; null where it does not. */
  readonly user: string | null;
  /** Groups the runs of one question in telemetry, as the client's metadata says; null where they do not. */
  readonly queryId: string | null;
  readonly parts: AskParts;
}

/** A request on its way. */
interface Work {
  /** Aborted when the client goes away or the server closes; the reason is what is to be answered. */
  readonly signal: AbortSignal;
  readonly place: Place;
  readonly room: BodyRoom;
  end(): void;
}

/** Answers requests for chat completions. They share nothing but the bounds. */
export class ChatCompletions {
  readonly #options: ChatCompletionsOptions;
  readonly #places: RunPlaces;
  readonly #memory: BodyMemory;
  readonly #going = new Set<AbortController>();
  #closed = false;

  constructor(options: ChatCompletionsOptions) {
    this.#options = options;
    this.#places = new RunPlaces(options.places);
    this.#memory = new BodyMemory(2 * options.maxBodyBytes);
  }

  /** @throws ApiError */
  async answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<Response> {
    if (this.#closed) throw closing();
    checkForm(incoming);
    const hops = hopsOf(incoming.headers);
    const expected = statedLength(incoming, this.#options.maxBodyBytes);
    const work = this.#begin(incoming);
    try {
      const request = await this.#read(incoming, outgoing, work.room, expected);
      const name = readModelName(request.options.model);
      const parts = this.#options.models.partsFor(name, hops);
      if (request.options.answerSchema && parts.root.offline) throw offlineText();
      await work.place.turn(work.signal);
      return await this.#run(request, parts, work);
    } catch (error) {
      work.end();
      throw error;
    }
  }

  /** Ends all runs: they answer 503. */
  close(): void {
    this.#closed = true;
    for (const controller of this.#going) controller.abort(closing());
  }

  #begin({ socket }: IncomingMessage): Work {
    const place = this.#places.enter();
    const room = this.#memory.open();
    const controller = new AbortController();
    this.#going.add(controller);
    const leave = () => controller.abort(clientGone());
    // Not the response's own event: one that waits for an earlier one of its connection has none.
    socket.once("close", leave);
    return {
      signal: controller.signal,
      place,
      room,
      end: () => {
        socket.off("close", leave);
        this.#going.delete(controller);
        place.leave();
        room.release();
      },
    };
  }

  async #read(
    incoming: IncomingMessage,
    outgoing: ServerResponse,
    room: BodyRoom,
    expected: number | null,
  ): Promise<ChatRequest> {
    const reader = new BodyReader(expected);
    try {
      await receiveBody(incoming, outgoing, this.#options.maxBodyBytes, room, reader);
      return await reader.read(this.#options.bounds);
    } finally {
      reader.close();
    }
  }

  async #run(request: ChatRequest, parts: AskParts, work: Work): Promise<Response> {
    const { options } = request;
    const run = start(request, parts);
    const { root, sub } = parts;
    const model = modelNameOf({ root: root.id, sub: sub.id });
    const queryId = options.metadata?.query_id ?? null;
    this.#options.onRun(run, { model, user: options.user, queryId, parts });
    if (work.signal.aborted) run.cancel();
    work.signal.addEventListener("abort", () => run.cancel(), { once: true });
    // The text of a run is held until it is over, whoever still reads.
    void run.result.then(() => work.end());
    const head: CompletionHead = { id: `chatcmpl-${randomUUID()}`, created: Math.floor(Date.now() / 1_000), model };
    if (options.stream) return streamCompletion(head, run, options, work.signal);
    const body = completionBody(head, finished(await run.result, work.signal, options), options);
    return Response.json(body);
  }
}

function start({ question, history, context, options }: ChatRequest, parts: AskParts): Run {
  const { limits, directBelowTokens, sampling, answerSchema } = options;
  const source: PipedSource = { kind: "piped", name: context.name, bytes: context.bytes };
  // `collect` takes bytes that came through a pipe; only its type does not say so.
  return ask(
    {
      question,
      history,
      context: source as unknown as ContextSource,
      limits,
      directBelowTokens,
      sampling,
      ...(answerSchema ? { answerSchema } : {}),
    },
    parts,
  );
}

/** @throws ApiError 415 */
function checkForm({ headers }: IncomingMessage): void {
  const [type = "", ...parameters] = (headers["content-type"] ?? "").toLowerCase().split(";");
  const charset = parameters.find((parameter) => parameter.trim().startsWith("charset="))?.trim();
  if (type.trim() !== "application/json") throw unsupported("Content-Type", "application/json");
  if (charset !== undefined && !/^charset="?utf-?8"?$/.test(charset)) throw unsupported("Content-Type", "UTF-8");
  const encoding = headers["content-encoding"];
  if (encoding !== undefined && encoding !== "identity") throw unsupported("Content-Encoding", "identity");
}

function unsupported(header: string, wanted: string): ApiError {
  const message = `The ${header} of the body must be ${wanted}.`;
  return new ApiError({ status: 415, code: "unsupported_media_type", param: header.toLowerCase(), message });
}

function offlineText(): ApiError {
  const message = 'The embedded model writes no JSON: ask another, or leave "response_format" out.';
  return badField("response_format", message, "unsupported_parameter");
}

function closing(): ApiError {
  const message = "The server is shutting down.";
  return new ApiError({ status: 503, code: "shutting_down", message, retryAfter: 10 });
}
