/** The thread that reads one large request, so that the server answers others meanwhile. */
import { parentPort, workerData } from "node:worker_threads";
import { ApiError } from "./api-error.ts";
import type { BodyStart, FromBodyThread, ToBodyThread } from "./body-protocol.ts";
import { readChatRequest } from "./chat-request.ts";
import { GatheredBody } from "./gathered-body.ts";
import type { RunBounds } from "./parameters.ts";

const body = new GatheredBody((workerData as BodyStart).expected);

parentPort?.on("message", (message: ToBodyThread) => {
  if (message.type === "pieces") body.add(message.pieces);
  else parentPort?.postMessage(answerTo(message.bounds));
});

function answerTo(bounds: RunBounds): FromBodyThread {
  try {
    return { type: "request", request: readChatRequest(body.whole(), bounds) };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return { type: "error", fields: error.fields };
  }
}
