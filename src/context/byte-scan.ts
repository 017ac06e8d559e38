import { byteScanProgram } from "./byte-scan-program.ts";

/** What the types of Node leave out. */
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => { readonly exports: ScanExports };
};

interface ScanExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  /** Scans from one address to another. @returns how far it came before its list of places was full */
  scan(at: number, end: number): number;
}

/** What a scan has seen so far of a text, which may come in pieces. Positions are bytes from the start of the text. */
export interface TextScan {
  /** Line feeds. */
  newlines: number;
  /** Where the line under way begins. */
  lineStart: number;
  /** The longest line so far, without its line feed. */
  longestStart: number;
  longestBytes: number;
  ascii: boolean;
  hasReturn: boolean;
  /** Where one of the rare three-byte words may stand, in ascending order; few others are among them. */
  readonly places: number[];
}

// The layout of the program's memory.
const stateAt = 128;
const placesAt = 1_024;
const scratchAt = 131_072;
/** Bytes that the program may look at beyond the end of a text. */
const lookahead = 32;
const pieceBytes = 64 * 1024;

/** Looks at texts once, many bytes at a time: for line ends, other than ASCII, and rare words. One for each thread. */
export class ByteScan {
  /** Texts that lie here need not be copied to be scanned. Behind them must be zeros: see `end`. */
  readonly scratch: Buffer;
  readonly #state: Int32Array;
  readonly #places: Int32Array;
  readonly #scan: ScanExports["scan"];

  /** @param words three ASCII characters each */
  constructor(words: readonly string[]) {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(byteScanProgram, "base64")));
    const { memory, scan } = exports;
    this.scratch = Buffer.from(memory.buffer, scratchAt, memory.buffer.byteLength - scratchAt);
    this.#state = new Int32Array(memory.buffer, stateAt, 7);
    this.#places = new Int32Array(memory.buffer, placesAt, 16_384);
    this.#scan = scan;
    new Uint8Array(memory.buffer, 0, 96).set(tablesOf(words));
  }

  /** Bytes that a text in the scratch memory may have. */
  get capacity(): number {
    return this.scratch.length - lookahead;
  }

  start(): TextScan {
    return {
      newlines: 0,
      lineStart: 0,
      longestStart: 0,
      longestBytes: 0,
      ascii: true,
      hasReturn: false,
      places: [],
    };
  }

  /** Says where a text in the scratch memory ends. */
  end(bytes: number): void {
    this.scratch.fill(0, bytes, bytes + lookahead);
  }

  /** Scans a part of the text in the scratch memory; parts but the last are of a multiple of 16 bytes. */
  scanHere(from: number, to: number, seen: TextScan): void {
    this.#run(from, to, from, seen);
  }

  /** Scans bytes that lie elsewhere, which begin at a position of their text. It overwrites the scratch memory. */
  scanCopy(bytes: Uint8Array, at: number, seen: TextScan): void {
    for (let from = 0; from < bytes.length; from += pieceBytes) {
      const size = Math.min(pieceBytes, bytes.length - from);
      const shown = bytes.subarray(from, from + size + lookahead);
      // What follows the piece is seen as the rest of a word only: its lines are those of the next piece.
      this.scratch.set(shown);
      this.end(shown.length);
      this.#run(0, size, at + from, seen);
    }
  }

  #run(from: number, to: number, at: number, seen: TextScan): void {
    const shift = scratchAt + from - at;
    const state = this.#state;
    const longest = seen.longestBytes;
    state[0] = seen.newlines;
    state[1] = seen.lineStart + shift;
    state[3] = longest;
    state[4] = 0;
    state[5] = 0;
    for (let next = scratchAt + from; next < scratchAt + to; ) {
      next = this.#scan(next, scratchAt + to);
      const found = state[6] ?? 0;
      for (let i = 0; i < found; i += 1) seen.places.push((this.#places[i] ?? 0) - shift);
    }
    seen.newlines = state[0] ?? 0;
    seen.lineStart = (state[1] ?? 0) - shift;
    if (state[3] !== longest) seen.longestStart = (state[2] ?? 0) - shift;
    seen.longestBytes = state[3] ?? 0;
    seen.ascii &&= state[4] === 0;
    seen.hasReturn ||= state[5] !== 0;
  }
}

/** Ends a scan at the end of its text: the last line may have no line feed. @returns the number of lines */
export function endScan(seen: TextScan, bytes: number): number {
  if (bytes - seen.lineStart > seen.longestBytes) {
    seen.longestStart = seen.lineStart;
    seen.longestBytes = bytes - seen.lineStart;
  }
  return seen.newlines + (bytes > seen.lineStart ? 1 : 0);
}

/**
 * For each of three bytes in a row, by its low and by its high half, the groups of words that may have it there: one bit
 * for each of eight groups. Words that are alike share a group, so that few others pass.
 */
function tablesOf(words: readonly string[]): Uint8Array {
  const groups = Array.from({ length: 8 }, () => [0, 0, 0, 0, 0, 0]);
  const costs = groups.map(() => 0);
  for (const word of words) {
    const joined = groups.map((group) => withWord(group, word));
    const joinedCosts = joined.map(looseness);
    const added = joinedCosts.map((cost, i) => cost - (costs[i] ?? 0));
    const best = added.indexOf(Math.min(...added));
    groups[best] = joined[best] ?? [];
    costs[best] = joinedCosts[best] ?? 0;
  }
  return Uint8Array.from({ length: 96 }, (_, at) =>
    groups.reduce((bits, group, bit) => bits | ((((group[at >> 4] ?? 0) >> (at & 15)) & 1) << bit), 0),
  );
}

/** A group is six sets of half bytes, as bits: of each of three bytes the low and the high half. */
function withWord(group: readonly number[], word: string): number[] {
  return group.map((set, i) => set | (1 << ((word.charCodeAt(i >> 1) >> ((i & 1) * 4)) & 15)));
}

/** How often about a group lets three bytes of ordinary text pass. */
function looseness(group: readonly number[]): number {
  const [low0 = 0, high0 = 0, low1 = 0, high1 = 0, low2 = 0, high2 = 0] = group;
  return frequency(low0, high0) * frequency(low1, high1) * frequency(low2, high2);
}

/** How often about a byte of ordinary text has its halves in two sets. */
function frequency(low: number, high: number): number {
  let sum = 0;
  for (let h = 0; h < 8; h += 1) {
    if (((high >> h) & 1) === 0) continue;
    for (let l = 0; l < 16; l += 1) if ((low >> l) & 1) sum += weightOf(h * 16 + l);
  }
  return sum;
}

function weightOf(byte: number): number {
  if (byte === 0x20) return 12;
  if (byte >= 0x61 && byte <= 0x7a) return 4;
  return byte > 0x20 ? 1 : 0.1;
}
