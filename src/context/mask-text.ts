import { ByteScan } from "./byte-scan.ts";
import { maskSecrets, secretWords } from "./secret-text.ts";

/** A text in which what looks like a secret is masked, as in the files that are collected. */
export function maskText(text: string): string {
  const bytes = Buffer.from(text);
  const scan = new ByteScan(secretWords);
  const seen = scan.start();
  scan.scanCopy(bytes, 0, seen);
  return maskSecrets(bytes, seen.places) > 0 ? bytes.toString("utf8") : text;
}
