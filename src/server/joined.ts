import type { Body } from "./receive-body.ts";

/** The pieces of a body as one; a single one as it is. */
export function joined(body: Body): Buffer {
  const [only] = body;
  if (only && body.length === 1) return Buffer.from(only.buffer, only.byteOffset, only.length);
  const whole = Buffer.allocUnsafeSlow(body.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of body) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
