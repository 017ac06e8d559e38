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
  readonly bytes: SharedArrayBuffer;
  readonly layout: string;
}

/**
 * Copies a guest's memory, into the buffer of an earlier snapshot where there is one.
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
  const bytes = earlier?.bytes ?? new SharedArrayBuffer(from.length, { maxByteLength });
  if (bytes.byteLength < from.length) bytes.grow(from.length);
  new Uint8Array(bytes).set(from);
  return earlier ?? { bytes, layout };
}

/** Puts a snapshot into a new guest's memory. @returns false where the guest is laid out in another way */
export function restoreSnapshot(memory: GuestMemory, layout: string, snapshot: Snapshot): boolean {
  if (layout !== snapshot.layout) return false;
  const missing = snapshot.bytes.byteLength - memory.buffer.byteLength;
  if (missing > 0) memory.grow(missing / wasmPage);
  new Uint8Array(memory.buffer).set(new Uint8Array(snapshot.bytes));
  return true;
}
