import { createHash } from "node:crypto";
import {
  closeSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const pollMs = 200;
const beatMs = 2_000;
/** Whoever has shown no life for so long is gone, even if another process has its number now. */
const deadMs = 30_000;

/**
 * Waits until this process alone works on a folder. The lock is a file in the system's folder for temporary files, with
 * the number of its process; one whose process is gone does not count.
 * @param onWait called once, if there is something to wait for
 * @returns what gives the folder free
 */
export async function lock(folder, onWait) {
  const file = lockFileOf(folder);
  for (let told = false; ; ) {
    const release = take(file);
    if (release) return release;
    if (clearAway(file)) continue;
    if (!told) onWait();
    told = true;
    await sleep(pollMs);
  }
}

function lockFileOf(folder) {
  const name = createHash("sha256")
    .update(`${process.getuid?.() ?? 0}:${folder}`)
    .digest("hex")
    .slice(0, 16);
  return path.join(os.tmpdir(), `rlm-${name}.lock`);
}

/** @returns what releases the lock; null where another one has it */
function take(file) {
  const own = `${process.pid} ${Date.now()} ${Math.random()}`;
  try {
    const handle = openSync(file, "wx", 0o600);
    writeSync(handle, own);
    closeSync(handle);
  } catch (error) {
    if (error.code === "EEXIST") return null;
    return () => {}; // Where no lock can be written there is none to wait for.
  }
  const beat = setInterval(() => touch(file), beatMs);
  beat.unref();
  return () => {
    clearInterval(beat);
    if (read(file) === own) rmSync(file, { force: true });
  };
}

/** Removes a lock whose owner is gone. @returns true where it is worth to try again at once */
function clearAway(file) {
  const seen = read(file);
  if (seen === null) return true;
  if (!isStale(file, seen)) return false;
  const aside = `${file}.${process.pid}`;
  try {
    renameSync(file, aside);
    // Another process may have cleared away the same lock, and this is its own.
    if (read(aside) !== seen) linkSync(aside, file);
  } catch {
    // It is gone, or taken anew.
  }
  rmSync(aside, { force: true });
  return true;
}

function isStale(file, content) {
  const age = Date.now() - (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0);
  // It is empty between its making and its writing.
  if (content === "") return age > beatMs;
  return age > deadMs || !isAlive(Number.parseInt(content, 10));
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

function touch(file) {
  const now = new Date();
  try {
    utimesSync(file, now, now);
  } catch {
    // Removed from outside: nothing to keep alive.
  }
}

function read(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return null;
  }
}
