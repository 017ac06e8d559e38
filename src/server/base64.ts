const comma = 0x2c;
const pieceChars = 4 * 256 * 1024;

/**
 * Decodes base64, or the data of a base64 data URL, where it lies: `encoded` is changed by that.
 * @returns the bytes; null where it is something else
 */
export function decodeBase64(encoded: Buffer): Buffer | null {
  const start = dataStart(encoded);
  if (start < 0) return null;
  let end = start;
  for (let at = start; at < encoded.length; at += pieceChars) {
    const piece = encoded.toString("latin1", at, Math.min(encoded.length, at + pieceChars));
    const isLast = at + pieceChars >= encoded.length;
    if (!(isLast ? /^[\w+/-]*={0,2}$/ : /^[\w+/-]*$/).test(piece)) return null;
    end += encoded.write(piece, end, "base64");
  }
  return encoded.subarray(start, end);
}

function dataStart(encoded: Buffer): number {
  if (encoded.toString("latin1", 0, 5) !== "data:") return 0;
  const head = encoded.subarray(0, 1_000);
  const end = head.indexOf(comma);
  return end > 0 && head.toString("latin1", 0, end).endsWith(";base64") ? end + 1 : -1;
}
