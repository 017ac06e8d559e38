import { homedir } from "node:os";

/** Longer texts are cut. */
const maxChars = 100_000;
/** Characters behind the cut that are looked at too, so that no half of a secret stays. */
const beyond = 10_000;

// A text may be anything: every repetition that can begin anywhere has a bound, or a long one would take minutes.
const keyLike = /\b(?:sk|pk|rk|gsk|xai|hf|ghp|gho|ghs|ghu|glpat|github_pat|xox[abprs])[-_][\w-]{8,}/gi;
const awsKey = /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g;
const googleKey = /\bAIza[\w-]{30,}/g;
const webToken = /\beyJ[\w-]{8,2000}\.[\w-]{8,}\.[\w-]*/g;
const pem = /-----BEGIN [A-Z ]+-----[\s\S]*?(?:-----END [A-Z ]+-----|$)/g;
const inUrl = /\b([a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/:@]*:[^\s/@]+@/gi;
const bearer = /\b(bearer|basic)\s+[\w.+/=~-]{8,}/gi;
const assigned =
  /(password|passwd|pwd|secret|token|(?:api|access|account|private)[_-]?key)(["']?\s*[:=]\s*)(["']?)[^\s"',;)}\]]{6,}\3/gi;
const mail = /\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,9}\b/g;

/**
 * A text for the database: without what looks like a key, token, password or mail address, with `~` for the home folder,
 * at most 100,000 characters, and without what PostgreSQL can't store.
 */
export function redact(text: string, home = homedir()): string {
  const clean = text
    .slice(0, maxChars + beyond)
    .replace(pem, "[key]")
    .replace(keyLike, "[key]")
    .replace(awsKey, "[key]")
    .replace(googleKey, "[key]")
    .replace(webToken, "[token]")
    .replace(inUrl, "$1[login]@")
    .replace(bearer, "$1 [token]")
    .replace(assigned, "$1$2$3[secret]$3")
    .replace(mail, "[mail]");
  return storable((home.length > 1 ? clean.replaceAll(home, "~") : clean).slice(0, maxChars));
}

/** PostgreSQL stores no NUL and no half of a surrogate pair. */
export function storable(text: string): string {
  return text.replaceAll("\0", "").toWellFormed();
}
