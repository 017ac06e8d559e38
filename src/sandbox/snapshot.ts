export const wasmPage = 64 * 1024;

/** Room for the guest's memory beyond its limit: the machine itself, and the pages it grows by. */
const spareBytes = 64 * 1024 * 1024;

/** Bytes that a guest's memory may grow to, where the guest itself may use `memoryLimit` of them. */
export function guestMemoryBytes(memoryLimit: number): number {
  return memoryLimit + spareBytes;
}

/** A `WebAssembly.Memory`; `grow` counts in pages of 64 KiB. */
export interface GuestMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

/**
 * The memory of a guest as it was between two cells, in shared memory, so that it outlives the thread.
 * It holds only in a guest that was set up in the same way, which `layout` tells: the addresses of what the host holds.
 */
export interface Snapshot {
  /** The memory up to its last byte that is not zero, or a little more. */
  readonly bytes: SharedArrayBuffer;
  /** One number: the pages that the memory has. */
  readonly pages: SharedArrayBuffer;
  readonly layout: string;
}

/**
 * Copies a guest's memory, into the buffers of an earlier snapshot where there is one.
 * @returns null where it is larger than a snapshot may be
 */
export function takeSnapshot(
  memory: GuestMemory,
  layout: string,
  memoryLimit: number,
  earlier: Snapshot | null,
): Snapshot | null {
  const from = new Uint8Array(memory.buffer);
  const maxByteLength = guestMemoryBytes(memoryLimit);
  if (from.length > maxByteLength) return null;
  const used = usedBytes(from);
  const bytes = earlier?.bytes ?? new SharedArrayBuffer(used, { maxByteLength });
  const pages = earlier?.pages ?? new SharedArrayBuffer(4);
  if (bytes.byteLength < used) bytes.grow(used);
  const to = new Uint8Array(bytes);
  to.set(from.subarray(0, used));
  to.fill(0, used);
  new Int32Array(pages)[0] = from.length / wasmPage;
  return earlier ?? { bytes, pages, layout };
}

const zeros = Buffer.alloc(wasmPage);

/** How many bytes there are up to the last page that is not all zeros. */
export function usedBytes(memory: Uint8Array): number {
  const view = Buffer.from(memory.buffer, memory.byteOffset, memory.length);
  let end = view.length;
  while (end > 0 && view.subarray(end - wasmPage, end).equals(zeros)) end -= wasmPage;
  return end;
}

/** Puts a snapshot into a new guest's memory. @returns false where the guest is laid out in another way */
export function restoreSnapshot(memory: GuestMemory, layout: string, snapshot: Snapshot): boolean {
  if (layout !== snapshot.layout) return false;
  const missing = (new Int32Array(snapshot.pages)[0] ?? 0) - memory.buffer.byteLength / wasmPage;
  if (missing > 0) memory.grow(missing);
  overwrite(new Uint8Array(memory.buffer), new Uint8Array(snapshot.bytes));
  return true;
}

/** Makes a memory the same as these bytes, with zeros behind them; pages that were never written to stay so. */
export function overwrite(memory: Uint8Array, bytes: Uint8Array): void {
  const used = usedBytes(memory);
  memory.set(bytes);
  if (used > bytes.length) memory.fill(0, bytes.length, used);
}
