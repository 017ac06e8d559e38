import { Socket } from "node:net";
import type { Client, CustomTypesConfig } from "pg";
import { readDsn, type Target } from "./dsn.ts";
import { problemOf } from "./problem.ts";

export interface Connection {
  readonly client: Client;
  readonly target: Target;
  /** Resolves when the connection has ended, whoever ended it. */
  readonly ended: Promise<void>;
}

export interface ConnectOptions {
  /** Milliseconds until a host counts as unreachable; 5,000 unless given. */
  readonly connectMs?: number;
  /** Milliseconds until a statement counts as lost; 30,000 unless given. */
  readonly statementMs?: number;
  /** Ends the attempt. */
  readonly signal?: AbortSignal;
}

/**
 * Connects as a DSN says. Whole numbers and sums come as numbers; `client.end()` ends it.
 * @throws TelemetryError
 */
export async function connect(dsn: string, options: ConnectOptions = {}): Promise<Connection> {
  const target = readDsn(dsn);
  const [first = false, second] = target.tls;
  try {
    return await connectWith(target, first, options);
  } catch (error) {
    const problem = problemOf(error, target);
    if (problem.code !== "tls-unsupported" || second === undefined) throw problem;
  }
  return connectWith(target, second, options).catch((error: unknown) => {
    throw problemOf(error, target);
  });
}

async function connectWith(
  target: Target,
  ssl: Target["tls"][number],
  { connectMs = 5_000, statementMs = 30_000, signal }: ConnectOptions,
): Promise<Connection> {
  // Loaded only where telemetry is on.
  const { default: pg } = await import("pg");
  const socket = new Socket();
  const abort = () => void socket.destroy();
  let isForeign = false;
  socket.once("data", (data) => {
    isForeign = !firstBytes.includes(String.fromCharCode(data[0] ?? 0));
  });
  const client = new pg.Client({
    connectionString: target.url,
    ssl,
    stream: () => socket,
    application_name: "rlm",
    connectionTimeoutMillis: connectMs,
    query_timeout: statementMs,
    keepAlive: true,
    types: numbersAsNumbers(pg.types),
  });
  // Without a listener a connection that breaks would end the process.
  const ended = new Promise<void>((resolve) => {
    client.on("error", () => resolve());
    client.once("end", () => resolve());
  });
  signal?.addEventListener("abort", abort);
  try {
    signal?.throwIfAborted();
    await client.connect();
  } catch (error) {
    abort();
    throw isForeign ? new Error(foreign) : error;
  } finally {
    signal?.removeEventListener("abort", abort);
  }
  return { client, target, ended };
}

/** PostgreSQL's first answer: to TLS yes or no, to a log-in how, or an error. */
const firstBytes = "SNRE";
/** The client itself only says that the connection has ended. */
const foreign = "invalid response";

const bigint = 20;
const numeric = 1700;

/** Counts and sums are far below 2^53. */
function numbersAsNumbers(types: CustomTypesConfig): CustomTypesConfig {
  return {
    getTypeParser: (oid, format) => {
      const isNumber: boolean = oid === bigint || oid === numeric;
      return isNumber ? Number : types.getTypeParser(oid, format);
    },
  };
}
