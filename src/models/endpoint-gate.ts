import { CancelledError, type CancelSignal, throwIfCancelled } from "../rlm/cancel.ts";
import type { ModelFailure } from "../rlm/model.ts";
import { sleep } from "./retry.ts";

/** A pause that an endpoint has asked for. */
export interface Pause {
  readonly failure: ModelFailure;
  /** Milliseconds that are left of it. */
  readonly waitMs: number;
  /** Pauses in a row, this one included. */
  readonly round: number;
}

/** Leave to send one request. */
export interface Pass {
  /** The endpoint took the request: whoever waits may follow. */
  accepted(): void;
  /** The request is over. Must be called; if it was not accepted, the next one who waits tries. */
  release(): void;
}

/** A closed gate. When its pause is over one request probes; the others wait for what becomes of it. */
class Gate {
  until = 0;
  round = 1;
  failure: ModelFailure;
  probe: Pass | null = null;
  readonly #waiting = new Set<() => void>();

  constructor(failure: ModelFailure) {
    this.failure = failure;
  }

  wake(): void {
    for (const go of this.#waiting) go();
    this.#waiting.clear();
  }

  /** Waits until the probe is over. @throws CancelledError */
  change(signal: CancelSignal): Promise<void> {
    throwIfCancelled(signal);
    return new Promise((resolve, reject) => {
      const cancel = () => {
        this.#waiting.delete(go);
        reject(new CancelledError());
      };
      const go = () => {
        signal.removeEventListener("abort", cancel);
        resolve();
      };
      this.#waiting.add(go);
      signal.addEventListener("abort", cancel, { once: true });
    });
  }
}

/** The closed gates by origin; shared by all runs of the process. */
const gates = new Map<string, Gate>();

/** A pause that was put off by more than this is told of again, in milliseconds; a timer may be a little early. */
const worthTellingMs = 1_000;

const openPass: Pass = { accepted: () => undefined, release: () => undefined };

/** How often in a row an origin has asked for a pause; 0 where it takes requests. */
export function pausesOf(origin: string): number {
  return gates.get(origin)?.round ?? 0;
}

/**
 * Holds back all requests to an origin that has answered `pass` by asking for a pause of `ms`.
 * @returns milliseconds until the gate opens, which others may have put off
 */
export function closeGate(origin: string, pass: Pass, ms: number, failure: ModelFailure): number {
  const gate = gates.get(origin) ?? new Gate(failure);
  gates.set(origin, gate);
  // Other requests were on their way when the gate closed: what they are told belongs to the same pause.
  if (gate.probe === pass) gate.round += 1;
  gate.failure = failure;
  const now = Date.now();
  gate.until = Math.max(gate.until, now + ms);
  return gate.until - now;
}

/**
 * Waits until a request to an origin may be sent.
 * @param onPause called for each pause that has to be waited for, again if it was put off; what it throws ends the wait
 * @throws CancelledError
 */
export async function passGate(origin: string, signal: CancelSignal, onPause: (pause: Pause) => void): Promise<Pass> {
  for (let told = 0; ; ) {
    const gate = gates.get(origin);
    if (!gate) return openPass;
    const { failure, round } = gate;
    const waitMs = gate.until - Date.now();
    if (waitMs > 0) {
      if (round !== told || waitMs > worthTellingMs) onPause({ failure, waitMs, round });
      told = round;
      await sleep(waitMs, signal);
    } else if (gate.probe) await gate.change(signal);
    else return probeOf(origin, gate);
  }
}

function probeOf(origin: string, gate: Gate): Pass {
  const pass: Pass = {
    accepted: () => {
      if (gate.probe !== pass) return;
      if (gate.until <= Date.now()) gates.delete(origin);
      pass.release();
    },
    release: () => {
      if (gate.probe !== pass) return;
      gate.probe = null;
      gate.wake();
    },
  };
  gate.probe = pass;
  return pass;
}
