import type { IncomingMessage, ServerResponse } from "node:http";
import { ApiError } from "./api-error.ts";
import type { BodyRoom } from "./body-memory.ts";

/** The pieces of a body in order, each in memory of its own, which another thread can take over. */
export type Body = readonly Uint8Array<ArrayBuffer>[];

const firstPiece = 64 * 1024;
const largestPiece = 64 * 1024 * 1024;

/** The length that a request states; null where it states none. @throws ApiError 413 where that is too much */
export function statedLength(request: IncomingMessage, most: number): number | null {
  const length = request.headers["content-length"];
  if (length === undefined) return null;
  if (Number(length) > most) throw tooLarge(most);
  return Number(length);
}

/**
 * Receives the body of a request.
 * @param most bytes
 * @throws ApiError 413, 429; 400 where the client breaks off
 */
export async function receiveBody(
  request: IncomingMessage,
  response: ServerResponse,
  most: number,
  room: BodyRoom,
): Promise<Body> {
  const length = statedLength(request, most);
  if (length !== null) room.take(length);
  if (request.headers.expect?.toLowerCase() === "100-continue") response.writeContinue();
  const pieces = new Pieces(length);
  let received = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      received += chunk.length;
      if (received > most) throw tooLarge(most);
      if (length === null) room.take(chunk.length);
      pieces.add(chunk);
    }
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw new ApiError({ status: 400, code: "incomplete_body", param: "body", message: "The body broke off." });
  }
  return pieces.taken();
}

class Pieces {
  readonly #full: Uint8Array<ArrayBuffer>[] = [];
  #piece: Uint8Array<ArrayBuffer>;
  #used = 0;

  /** @param length bytes, where it is known */
  constructor(length: number | null) {
    this.#piece = new Uint8Array(length ?? firstPiece);
  }

  add(chunk: Buffer): void {
    for (let from = 0; from < chunk.length; ) {
      if (this.#used === this.#piece.length) this.#grow();
      const part = chunk.subarray(from, from + this.#piece.length - this.#used);
      this.#piece.set(part, this.#used);
      this.#used += part.length;
      from += part.length;
    }
  }

  taken(): Body {
    return [...this.#full, this.#piece.subarray(0, this.#used)];
  }

  #grow(): void {
    this.#full.push(this.#piece);
    this.#piece = new Uint8Array(Math.min(largestPiece, Math.max(firstPiece, this.#used * 2)));
    this.#used = 0;
  }
}

function tooLarge(most: number): ApiError {
  const message = `The body is larger than ${Math.floor(most / 1_048_576)} MB. Send less text.`;
  return new ApiError({ status: 413, code: "request_too_large", param: "body", message });
}
