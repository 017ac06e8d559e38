import { createServer, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { getRequestListener } from "@hono/node-server";
import type { Run } from "../ask.ts";
import { defaultDirectBelowTokens, defaultLimits, type Limits } from "../rlm/limits.ts";
import { apiOf, errorResponse } from "./api.ts";
import { ApiError, type ApiErrorFields, errorBody } from "./api-error.ts";
import { type AboutRun, ChatCompletions } from "./chat-completions.ts";
import { gatekeeperFor, isLoopback } from "./gatekeeper.ts";
import type { ServedModels } from "./served-models.ts";
import { ServerError } from "./server-error.ts";

export interface ServerOptions {
  readonly models: ServedModels;
  /** 127.0.0.1 unless given; any host that other machines reach needs a token. */
  readonly host?: string;
  /** 8000 unless given; 0: a free one. */
  readonly port?: number;
  /** What clients have to send as their key; without it any will do. */
  readonly token?: string;
  /** What a run may use; a request may ask for less. */
  readonly limits?: Partial<Limits>;
  readonly directBelowTokens?: number;
  /** Runs at a time; 4 unless given. */
  readonly runs?: number;
  /** Requests that may wait for a run; 32 unless given. */
  readonly waiting?: number;
  /** Bytes of a request; 512 MB unless given. */
  readonly maxBodyBytes?: number;
  /** Told of each run as it starts. */
  readonly onRun?: (run: Run, about: AboutRun) => void;
  /** Told of what no client is told: a mistake of the server's own. */
  readonly onProblem?: (error: unknown) => void;
}

export interface RunningServer {
  /** Such as `http://127.0.0.1:8000/v1`: the base URL for clients. */
  readonly url: string;
  /** Ends all runs, answers 503 to who waits for them, and resolves when all connections are closed. */
  close(): Promise<void>;
}

const defaultPort = 8000;
const defaultMaxBodyBytes = 512 * 1024 * 1024;
/** How long a closing server waits for its last responses, in milliseconds. */
const closeGraceMs = 1_000;

/**
 * Starts the OpenAI-compatible server.
 * @throws ServerError where it can't listen, or another machine could ask without a token
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { host = "127.0.0.1", port = defaultPort, token = null } = options;
  if (token !== null && !/^[\x21-\x7e]+$/.test(token)) {
    throw new ServerError("bad-token", "The token must be of printable characters without spaces.");
  }
  if (token === null && !isLoopback(host)) {
    throw new ServerError("token-needed", `Other machines could ask a server on ${host}: give it a token.`);
  }
  const chat = new ChatCompletions({
    models: options.models,
    bounds: {
      limits: { ...defaultLimits, ...options.limits },
      directBelowTokens: options.directBelowTokens ?? defaultDirectBelowTokens,
    },
    places: { runs: options.runs ?? 4, waiting: options.waiting ?? 32 },
    maxBodyBytes: options.maxBodyBytes ?? defaultMaxBodyBytes,
    onRun: options.onRun ?? (() => {}),
  });
  const onProblem = options.onProblem ?? (() => {});
  const api = apiOf({ chat, models: options.models, gate: gatekeeperFor({ host, token }), onProblem });
  const listener = getRequestListener(api.fetch, {
    overrideGlobalObjects: false,
    errorHandler: (error) => errorResponse(error, onProblem),
  });
  const server = createServer((incoming, outgoing) => void listener(incoming, outgoing));
  // The body is asked for once the headers have been let in.
  server.on("checkContinue", (incoming, outgoing) => void listener(incoming, outgoing));
  server.on("clientError", answerBrokenRequest);
  await listen(server, host, port);
  return { url: urlOf(host, (server.address() as AddressInfo).port), close: () => closeServer(server, chat) };
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const taken = error.code === "EADDRINUSE";
      const reason = taken ? "it is in use; choose another" : (error.code ?? error.message);
      reject(
        new ServerError(
          taken ? "port-in-use" : "not-listening",
          `The server can't listen on ${host}, port ${port}: ${reason}.`,
        ),
      );
    });
    server.listen(port, host, resolve);
  });
}

function urlOf(host: string, port: number): string {
  const isAll = host === "0.0.0.0" || host === "::";
  const shown = isAll ? "127.0.0.1" : host.includes(":") ? `[${host}]` : host;
  return `http://${shown}:${port}/v1`;
}

async function closeServer(server: Server, chat: ChatCompletions): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  chat.close();
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), closeGraceMs);
  await closed;
  clearTimeout(timer);
}

/** Answers what is no HTTP request. */
function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const fields = brokenRequest(error.code);
  const body = JSON.stringify(errorBody(fields));
  const head = [
    `HTTP/1.1 ${fields.status} ${fields.code}`,
    "content-type: application/json; charset=utf-8",
    `content-length: ${Buffer.byteLength(body)}`,
    "connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
}

function brokenRequest(code: string | undefined): ApiErrorFields {
  if (code === "HPE_HEADER_OVERFLOW") {
    return { status: 431, code: "headers_too_large", message: "The headers of the request are too large." };
  }
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") {
    return { status: 408, code: "request_timeout", message: "The request took too long to arrive." };
  }
  return new ApiError({ status: 400, code: "invalid_request", message: "This is no HTTP request." }).fields;
}
