import { isUtf8 } from "node:buffer";
import { randomUUID } from "node:crypto";
import { ApiError, badField } from "./api-error.ts";

const quote = 0x22;
const backslash = 0x5c;
const longFrom = 16 * 1024;
/** Bytes outside of all strings: brackets, commas, numbers. Each may be a value, which takes many times its memory. */
const mostStructure = 4 * 1024 * 1024;

/** A string of a JSON text that stays where it is: UTF-8 bytes. */
export interface LongText {
  readonly bytes: Buffer;
}

/** A JSON value whose long strings are `LongText` in place of strings. */
export interface ReadJson {
  readonly value: unknown;
  /** The long text that a string of the value stands for; null where the string is itself. */
  longTextOf(text: string): LongText | null;
  /** True where a long text stands anywhere in a part of the value. */
  hasLongText(part: unknown): boolean;
}

/**
 * Parses JSON whose long strings are never made into JavaScript strings: they are decoded where they lie, so that a body
 * of 512 MB needs no second copy. `bytes` is changed by that and must not be used for anything else afterwards.
 * @param mostRest the most bytes outside of long strings
 * @throws ApiError 400 `invalid_json`, 413 `request_too_large`
 */
export function readJson(bytes: Buffer, mostRest: number): ReadJson {
  if (!isUtf8(bytes)) throw invalidJson("it is not UTF-8");
  const marker = `long text ${randomUUID()} `;
  const texts: LongText[] = [];
  const rest: Buffer[] = [];
  let kept = 0;
  let restBytes = 0;
  let structure = 0;
  let closed = 0;
  const keep = (to: number) => {
    restBytes += to - kept;
    if (restBytes > mostRest) throw tooMuchRest(mostRest);
    rest.push(bytes.subarray(kept, to));
  };
  for (let open = bytes.indexOf(quote); open >= 0; ) {
    structure += open - closed;
    if (structure > mostStructure) throw tooManyValues();
    const close = closingQuote(bytes, open + 1);
    if (close < 0) throw invalidJson("a string has no end");
    if (close - open > longFrom) {
      keep(open + 1);
      rest.push(Buffer.from(`${marker}${texts.length}`));
      texts.push({ bytes: unescaped(bytes.subarray(open + 1, close)) });
      kept = close;
    }
    if (close - kept > mostRest) throw tooMuchRest(mostRest);
    closed = close;
    open = bytes.indexOf(quote, close + 1);
  }
  if (structure + bytes.length - closed > mostStructure) throw tooManyValues();
  keep(bytes.length);
  return {
    value: parse(Buffer.concat(rest)),
    hasLongText: (value) => JSON.stringify(value).includes(marker),
    longTextOf: (text) => (text.startsWith(marker) ? (texts[Number(text.slice(marker.length))] ?? null) : null),
  };
}

function parse(json: Buffer): unknown {
  try {
    return JSON.parse(json.toString("utf8"));
  } catch (error) {
    throw invalidJson(error instanceof Error ? error.message.replace(/long text [\w-]+ \d+/g, "…") : String(error));
  }
}

/** Where a string ends that begins at `from`; -1 where it does not. */
function closingQuote(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf(quote, from); at >= 0; at = bytes.indexOf(quote, at + 1)) {
    let slashes = 0;
    while (at - slashes > from && bytes[at - slashes - 1] === backslash) slashes += 1;
    if (slashes % 2 === 0) return at;
  }
  return -1;
}

const simple: Readonly<Record<number, number>> = {
  [quote]: quote,
  [backslash]: backslash,
  47: 0x2f,
  98: 0x08,
  102: 0x0c,
  110: 0x0a,
  114: 0x0d,
  116: 0x09,
};
const simpleEscapes = Uint8Array.from({ length: 256 }, (_, code) => simple[code] ?? 0);

/**
 * Decodes the escapes of a JSON string in place: the result is never longer. What lies between them is found and moved
 * as a whole, which is several times faster than byte by byte.
 * @returns the part of the bytes that holds the text
 */
function unescaped(bytes: Buffer): Buffer {
  checkControls(bytes);
  let at = 0;
  let end = 0;
  for (;;) {
    const found = bytes.indexOf(backslash, at);
    const next = found < 0 ? bytes.length : found;
    if (end !== at) bytes.copyWithin(end, at, next);
    end += next - at;
    if (found < 0) return bytes.subarray(0, end);
    const plain = simpleEscapes[bytes[next + 1] ?? 0] ?? 0;
    if (plain !== 0) {
      bytes[end] = plain;
      end += 1;
      at = next + 2;
      continue;
    }
    const unit = unitAt(bytes, next);
    const low = isHigh(unit) && bytes[next + 6] === backslash ? unitOrNone(bytes, next + 6) : -1;
    const pair = low >= 0xdc00 && low <= 0xdfff;
    end = writeCode(bytes, end, pair ? ((unit - 0xd800) << 10) + low - 0xdc00 + 0x10000 : unit);
    at = next + (pair ? 12 : 6);
  }
}

/** Those that text has, and NUL, must be escaped. The others would be an error too, but it would take long to see. */
function checkControls(bytes: Buffer): void {
  for (const control of [0x00, 0x09, 0x0a, 0x0d]) {
    if (bytes.includes(control)) throw invalidJson("a string holds a control character");
  }
}

/** The code unit of the escape at `at`. @throws ApiError where there is none */
function unitAt(bytes: Buffer, at: number): number {
  const unit = unitOrNone(bytes, at);
  if (unit < 0) throw invalidJson("a string holds an escape that JSON does not have");
  return unit;
}

function unitOrNone(bytes: Buffer, at: number): number {
  if (bytes[at + 1] !== 0x75 || at + 6 > bytes.length) return -1;
  const digits = bytes.toString("latin1", at + 2, at + 6);
  return /^[\da-f]{4}$/i.test(digits) ? Number.parseInt(digits, 16) : -1;
}

function isHigh(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

/** Writes a character as UTF-8; half a pair and NUL, which no text has, become the replacement character. */
function writeCode(bytes: Buffer, at: number, code: number): number {
  if (code === 0 || (code >= 0xd800 && code <= 0xdfff)) return writeCode(bytes, at, 0xfffd);
  if (code < 0x80) {
    bytes[at] = code;
    return at + 1;
  }
  const tail = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
  const lead = [0, 0xc0, 0xe0, 0xf0][tail] ?? 0;
  bytes[at] = lead | (code >> (6 * tail));
  for (let i = 1; i <= tail; i += 1) bytes[at + i] = 0x80 | ((code >> (6 * (tail - i))) & 0x3f);
  return at + tail + 1;
}

function invalidJson(reason: string) {
  return badField("body", `The body is no JSON: ${reason}.`, "invalid_json");
}

function tooMuchRest(most: number) {
  const message = `The body holds more than ${Math.round(most / 1_048_576)} MB outside of long texts. Put the text into fewer messages.`;
  return new ApiError({ status: 413, code: "request_too_large", param: "messages", message });
}

/** JSON of very many values. */
export function tooManyValues() {
  return badField("body", "The body holds too many values. Put the text into fewer messages.");
}
