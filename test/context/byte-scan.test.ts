import { readFileSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import wabt from "wabt";
import { ByteScan, endScan } from "../../src/context/byte-scan.ts";
import { byteScanProgram } from "../../src/context/byte-scan-program.ts";

const words = ["AKI", "xox", "://", "hp_"];

/** The same, one byte at a time. */
function slowly(bytes: Buffer) {
  const lines = bytes.toString("latin1").split("\n");
  const places = [...bytes.keys()].filter((at) => words.includes(bytes.toString("latin1", at, at + 3)));
  return {
    lines: lines.length - (lines.at(-1) === "" ? 1 : 0),
    longest: Math.max(...lines.map((line) => line.length)),
    ascii: bytes.every((byte) => byte < 128),
    hasReturn: bytes.includes(13),
    places,
  };
}

function told(scan: ByteScan, bytes: Buffer, look: (seen: ReturnType<ByteScan["start"]>) => void) {
  const seen = scan.start();
  look(seen);
  const lines = endScan(seen, bytes.length);
  const { longestBytes: longest, longestStart, ascii, hasReturn } = seen;
  expect(bytes.subarray(longestStart, longestStart + longest).includes(10)).toBe(false);
  // Others that only look like the words may be among the places.
  const places = seen.places.filter((at) => words.includes(bytes.toString("latin1", at, at + 3)));
  return { lines, longest, ascii, hasReturn, places };
}

const piece = fc.constantFrom("a", "\n", "\r\n", "\r", "é", "AKI", "xo", "x", ":", "//", "hp_", "\0", "line of text ");
const text = fc.string({ unit: piece, maxLength: 400 }).map((drawn) => Buffer.from(drawn));

test("the program is that of its source", async () => {
  const file = path.join(import.meta.dirname, "../../src/context/byte-scan.wat");
  const module = (await wabt()).parseWat(file, readFileSync(file, "utf8"), { simd: true });
  expect(Buffer.from(module.toBinary({}).buffer).toString("base64")).toBe(byteScanProgram);
});

test("lines, their longest, ASCII, carriage returns and rare words are seen as byte by byte", () => {
  const scan = new ByteScan(words);
  fc.assert(
    fc.property(text, (bytes) => {
      const here = told(scan, bytes, (seen) => {
        scan.scratch.set(bytes);
        scan.end(bytes.length);
        scan.scanHere(0, bytes.length, seen);
      });
      const copied = told(scan, bytes, (seen) => scan.scanCopy(bytes, 0, seen));
      expect(here).toEqual(slowly(bytes));
      expect(copied).toEqual(slowly(bytes));
    }),
    { numRuns: 300, seed: 3 },
  );
});

test("a text of many pieces is seen as a whole, words across their ends too", () => {
  const scan = new ByteScan(words);
  const bytes = Buffer.alloc(300_000, "lorem ipsum ");
  for (const edge of [65_536, 131_072, 196_608]) bytes.write("AKI", edge - 1 - (edge % 3));
  for (let at = 0; at < bytes.length; at += 997) bytes[at] = 10;
  expect(told(scan, bytes, (seen) => scan.scanCopy(bytes, 0, seen))).toEqual(slowly(bytes));
});

test("more rare words than fit the list at once are all told", () => {
  const scan = new ByteScan(words);
  const bytes = Buffer.alloc(60_000, "AKI");
  scan.scratch.set(bytes);
  scan.end(bytes.length);
  expect(told(scan, bytes, (seen) => scan.scanHere(0, bytes.length, seen)).places).toHaveLength(20_000);
});
