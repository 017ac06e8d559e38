/** Finds secrets inside texts and writes placeholders of the same length over them, so that no line or offset moves. */

interface SecretKind {
  /** Three letters of every such secret: they are looked for first, because that is far faster than the pattern. */
  readonly words: readonly string[];
  /** Bytes between the start of the match and the word. */
  readonly before: number;
  /** What is matched, from its first byte; group 1 is the secret where there is one, else all of it. */
  readonly pattern: RegExp;
  readonly placeholder: string;
  /** Nothing of a word may stand right before it. */
  readonly alone: boolean;
  /** Bytes that are looked at. */
  readonly reach: number;
  /** The secret goes over several lines, whose ends are kept. */
  readonly lines: boolean;
  readonly accept: (secret: string, text: Buffer, start: number, end: number) => boolean;
}

/** A key block is looked at no further than this; a text given in pieces must overlap by as much. */
export const secretOverlap = 32 * 1024;

/** @param marked the beginning of the match, with its word of three letters in braces */
function kind(
  marked: string | readonly string[],
  pattern: RegExp,
  placeholder: string,
  rest: Partial<SecretKind> = {},
): SecretKind {
  const all = typeof marked === "string" ? [marked] : marked;
  return {
    words: all.map((one) => /\{(...)\}/.exec(one)?.[1] ?? ""),
    before: all[0]?.indexOf("{") ?? 0,
    pattern,
    placeholder,
    alone: true,
    reach: 512,
    lines: false,
    accept: () => true,
    ...rest,
  };
}

const hasDigit = (secret: string) => /\d/.test(secret);
const isMixed = (secret: string) => hasDigit(secret) && /[A-Z]/.test(secret) && /[a-z]/.test(secret);
const inside = { alone: false } as const;

/** Words that stand for a password in examples, and the beginnings of what a program puts in. */
const noPassword =
  /^(?:[$%].*|\.{2,}|x+|(?:my|your)?[-_]?(?:pass(?:word|wd|phrase)?|pwd?|secret|token|(?:api_?)?key|user(?:name)?))$/i;
const exampleHost = /^@(?:[\w-]+\.)*example(?:\.(?:com|org|net))?(?![\w.-])/i;

const kinds: readonly SecretKind[] = [
  kind(["{AKI}A", "{ASI}A"], /(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Z0-9])/y, "[masked AWS key]"),
  kind("{AIz}a", /AIza[A-Za-z0-9_-]{35}/y, "[masked Google key]"),
  kind("{xox}", /xox[abeoprs]-[A-Za-z0-9-]{10,}/y, "[masked Slack token]"),
  kind("{xap}p", /xapp-\d-[A-Za-z0-9-]{20,}/y, "[masked Slack token]"),
  kind(
    "hooks.sla{ck.}",
    /hooks\.slack\.com\\?\/services\\?\/(T[A-Z0-9]{6,}\\?\/B[A-Z0-9]{6,}\\?\/[A-Za-z0-9]{16,})/y,
    "[masked Slack webhook]",
    { ...inside, accept: (secret) => !/X{8}|0{8}\\?\/B0{8}/.test(secret) },
  ),
  // Names of CSS classes look like keys: words of letters with hyphens between them. So do those of SSH algorithms.
  kind("{sk-}", /sk-[A-Za-z0-9_-]{20,}/y, "[masked API key]", {
    accept: (secret) => !/^sk(?:-[a-z]{1,19})+$|^sk-(?:ssh|ecdsa)-/.test(secret),
  }),
  kind("s{k_l}ive_", /[sr]k_live_[A-Za-z0-9]{16,}/y, "[masked Stripe key]"),
  kind(["g{hp_}", "g{ho_}", "g{hu_}", "g{hs_}", "g{hr_}"], /gh[pousr]_[A-Za-z0-9]{30,}/y, "[masked GitHub token]"),
  kind("github{_pa}t_", /github_pat_[A-Za-z0-9_]{40,}/y, "[masked GitHub token]"),
  kind("g{lpa}t-", /glpat-[A-Za-z0-9_-]{20,}/y, "[masked GitLab token]"),
  kind("n{pm_}", /npm_[A-Za-z0-9]{36}(?![A-Za-z0-9_])/y, "[masked npm token]", { accept: hasDigit }),
  kind("{hf_}", /hf_[A-Za-z0-9]{30,}(?![A-Za-z0-9_])/y, "[masked Hugging Face token]", {
    accept: (secret) => /[A-Z]/.test(secret) && /[a-z]/.test(secret.slice(3)),
  }),
  kind("{SG.}", /SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{32,64}/y, "[masked SendGrid key]"),
  kind("py{pi-}", /pypi-[A-Za-z0-9_-]{32,}/y, "[masked PyPI token]", { accept: isMixed }),
  kind("dop_{v1_}", /do[opr]_v1_[a-f0-9]{32,}/y, "[masked DigitalOcean token]"),
  kind(
    [..."0123456789abcdef"].map((digit) => `{SK${digit}}`),
    /SK[0-9a-f]{32}(?![0-9A-Za-z_])/y,
    "[masked Twilio key]",
  ),
  kind(
    "TWI{LIO}_AUTH_TOKEN",
    /TWILIO_AUTH_TOKEN["']?\s*[:=]\s*["']?([0-9a-f]{32})(?![0-9a-f])/y,
    "[masked Twilio token]",
    {
      ...inside,
    },
  ),
  kind("Accoun{tKe}y=", /AccountKey=([A-Za-z0-9+/]{40,}={0,2})/y, "[masked Azure key]", inside),
  kind("SharedAcces{sKe}y=", /SharedAccessKey=([A-Za-z0-9+/]{40,}={0,2})/y, "[masked Azure key]", inside),
  kind("AGE-SECRET-KE{Y-1}", /AGE-SECRET-KEY-1[A-Z0-9]{20,}/y, "[masked age key]"),
  kind("{eyJ}", /eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}/y, "[masked JWT]", { reach: 8 * 1024 }),
  kind(["bea{rer}", "BEA{RER}"], /bearer(?:\s+|%20)([A-Za-z0-9_.~+/-]{20,}=*)/iy, "[masked bearer token]", {
    accept: (secret) => hasDigit(secret) && /[a-z]/i.test(secret) && !/x{8}/i.test(secret),
  }),
  kind(["ba{sic}", "BA{SIC}"], /basic\s+([A-Za-z0-9+/]{12,}={0,2})(?![A-Za-z0-9+/=])/iy, "[masked password]", {
    accept: (_secret, text, start) =>
      /authorization["'`\]]*\s*[:=,]\s*["'`]?$/i.test(text.toString("latin1", Math.max(0, start - 40), start)),
  }),
  kind(
    ["{://}", "{:\\/}"],
    /:(?:\\?\/){2}[^\s/:@"'`<>()[\]{}|^*\\]{0,100}:([^\s:@/"'`<>()[\]{}|^*\\]{3,200})@(?=[\w[.-])/y,
    "[masked password]",
    {
      ...inside,
      accept: (secret, text, _start, end) =>
        !noPassword.test(secret) && !exampleHost.test(text.toString("latin1", end - 1, end + 100)),
    },
  ),
  kind(
    "-----{BEG}IN",
    /-----BEGIN ([A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?)-----(?:[^\0]*?(?=-----END \1-----)|(?:[\s"'+,\\nr]*[A-Za-z0-9+/=]{16,})*)/y,
    "",
    { ...inside, lines: true, reach: secretOverlap },
  ),
  kind("Private{-Li}nes", /Private-Lines: ?\d+(?:(?:\s|\\[nr])+[A-Za-z0-9+/=]{4,}(?=\s|\\|["']|$))+/y, "", {
    ...inside,
    lines: true,
    reach: secretOverlap,
  }),
];

/** Words of three letters, one of which every secret has. */
export const secretWords: readonly string[] = kinds.flatMap(({ words }) => words);

const kindsByWord: ReadonlyMap<number, readonly SecretKind[]> = new Map(
  secretWords.map((word) => [
    wordAt(Buffer.from(word, "latin1"), 0),
    kinds.filter(({ words }) => words.includes(word)),
  ]),
);

const awsSecretKey = /(secret_?access_?key["']?\s*[:=]\s*["']?)([A-Za-z0-9/+=]{40})(?![A-Za-z0-9/+=])/gi;
const keyHead = /^(?:-----BEGIN [A-Z0-9 ]*-----|Private-Lines: ?\d+)/;

/**
 * Masks the secrets of a UTF-8 text in place.
 * @param places where one of the `secretWords` may stand, in ascending order
 * @param startsBefore secrets that begin at or after this position are left to the next piece of the text
 * @returns how many there were
 */
export function maskSecrets(text: Buffer, places: readonly number[], startsBefore = text.length): number {
  let found = 0;
  let maskedTo = 0;
  for (const place of places) {
    const possible = kindsByWord.get(wordAt(text, place));
    if (!possible) continue;
    for (const secret of possible) {
      const start = place - secret.before;
      if (start < maskedTo || start >= startsBefore) continue;
      const end = maskAt(text, start, secret);
      if (end === 0) continue;
      maskedTo = end;
      found += 1;
      break;
    }
  }
  return found > 0 ? found + maskAwsSecretKeys(text) : 0;
}

/** Masks the secret that begins at a position. @returns where it ends, 0 where there is none */
function maskAt(text: Buffer, start: number, secret: SecretKind): number {
  if (secret.alone && followsWord(text, start)) return 0;
  const match = matchAt(text, start, secret);
  if (match === null) return 0;
  if (secret.lines) return maskLines(text, start, match[0]);
  const hidden = match[1] ?? match[0];
  if (!secret.accept(hidden, text, start, start + match[0].length)) return 0;
  const from = start + match[0].length - hidden.length - (match[0].endsWith("@") ? 1 : 0);
  overwrite(text, from, hidden.length, secret.placeholder);
  return start + match[0].length;
}

function matchAt(text: Buffer, start: number, { pattern, reach }: SecretKind): RegExpExecArray | null {
  for (let size = reach; ; size *= 8) {
    pattern.lastIndex = 0;
    const match = pattern.exec(text.toString("latin1", start, Math.min(text.length, start + size)));
    const goesOn = match !== null && match[0].length === size && start + size < text.length;
    if (!goesOn || size >= secretOverlap) return match;
  }
}

/** Stars over all but the head and the line ends of a key. */
function maskLines(text: Buffer, start: number, match: string): number {
  const head = keyHead.exec(match)?.[0].length ?? 0;
  if (!/[A-Za-z0-9+/=]{16}/.test(match.slice(head))) return 0;
  const end = start + match.length;
  for (let at = start + head; at < end; at += 1) if (text[at] !== 10 && text[at] !== 13) text[at] = 0x2a;
  return end;
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

function overwrite(text: Buffer, start: number, length: number, placeholder: string): void {
  const label = [placeholder, "[masked]", ""].find((one) => one.length <= length) ?? "";
  text.write(label.padEnd(length, "*"), start, "latin1");
}

function wordAt(text: Buffer, at: number): number {
  return ((text[at] ?? 0) << 16) | ((text[at + 1] ?? 0) << 8) | (text[at + 2] ?? 0);
}

/** True right behind a letter, a digit or `_`, other than that of an escape such as `\n`. */
function followsWord(text: Buffer, at: number): boolean {
  const byte = text[at - 1];
  if (byte === undefined || !isWordByte(byte)) return false;
  const isEscape = text[at - 2] === 0x5c && (byte === 0x6e || byte === 0x72 || byte === 0x74);
  return !isEscape;
}

function isWordByte(byte: number): boolean {
  const lower = byte | 0x20;
  return (lower >= 0x61 && lower <= 0x7a) || (byte >= 0x30 && byte <= 0x39) || byte === 0x5f;
}
