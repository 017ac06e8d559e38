import type { IncomingMessage, ServerResponse } from "node:http";
import { ApiError } from "./api-error.ts";
import type { BodyRoom } from "./body-memory.ts";

/** Where the pieces of a body go. */
export interface BodyTaker {
  /** Takes a piece over: it must not be used any more by whoever gives it. */
  add(piece: Buffer): void;
}

/** The length that a request states; null where it states none. @throws ApiError 413 where that is too much */
export function statedLength(request: IncomingMessage, most: number): number | null {
  const length = request.headers["content-length"];
  if (length === undefined) return null;
  if (Number(length) > most) throw tooLarge(most);
  return Number(length);
}

/**
 * Receives the body of a request and hands its pieces on.
 * @param most bytes
 * @throws ApiError 413, 429; 400 where the client breaks off
 */
export async function receiveBody(
  request: IncomingMessage,
  response: ServerResponse,
  most: number,
  room: BodyRoom,
  taker: BodyTaker,
): Promise<void> {
  const length = statedLength(request, most);
  if (length !== null) room.take(length);
  if (request.headers.expect?.toLowerCase() === "100-continue") response.writeContinue();
  let received = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      received += chunk.length;
      if (received > most) throw tooLarge(most);
      if (length === null) room.take(chunk.length);
      taker.add(chunk);
    }
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw new ApiError({ status: 400, code: "incomplete_body", param: "body", message: "The body broke off." });
  }
}

function tooLarge(most: number): ApiError {
  const message = `The body is larger than ${Math.floor(most / 1_048_576)} MB. Send less text.`;
  return new ApiError({ status: 413, code: "request_too_large", param: "body", message });
}
