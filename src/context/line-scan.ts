const newline = 10;

/** Number of line feeds between two byte positions. */
export function countNewlines(buffer: Buffer, from: number, to: number): number {
  const piece = buffer.subarray(from, to);
  let found = 0;
  for (let at = piece.indexOf(newline); at >= 0; at = piece.indexOf(newline, at + 1)) found += 1;
  return found;
}

/** UTF-16 code units of the characters of a UTF-8 text whose first bytes lie between two byte positions. */
export function countUnits(buffer: Buffer, from: number, to: number): number {
  let units = 0;
  for (let at = from; at < to; at += 1) {
    const byte = buffer[at] ?? 0;
    if ((byte & 0xc0) !== 0x80) units += byte >= 0xf0 ? 2 : 1;
  }
  return units;
}
