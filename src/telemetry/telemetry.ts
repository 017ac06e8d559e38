import type { RunEvent } from "../rlm/events.ts";
import { readDsn } from "./dsn.ts";
import { questionIds } from "./query-id.ts";
import { RowMapper } from "./row-mapper.ts";
import type { PriceOf } from "./savings.ts";
import { defaultTuning, Sink, type SinkState, type SinkTuning } from "./sink.ts";
import { type AppendText, Spool } from "./spool.ts";

export interface TelemetryOptions {
  /** `postgres://user:password@host:port/database?sslmode=…` */
  readonly dsn: string;
  /** A folder of this product alone; it is made where it is not there. */
  readonly spoolFolder: string;
  /** Whether questions, answers, prompts, replies, code and output are stored too, without what looks like a secret. */
  readonly content: boolean;
  /** For cache savings. */
  readonly priceOf: PriceOf;
  /** Bytes that the spool may hold; 64 MB unless given. */
  readonly maxSpoolBytes?: number;
  /** For tests. */
  readonly tuning?: Partial<SinkTuning>;
  /** For tests. */
  readonly append?: AppendText;
}

/** Where runs are logged. */
export interface Telemetry {
  /**
   * Takes the next event of a run. Returns at once and never throws.
   * @param queryId groups the runs of one question; counts with the first event of a run
   */
  take(event: RunEvent, queryId?: string): void;
  readonly state: SinkState;
  /** Calls back whenever the state has changed. @returns what stops it */
  onState(listener: (state: SinkState) => void): () => void;
  /** Stores what was taken, for at most `withinMs` (2,000 unless given); the rest is kept on disk for the next time. */
  close(withinMs?: number): Promise<void>;
}

const defaultSpoolBytes = 64 * 1024 * 1024;
const segmentBytes = 1024 * 1024;

/**
 * Opens telemetry to a database. It connects by itself, later and again where it must.
 * @throws TelemetryError `bad-dsn`
 */
export function openTelemetry(options: TelemetryOptions): Telemetry {
  const { dsn, spoolFolder, content, priceOf, maxSpoolBytes = defaultSpoolBytes } = options;
  readDsn(dsn);
  const given = new Map<string, string>();
  const ofQuestion = questionIds(spoolFolder);
  const queryIdOf = (runId: string, question: string) => {
    const queryId = given.get(runId) ?? (question === "" ? runId : ofQuestion(question));
    given.delete(runId);
    return queryId;
  };
  const mapper = new RowMapper({ content, priceOf, queryIdOf });
  const spool = new Spool(spoolFolder, { maxBytes: maxSpoolBytes, segmentBytes }, options.append);
  const sink = new Sink(dsn, mapper, spool, { ...defaultTuning, ...options.tuning });
  return {
    take: (event, queryId) => {
      if (queryId !== undefined && event.type === "run.started" && event.depth === 0) given.set(event.runId, queryId);
      sink.take(event);
    },
    get state() {
      return sink.state;
    },
    onState: (listener) => sink.onState(listener),
    close: (withinMs) => sink.close(withinMs),
  };
}
