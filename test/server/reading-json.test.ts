import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeBase64 } from "../../src/server/base64.ts";
import { type ReadJson, readJson } from "../../src/server/json-texts.ts";

const mostRest = 1_000_000;
const pad = "p".repeat(16 * 1024);

/** The value with its long texts put back, as JSON.parse has it. */
function whole({ value, longTextOf }: ReadJson): unknown {
  const put = (part: unknown): unknown => {
    if (typeof part === "string") return longTextOf(part)?.bytes.toString("utf8") ?? part;
    if (Array.isArray(part)) return part.map(put);
    if (typeof part !== "object" || part === null) return part;
    return Object.fromEntries(Object.entries(part).map(([key, field]) => [key, put(field)]));
  };
  return put(value);
}

/** Text as it may stand in JSON, short or long; half pairs and NUL become what no text holds, so they are left out. */
const some = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: fc.constantFrom('"', "\\", "/", "u", "n", "\n", "\b", "\u2028", "é", "€", "😀", "{", ",") }),
);
const text = fc
  .tuple(some, fc.boolean(), fc.boolean())
  .map(([middle, front, back]) => (front ? pad : "") + middle.replaceAll("\0", "") + (back ? pad : ""));

test("any JSON is read as JSON.parse does, however long its texts are and however they are escaped", () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ a: text, b: fc.tuple(text, fc.double({ noNaN: true })) })),
      fc.boolean(),
      (value, ascii) => {
        const json = JSON.stringify(value);
        const escaped = ascii
          ? json.replace(/[^ -~]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`)
          : json;
        expect(whole(readJson(Buffer.from(escaped), mostRest))).toEqual(JSON.parse(json));
      },
    ),
    { numRuns: 300 },
  );
});

test("every escape of a long text is read, half a pair and NUL as the replacement character", () => {
  const json = `["${pad}\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\u20ac\\ud83d\\ude00\\ud83dx\\ude00\\u0000\\ud83d\\n"]`;
  expect(whole(readJson(Buffer.from(json), mostRest))).toEqual([`${pad}"\\/\b\f\n\r\té€😀\ufffdx\ufffd\ufffd\ufffd\n`]);
});

test("a text that looks like a long one's stand-in is itself", () => {
  const read = readJson(Buffer.from(JSON.stringify([pad, "long text 0"])), mostRest);
  expect(whole(read)).toEqual([pad, "long text 0"]);
});

test("too much beside long texts is refused", () => {
  const json = JSON.stringify(Array.from({ length: 100 }, (_, i) => `short ${i}`));
  expect(() => readJson(Buffer.from(json), 500)).toThrow(expect.objectContaining({ code: "request_too_large" }));
});

test("base64 of any length is decoded, with the head of a data URL or without", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (bytes, isUrl) => {
      const encoded = Buffer.from(bytes).toString("base64");
      const given = Buffer.from(isUrl ? `data:text/plain;charset=utf-8;base64,${encoded}` : encoded);
      expect(decodeBase64(given)).toEqual(Buffer.from(bytes));
    }),
  );
  const large = Buffer.alloc(3_000_000, "some text that is long, ");
  expect(decodeBase64(Buffer.from(large.toString("base64")))?.equals(large)).toBe(true);
  expect(decodeBase64(Buffer.from("data:text/plain,hello"))).toBeNull();
  expect(decodeBase64(Buffer.from("a b!"))).toBeNull();
});
