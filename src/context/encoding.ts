import { isUtf8 } from "node:buffer";

/** `utf8Bom` is UTF-8 behind a byte order mark. */
export type Encoding = "utf8" | "utf8Bom" | "utf16le" | "utf16be" | "latin1" | "binary";

const sniffed = 8 * 1024;

/** Tells how bytes encode a text, or that they are none. */
export function encodingOf(bytes: Buffer): Encoding {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return isUtf8(bytes) ? "utf8Bom" : "latin1";
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf16le";
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return "utf16be";
  const head = bytes.subarray(0, sniffed);
  if (head.includes(0)) return "binary";
  if (isUtf8(bytes)) return "utf8";
  return controls(head) * 50 > head.length ? "binary" : "latin1";
}

/** The text of bytes that are not UTF-8, as UTF-8. */
export function toUtf8(bytes: Buffer, encoding: "utf16le" | "utf16be" | "latin1"): Buffer {
  if (encoding === "latin1") return Buffer.from(bytes.toString("latin1"));
  const units = Buffer.from(bytes.subarray(2, bytes.length - (bytes.length % 2)));
  if (encoding === "utf16be") units.swap16();
  return Buffer.from(units.toString("utf16le"));
}

/** Bytes that no text has: control characters other than tab, line ends, form feed, backspace and escape. */
function controls(bytes: Buffer): number {
  let found = 0;
  for (const byte of bytes) if (byte < 32 && !(byte >= 8 && byte <= 13) && byte !== 27) found += 1;
  return found;
}
