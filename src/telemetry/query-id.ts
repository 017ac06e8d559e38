import { createHmac, randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

const secretBytes = 32;

/**
 * Makes the id that groups the runs of one question. The same question gives the same id on this machine; nobody without
 * the secret, which never leaves the folder, can tell which question it was.
 */
export function questionIds(folder: string): (question: string) => string {
  let secret: Buffer | null = null;
  return (question) => {
    secret ??= secretIn(folder);
    return `q-${createHmac("sha256", secret).update(question.trim()).digest("hex").slice(0, 16)}`;
  };
}

/** Without a disk the secret lives as long as the process. */
function secretIn(folder: string): Buffer {
  const file = path.join(folder, "query-id.secret");
  const kept = read(file);
  if (kept) return kept;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(file, randomBytes(secretBytes), { mode: 0o600, flag: "wx" });
  } catch {
    // Another process may have been faster, or the disk takes nothing.
  }
  return read(file) ?? randomBytes(secretBytes);
}

function read(file: string): Buffer | null {
  try {
    const secret = readFileSync(file);
    return secret.length === secretBytes ? secret : null;
  } catch {
    return null;
  }
}
