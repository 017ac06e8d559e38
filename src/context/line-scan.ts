const newline = 10;

/** What a scan has seen so far; a text may be scanned piece by piece. */
export interface LineScan {
  /** Line feeds. */
  newlines: number;
  /** Where the line under way begins, in bytes from the start of the segment. */
  lineStart: number;
  /** The longest line so far: its first byte and its length in bytes, without the line feed. */
  longestStart: number;
  longestBytes: number;
}

export function startScan(from: number): LineScan {
  return { newlines: 0, lineStart: from, longestStart: from, longestBytes: 0 };
}

/** Counts the line feeds between two byte positions and remembers the longest line. */
export function scanLines(buffer: Buffer, from: number, to: number, scan: LineScan): void {
  const piece = buffer.subarray(from, to);
  let { newlines, longestStart, longestBytes } = scan;
  let start = scan.lineStart - from;
  for (let at = piece.indexOf(newline); at >= 0; at = piece.indexOf(newline, start)) {
    if (at - start > longestBytes) {
      longestBytes = at - start;
      longestStart = start + from;
    }
    newlines += 1;
    start = at + 1;
  }
  scan.newlines = newlines;
  scan.lineStart = start + from;
  scan.longestStart = longestStart;
  scan.longestBytes = longestBytes;
}

/** Ends a scan at the end of its text: the last line may have no line feed. @returns the number of lines */
export function endScan(scan: LineScan, to: number): number {
  if (to - scan.lineStart > scan.longestBytes) {
    scan.longestStart = scan.lineStart;
    scan.longestBytes = to - scan.lineStart;
  }
  return scan.newlines + (to > scan.lineStart ? 1 : 0);
}

/** Number of line feeds between two byte positions. */
export function countNewlines(buffer: Buffer, from: number, to: number): number {
  const scan = startScan(from);
  scanLines(buffer, from, to, scan);
  return scan.newlines;
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
