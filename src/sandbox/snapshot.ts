const wasmPage = 64 * 1024;

/** Room for the guest's memory beyond its limit: the machine itself, and the pages it grows by. */
const spareBytes = 64 * 1024 * 1024;

/** Pages that a guest's memory may grow to, where the guest itself may use `memoryLimit` bytes of them. */
export function mostPages(memoryLimit: number): number {
  return Math.ceil((memoryLimit + spareBytes) / wasmPage);
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
  /** One after the other, the pages that are not all zeros: most are, as the stack is large and hardly used. */
  readonly bytes: SharedArrayBuffer;
  /** Numbers of 32 bits: the pages that the memory has, how many are in `bytes`, and which these are. */
  readonly index: SharedArrayBuffer;
  readonly layout: string;
}

/** Copies a guest's memory, into the buffers of an earlier snapshot where there is one. */
export function takeSnapshot(
  memory: GuestMemory,
  layout: string,
  memoryLimit: number,
  earlier: Snapshot | null,
): Snapshot {
  const from = Buffer.from(memory.buffer);
  const used = usedPages(from);
  const taken = earlier ?? emptySnapshot(layout, mostPages(memoryLimit));
  if (taken.bytes.byteLength < used.length * wasmPage) taken.bytes.grow(used.length * wasmPage);
  const to = Buffer.from(taken.bytes);
  for (const [i, page] of used.entries()) from.copy(to, i * wasmPage, page * wasmPage, (page + 1) * wasmPage);
  new Int32Array(taken.index).set([from.length / wasmPage, used.length, ...used]);
  return taken;
}

function emptySnapshot(layout: string, pages: number): Snapshot {
  const bytes = new SharedArrayBuffer(0, { maxByteLength: pages * wasmPage });
  return { bytes, index: new SharedArrayBuffer((2 + pages) * 4), layout };
}

const zeros = Buffer.alloc(wasmPage);

/** The numbers of the pages that are not all zeros. */
function usedPages(memory: Buffer): number[] {
  const used: number[] = [];
  for (let page = 0; page < memory.length / wasmPage; page += 1) if (!isZero(memory, page)) used.push(page);
  return used;
}

function isZero(memory: Buffer, page: number): boolean {
  return zeros.compare(memory, page * wasmPage, (page + 1) * wasmPage) === 0;
}

/**
 * Makes a guest's memory the same as a snapshot; pages that were never written to stay so.
 * @returns false where the guest is laid out in another way
 */
export function restoreSnapshot(memory: GuestMemory, layout: string, snapshot: Snapshot): boolean {
  if (layout !== snapshot.layout) return false;
  const index = new Int32Array(snapshot.index);
  const [pages = 0, count = 0] = index;
  const missing = pages - memory.buffer.byteLength / wasmPage;
  if (missing > 0) memory.grow(missing);
  const to = Buffer.from(memory.buffer);
  const from = Buffer.from(snapshot.bytes);
  const held = new Map([...index.subarray(2, 2 + count)].map((page, i) => [page, i]));
  for (let page = 0; page < to.length / wasmPage; page += 1) {
    const at = held.get(page);
    if (at !== undefined) from.copy(to, page * wasmPage, at * wasmPage, (at + 1) * wasmPage);
    else if (!isZero(to, page)) to.fill(0, page * wasmPage, (page + 1) * wasmPage);
  }
  return true;
}
