import { isUtf8 } from "node:buffer";

/**
 * `utf8Bom` is UTF-8 behind a byte order mark, `utf8Broken` UTF-8 with a few bytes that are none, as where it was cut.
 * `macLines` is UTF-8 whose lines end in carriage returns alone.
 */
export type Encoding = "utf8" | "utf8Bom" | "utf8Broken" | "macLines" | "utf16le" | "utf16be" | "latin1" | "binary";

/** Those of a text that is written anew, as UTF-8 with line feeds. */
type OtherEncoding = Exclude<Encoding, "utf8" | "binary">;

const sniffed = 8 * 1024;
const mostLatin1 = 64 * 1024 * 1024;

/** Tells how bytes encode a text, or that they are none. */
export function encodingOf(bytes: Buffer): Encoding {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return isUtf8(bytes) ? "utf8Bom" : "utf8Broken";
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return ifText(bytes.subarray(2), "utf16le");
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return ifText(bytes.subarray(2), "utf16be");
  const head = bytes.subarray(0, sniffed);
  if (head.includes(0)) return withoutMark(head);
  if (isUtf8(bytes)) return "utf8";
  if (controls(head) * 50 > head.length) return "binary";
  return mostlyUtf8(bytes) ? "utf8Broken" : "latin1";
}

/** The text of bytes in another encoding, as UTF-8 with line feeds. */
export function toUtf8(bytes: Buffer, encoding: OtherEncoding): Buffer {
  if (encoding === "utf8Bom") return Buffer.from(bytes.subarray(3));
  return Buffer.from(decoded(bytes, encoding));
}

function decoded(bytes: Buffer, encoding: OtherEncoding): string {
  if (encoding === "utf16le" || encoding === "utf16be") {
    const marked = (bytes[0] ?? 0) >= 0xfe && (bytes[1] ?? 0) >= 0xfe;
    return utf16(bytes.subarray(marked ? 2 : 0), encoding).toWellFormed();
  }
  if (encoding === "macLines") return bytes.toString("utf8").replaceAll("\r", "\n");
  if (encoding === "utf8Broken") return bytes.toString("utf8").replace(/^\uFEFF/, "");
  // Latin-1 as browsers take it: with the quotes and dashes of Windows where it has control characters.
  return new TextDecoder("windows-1252").decode(bytes);
}

function utf16(bytes: Buffer, encoding: "utf16le" | "utf16be"): string {
  const units = Buffer.from(bytes.subarray(0, bytes.length - (bytes.length % 2)));
  return (encoding === "utf16be" ? units.swap16() : units).toString("utf16le");
}

/** UTF-16 without a mark: of Western text every other byte is zero. */
function withoutMark(head: Buffer): Encoding {
  const zeros = [0, 0];
  head.forEach((byte, i) => {
    if (byte === 0) zeros[i % 2] = (zeros[i % 2] ?? 0) + 1;
  });
  const [even = 0, odd = 0] = zeros;
  const most = Math.max(even, odd);
  if (head.length < 4 || Math.min(even, odd) * 10 > most || most * 2 < head.length * 0.7) return "binary";
  return ifText(head, even > odd ? "utf16be" : "utf16le");
}

/** Binary data may begin as UTF-16 does, but it is no text then. */
function ifText(bytes: Buffer, encoding: "utf16le" | "utf16be"): Encoding {
  const text = utf16(bytes.subarray(0, sniffed), encoding);
  const strange = controls(Uint16Array.from(text, (char) => char.charCodeAt(0)));
  return text.includes("\0") || strange * 50 > text.length ? "binary" : encoding;
}

/** True where bytes that are no UTF-8 are few beside characters that are. */
function mostlyUtf8(bytes: Buffer): boolean {
  const text = bytes.subarray(0, mostLatin1).toString("utf8");
  const broken = text.split("\ufffd").length - 1;
  const good = text.match(/[\u0080-\ufffc]/g)?.length ?? 0;
  return good > broken * 4;
}

/** Bytes or units that no text has: control characters other than tab, line ends, form feed, backspace and escape. */
function controls(bytes: Iterable<number>): number {
  let found = 0;
  for (const byte of bytes) if (byte < 32 && !(byte >= 8 && byte <= 13) && byte !== 27) found += 1;
  return found;
}
