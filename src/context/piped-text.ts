import { closeSync, constants, fstatSync, openSync, type Stats, statSync } from "node:fs";
import { Socket } from "node:net";
import type { Readable } from "node:stream";
import { CancelledError, type CancelSignal } from "../rlm/cancel.ts";
import { ContextError } from "./context-error.ts";
import { shownPath } from "./shown-path.ts";

const mostBytes = 1024 * 1024 * 1024;
const stdin = /^\/(?:dev\/stdin|dev\/fd\/0|proc\/self\/fd\/0)$/;

/**
 * What to do about the file of a text: null where it is an ordinary file, or there is none; a pipe as a stream that never
 * blocks, also while nobody writes into it.
 * @throws ContextError for devices, sockets and their like
 */
export function openPipe(name: string, file: string): Readable | null {
  const stats = statSync(file, { throwIfNoEntry: false });
  if (!stats || stats.isFile() || stats.isDirectory()) return null;
  if (stdin.test(file)) return process.stdin;
  if (!stats.isFIFO())
    throw new ContextError("unreadable", `"${shownPath(name)}" is ${specialKind(stats)}, not a text.`);
  const handle = openSync(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  if (fstatSync(handle).isFIFO()) return new Socket({ fd: handle, readable: true, writable: false });
  closeSync(handle);
  return null;
}

/** What comes out of a pipe until its writer ends. @throws CancelledError, ContextError */
export async function readPipe(name: string, pipe: Readable, signal: CancelSignal): Promise<Buffer> {
  const cancel = () => pipe.destroy(new CancelledError());
  signal.addEventListener("abort", cancel, { once: true });
  const pieces: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const piece of pipe) {
      pieces.push(piece);
      bytes += piece.length;
      if (bytes > mostBytes)
        throw new ContextError("too-large", `"${shownPath(name)}" gives more than 1 GB: save it to a file.`);
    }
  } catch (error) {
    if (error instanceof CancelledError || error instanceof ContextError) throw error;
    throw new ContextError(
      "unreadable",
      `"${shownPath(name)}" can't be read: ${error instanceof Error ? error.message : error}.`,
    );
  } finally {
    signal.removeEventListener("abort", cancel);
    pipe.destroy();
  }
  return Buffer.concat(pieces);
}

/** What a file is that is neither an ordinary file nor a folder, for messages. */
export function specialKind(stats: Stats): string {
  if (stats.isFIFO()) return "a named pipe";
  if (stats.isSocket()) return "a socket";
  return "a device";
}
