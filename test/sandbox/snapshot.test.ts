import { expect, test } from "vitest";
import { type GuestMemory, restoreSnapshot, takeSnapshot } from "../../src/sandbox/snapshot.ts";

// The types of Node name the memory, not its constructor.
declare const WebAssembly: { Memory: new (pages: { initial: number; maximum: number }) => GuestMemory };

const page = 64 * 1024;
const limit = 1024 * 1024;

function memoryWith(pages: number, written: Readonly<Record<number, number>>): GuestMemory {
  const memory = new WebAssembly.Memory({ initial: pages, maximum: 64 });
  write(memory, written);
  return memory;
}

function write(memory: GuestMemory, written: Readonly<Record<number, number>>): void {
  for (const [at, value] of Object.entries(written)) new Uint8Array(memory.buffer)[Number(at)] = value;
}

test("a memory is the same again in another machine, whatever that one held", () => {
  const memory = memoryWith(4, { 0: 1, [3 * page - 1]: 2 });
  const snapshot = takeSnapshot(memory, "a", limit, null);
  const other = memoryWith(2, { 5: 9, [page + 7]: 8 });
  expect(restoreSnapshot(other, "a", snapshot)).toBe(true);
  expect(Buffer.from(other.buffer).equals(Buffer.from(memory.buffer))).toBe(true);
});

test("a later snapshot in the same place knows nothing of the earlier one", () => {
  const memory = memoryWith(4, { 0: 1, [page]: 2, [2 * page]: 3 });
  const first = takeSnapshot(memory, "a", limit, null);
  write(memory, { 0: 0, [page]: 0, [2 * page]: 5, [3 * page + 1]: 4 });
  const second = takeSnapshot(memory, "a", limit, first);
  const other = memoryWith(4, { [page]: 7, [3 * page]: 6 });
  expect(restoreSnapshot(other, "a", second)).toBe(true);
  expect(Buffer.from(other.buffer).equals(Buffer.from(memory.buffer))).toBe(true);
});

test("a machine that is laid out in another way takes no snapshot", () => {
  const snapshot = takeSnapshot(memoryWith(1, { 0: 1 }), "a", limit, null);
  const other = memoryWith(1, { 0: 5 });
  expect(restoreSnapshot(other, "b", snapshot)).toBe(false);
  expect(new Uint8Array(other.buffer)[0]).toBe(5);
});
