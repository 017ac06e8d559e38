/** Finds secrets inside texts and writes placeholders of the same length over them, so that no line or offset moves. */

interface SecretKind {
  /** What is looked for first, because a plain byte search is ten times faster than a regular expression. */
  readonly needle: Buffer;
  /** How the secret begins, before the needle. */
  readonly prefix: Buffer;
  /** The whole secret, at its first byte. */
  readonly pattern: RegExp;
  readonly placeholder: string;
  readonly accept?: (secret: string) => boolean;
}

const longestSecret = 8 * 1024;
/** A key block is looked at no further than this; a text given in pieces must overlap by as much. */
export const secretOverlap = 32 * 1024;

function kind(needle: string, pattern: RegExp, placeholder: string, rest: Partial<SecretKind> = {}): SecretKind {
  return { needle: Buffer.from(needle), prefix: Buffer.alloc(0), pattern, placeholder, ...rest };
}

const github = /gh[pousr]_[A-Za-z0-9]{30,}/y;
const aws = /(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Z0-9])/y;

const kinds: readonly SecretKind[] = [
  kind("AKIA", aws, "[masked AWS key]"),
  kind("ASIA", aws, "[masked AWS key]"),
  kind("AIza", /AIza[A-Za-z0-9_-]{35}/y, "[masked Google key]"),
  kind("xox", /xox[abeoprs]-[A-Za-z0-9-]{10,}/y, "[masked Slack token]"),
  // Names of CSS classes look like keys: words of letters with hyphens between them.
  // The rarest letters of a beginning are looked for: `k-`, `J`.
  kind("k-", /sk-[A-Za-z0-9_-]{20,}/y, "[masked API key]", {
    prefix: Buffer.from("s"),
    accept: (secret) => !/^sk(?:-[a-z]{1,19})+$/.test(secret),
  }),
  kind("github_pat_", /github_pat_[A-Za-z0-9_]{40,}/y, "[masked GitHub token]"),
  kind("J", /eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}/y, "[masked JWT]", {
    prefix: Buffer.from("ey"),
  }),
];

const awsSecretKey = /(secret_?access_?key["']?\s*[:=]\s*["']?)([A-Za-z0-9/+=]{40})(?![A-Za-z0-9/+=])/gi;
const keyBlock =
  /(-----BEGIN ([A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?)-----)(?:([^\0]*?)(?=-----END \2-----)|((?:[\s"'+,\\nr]*[A-Za-z0-9+/=]{16,})*))/y;
const keyBegin = Buffer.from("-----BEGIN");
const githubBegin = Buffer.from("gh");
const underscore = 0x5f;

/**
 * Masks the secrets between two byte positions of a UTF-8 text in place.
 * @param startsBefore secrets that begin at or after this position are left to the next piece of the text
 * @returns how many there were
 */
export function maskSecrets(buffer: Buffer, from: number, to: number, startsBefore = to): number {
  const text = buffer.subarray(from, to);
  const limit = startsBefore - from;
  let found = 0;
  for (const secret of kinds) found += maskKind(text, secret, limit);
  found += maskGithub(text, limit) + maskKeyBlocks(text, limit);
  if (found > 0) found += maskAwsSecretKeys(text);
  return found;
}

function maskKind(text: Buffer, { needle, prefix, pattern, placeholder, accept }: SecretKind, limit: number): number {
  let found = 0;
  for (let hit = text.indexOf(needle); hit >= 0 && hit - prefix.length < limit; hit = text.indexOf(needle, hit + 1)) {
    const start = hit - prefix.length;
    if (start < 0 || prefix.some((byte, i) => text[start + i] !== byte) || isWordByte(text[start - 1])) continue;
    const secret = matchAt(text, start, pattern);
    if (secret === null || accept?.(secret) === false) continue;
    overwrite(text, start, secret.length, placeholder);
    found += 1;
  }
  return found;
}

function maskGithub(text: Buffer, limit: number): number {
  let found = 0;
  for (let hit = text.indexOf(githubBegin); hit >= 0 && hit < limit; hit = text.indexOf(githubBegin, hit + 1)) {
    if (text[hit + 3] !== underscore || isWordByte(text[hit - 1])) continue;
    const secret = matchAt(text, hit, github);
    if (secret === null) continue;
    overwrite(text, hit, secret.length, "[masked GitHub token]");
    found += 1;
  }
  return found;
}

function maskKeyBlocks(text: Buffer, limit: number): number {
  let found = 0;
  for (let hit = text.indexOf(keyBegin); hit >= 0 && hit < limit; hit = text.indexOf(keyBegin, hit + 1)) {
    keyBlock.lastIndex = 0;
    const match = keyBlock.exec(text.toString("latin1", hit, Math.min(text.length, hit + secretOverlap)));
    const body = match?.[3] ?? match?.[4] ?? "";
    if (!/[A-Za-z0-9+/=]{16}/.test(body)) continue;
    const start = hit + (match?.[1] ?? "").length;
    for (let at = start; at < start + body.length; at += 1) if (text[at] !== 10 && text[at] !== 13) text[at] = 0x2a;
    found += 1;
  }
  return found;
}

/** The secret half of an AWS key has no mark of its own; it is looked for where other secrets were found. */
function maskAwsSecretKeys(text: Buffer): number {
  let found = 0;
  const piece = 1024 * 1024;
  for (let at = 0; at < text.length; at += piece) {
    const part = text.toString("latin1", at, Math.min(text.length, at + piece + 256));
    for (const match of part.matchAll(awsSecretKey)) {
      overwrite(text, at + match.index + (match[1] ?? "").length, 40, "[masked AWS secret key]");
      found += 1;
    }
  }
  return found;
}

function matchAt(text: Buffer, start: number, pattern: RegExp): string | null {
  pattern.lastIndex = 0;
  return pattern.exec(text.toString("latin1", start, Math.min(text.length, start + longestSecret)))?.[0] ?? null;
}

function overwrite(text: Buffer, start: number, length: number, placeholder: string): void {
  const label = placeholder.length <= length ? placeholder : "[masked]";
  text.write(label.padEnd(length, "*").slice(0, length), start, "latin1");
}

function isWordByte(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  const lower = byte | 0x20;
  return (lower >= 0x61 && lower <= 0x7a) || (byte >= 0x30 && byte <= 0x39) || byte === underscore;
}
