const keyLike = /\b(?:sk|pk|rk|key|gsk|xai|hf)[-_][\w*.-]{8,}/gi;
/** Providers show parts of a key, such as `abcd***wxyz`. */
const masked = /\S*(?:\*{3,}|•{3,})\S*/g;
const token = /[\w.+/=~-]+/g;
/** A shared run of this many characters gives a part of a key away. */
const telling = 8;

/** A text from outside without any part of the given secrets, nor anything that looks like a key. */
export function redact(text: string, secrets: readonly string[]): string {
  const long = secrets.filter((secret) => secret.length >= telling);
  let clean = text;
  for (const secret of long) clean = clean.replaceAll(secret, "[key]");
  // A short secret may be an everyday word, such as `ollama`: it goes only where it stands alone.
  const gives = (word: string) => secrets.includes(word) || long.some((secret) => sharesRun(word, secret));
  return clean
    .replace(keyLike, "[key]")
    .replace(masked, "[key]")
    .replace(token, (word) => (gives(word) ? "[key]" : word));
}

function sharesRun(word: string, secret: string): boolean {
  for (let at = 0; at + telling <= word.length; at += 1) {
    if (secret.includes(word.slice(at, at + telling))) return true;
  }
  return false;
}
