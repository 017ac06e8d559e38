import type { RunEvent } from "../rlm/events.ts";
import { readDsn } from "./dsn.ts";
import { questionIds } from "./query-id.ts";
import { RowMapper, type TreeFacts } from "./row-mapper.ts";
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
  /** Bytes that the spool may hold; 64 MB unless given. */
  readonly maxSpoolBytes?: number;
  /** For tests. */
  readonly tuning?: Partial<SinkTuning>;
  /** For tests. */
  readonly append?: AppendText;
}

/** What is known of a run beside its events. */
export interface RunFacts {
  /** Groups the runs of one question; made from the question unless given. At most 200 characters. */
  readonly queryId?: string | undefined;
  /** For cache savings, which are unknown without it: see `pricesOf`. */
  readonly priceOf?: PriceOf;
}

/** Where runs are logged. */
export interface Telemetry {
  /** Takes the next event of a run. Returns at once and never throws. @param facts count with the first event of a root run */
  take(event: RunEvent, facts?: RunFacts): void;
  /** Takes all events of a run. @returns resolves when it has finished, or when its events can't be read any more */
  follow(run: { events(): AsyncIterable<RunEvent> }, facts?: RunFacts): Promise<void>;
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
  const { dsn, spoolFolder, content, maxSpoolBytes = defaultSpoolBytes } = options;
  readDsn(dsn);
  const given = new Map<string, RunFacts>();
  const ofQuestion = questionIds(spoolFolder);
  const factsOf = (runId: string, question: string): TreeFacts => {
    const { queryId = question === "" ? runId : ofQuestion(question), priceOf = () => null } = given.get(runId) ?? {};
    given.delete(runId);
    return { queryId, priceOf };
  };
  const limits = { maxBytes: maxSpoolBytes, segmentBytes, content };
  const spool = new Spool(spoolFolder, limits, options.append);
  const sink = new Sink(dsn, new RowMapper({ content, factsOf }), spool, { ...defaultTuning, ...options.tuning });
  const take = (event: RunEvent, facts?: RunFacts) => {
    if (facts && event.type === "run.started" && event.depth === 0) given.set(event.runId, facts);
    sink.take(event);
  };
  return {
    take,
    follow: async (run, facts) => {
      try {
        for await (const event of run.events()) take(event, facts);
      } catch {
        // What was told until then is logged.
      }
    },
    get state() {
      return sink.state;
    },
    onState: (listener) => sink.onState(listener),
    close: (withinMs) => sink.close(withinMs),
  };
}
