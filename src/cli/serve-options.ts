import type { Limits } from "../rlm/limits.ts";
import type { StatedPrices } from "../rlm/model.ts";
import { limitFlags, modelFlags, readLimits, readModelOptions, wholeNumber } from "./ask-options.ts";
import { parseFlags } from "./flags.ts";
import { UsageError } from "./usage-error.ts";

export interface ServeOptions {
  readonly baseUrl?: string;
  readonly prices?: StatedPrices;
  readonly limits: Partial<Limits>;
  readonly directBelowTokens?: number;
  readonly host?: string;
  readonly port?: number;
  readonly token?: string;
  readonly runs?: number;
  readonly waiting?: number;
  /** Log the runs to a database. */
  readonly telemetry: boolean;
}

const serveFlags = {
  "base-url": modelFlags["base-url"],
  price: modelFlags.price,
  ...limitFlags,
  host: { type: "string" },
  port: { type: "string" },
  token: { type: "string" },
  runs: { type: "string" },
  waiting: { type: "string" },
  telemetry: { type: "boolean" },
} as const;

/** The part of the environment that a server reads: a flag can be seen in the list of processes. */
export interface ServeEnvironment {
  readonly RLM_SERVER_TOKEN?: string | undefined;
}

/** Reads the arguments of `rlm serve`; a flag goes before the environment. @throws UsageError */
export function readServeOptions(args: readonly string[], env: ServeEnvironment): ServeOptions {
  const { values, positionals } = parseFlags(args, serveFlags);
  if (positionals.length) throw new UsageError(`rlm serve takes no argument "${positionals[0]}".`);
  const token = values.token ?? (env.RLM_SERVER_TOKEN?.trim() || undefined);
  const port = wholeNumber("--port", values.port, 0);
  const runs = wholeNumber("--runs", values.runs, 1);
  const waiting = wholeNumber("--waiting", values.waiting, 0);
  if (port !== undefined && port > 65_535) throw new UsageError(`--port takes a port up to 65535, not "${port}".`);
  return {
    ...readModelOptions({ "base-url": values["base-url"], price: values.price }),
    ...readLimits(values),
    ...(values.host === undefined ? {} : { host: values.host }),
    ...(token === undefined ? {} : { token }),
    ...(port === undefined ? {} : { port }),
    ...(runs === undefined ? {} : { runs }),
    ...(waiting === undefined ? {} : { waiting }),
    telemetry: values.telemetry === true,
  };
}
