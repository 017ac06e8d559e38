/** The thread that reads one large request, so that the server answers others meanwhile. */
import { parentPort } from "node:worker_threads";
import { ApiError } from "./api-error.ts";
import type { FromBodyThread, ToBodyThread } from "./body-protocol.ts";
import { readChatRequest } from "./chat-request.ts";
import { joined } from "./joined.ts";

parentPort?.once("message", ({ body, bounds }: ToBodyThread) => {
  parentPort?.postMessage(answerTo(body, bounds));
});

function answerTo(body: ToBodyThread["body"], bounds: ToBodyThread["bounds"]): FromBodyThread {
  try {
    return { type: "request", request: readChatRequest(joined(body), bounds) };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return { type: "error", fields: error.fields };
  }
}
