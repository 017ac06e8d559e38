import type { Limits } from "../rlm/limits.ts";
import type { StatedPrices } from "../rlm/model.ts";
import { parseFlags } from "./flags.ts";
import { UsageError } from "./usage-error.ts";

/** Flags of the commands that ask a model. */
export interface ModelOptions {
  readonly model?: string;
  readonly subModel?: string;
  readonly childModel?: string;
  readonly prices?: StatedPrices;
  readonly baseUrl?: string;
}

export interface AskOptions extends ModelOptions {
  readonly question: string;
  readonly context: readonly string[];
  readonly text?: string;
  readonly limits: Partial<Limits>;
  readonly directBelowTokens?: number;
  readonly trace?: string;
  readonly json: boolean;
  /** Make many calls without asking. */
  readonly yes: boolean;
  /** Log the run to a database. */
  readonly telemetry: boolean;
  /** Groups the runs of one question there. */
  readonly queryId?: string;
}

/** Flags that choose models. */
export const modelFlags = {
  model: { type: "string" },
  "sub-model": { type: "string" },
  "child-model": { type: "string" },
  "base-url": { type: "string" },
  price: { type: "string", multiple: true },
} as const;

/** Flags that bound a run. */
export const limitFlags = {
  "max-turns": { type: "string" },
  "max-depth": { type: "string" },
  "max-calls": { type: "string" },
  "max-tokens": { type: "string" },
  "max-cost": { type: "string" },
  timeout: { type: "string" },
  concurrency: { type: "string" },
  "direct-below": { type: "string" },
} as const;

const runFlags = {
  ...limitFlags,
  trace: { type: "string" },
  json: { type: "boolean" },
  yes: { type: "boolean" },
  telemetry: { type: "boolean" },
  "query-id": { type: "string" },
} as const;

const askFlags = {
  ...modelFlags,
  ...runFlags,
  context: { type: "string", multiple: true },
  text: { type: "string" },
} as const;

/** Reads the arguments of `rlm ask`. @throws UsageError */
export function readAskOptions(args: readonly string[]): AskOptions {
  const { values, positionals } = parseFlags(args, askFlags);
  if (positionals.length === 0 || !positionals.join(" ").trim()) {
    throw new UsageError('What is the question? For example: rlm ask "Where are retries handled?"');
  }
  if (values.text !== undefined && values.context) throw new UsageError("Give either --context or --text, not both.");
  return {
    ...readModelOptions(values),
    ...readRunOptions(values),
    question: positionals.join(" ").trim(),
    context: values.context ?? [],
    ...(values.text === undefined ? {} : { text: values.text }),
  };
}

/** Reads the arguments of `rlm demo`. @throws UsageError */
export function readDemoOptions(args: readonly string[]): Omit<AskOptions, "question" | "context" | "text"> {
  const { values, positionals } = parseFlags(args, { ...modelFlags, ...runFlags });
  if (positionals.length) throw new UsageError(`rlm demo takes no argument "${positionals[0]}".`);
  return { ...readModelOptions(values), ...readRunOptions(values) };
}

type Values<K extends string> = { readonly [key in K]?: string | undefined };

type ModelValues = Values<Exclude<keyof typeof modelFlags, "price">> & { readonly price?: string[] | undefined };

/** What the flags say about models. @throws UsageError */
export function readModelOptions(values: ModelValues): ModelOptions {
  return {
    prices: Object.fromEntries((values.price ?? []).map(readPrice)),
    ...(values.model === undefined ? {} : { model: values.model }),
    ...(values["sub-model"] === undefined ? {} : { subModel: values["sub-model"] }),
    ...(values["child-model"] === undefined ? {} : { childModel: values["child-model"] }),
    ...(values["base-url"] === undefined ? {} : { baseUrl: readUrl(values["base-url"]) }),
  };
}

type LimitValues = Values<keyof typeof limitFlags>;

/** What the flags say about limits. @throws UsageError */
export function readLimits(values: LimitValues): Pick<AskOptions, "limits" | "directBelowTokens"> {
  const limits = {
    turns: wholeNumber("--max-turns", values["max-turns"], 1),
    depth: wholeNumber("--max-depth", values["max-depth"], 1),
    calls: wholeNumber("--max-calls", values["max-calls"], 0),
    tokens: wholeNumber("--max-tokens", values["max-tokens"], 1),
    usd: dollars("--max-cost", values["max-cost"]),
    seconds: wholeNumber("--timeout", values.timeout, 1),
    concurrency: wholeNumber("--concurrency", values.concurrency, 1),
  };
  const directBelowTokens = wholeNumber("--direct-below", values["direct-below"], 0);
  return { limits: given(limits), ...(directBelowTokens === undefined ? {} : { directBelowTokens }) };
}

type RunValues = Values<Exclude<keyof typeof runFlags, "json" | "yes" | "telemetry">> & {
  readonly json?: boolean | undefined;
  readonly yes?: boolean | undefined;
  readonly telemetry?: boolean | undefined;
};

function readRunOptions(values: RunValues) {
  return {
    ...readLimits(values),
    ...(values.trace === undefined ? {} : { trace: values.trace }),
    json: values.json === true,
    yes: values.yes === true,
    telemetry: values.telemetry === true,
    ...(values["query-id"] === undefined ? {} : { queryId: values["query-id"] }),
  };
}

function given<K extends string>(values: Record<K, number | undefined>): Partial<Record<K, number>> {
  const entries = Object.entries<number | undefined>(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Partial<Record<K, number>>;
}

/** @throws UsageError */
export function wholeNumber(flag: string, text: string | undefined, min: number): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= min && text.trim() !== "") return value;
  throw new UsageError(`${flag} takes a whole number of at least ${min}, not "${text}".`);
}

function dollars(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text.replace(/^\$/, ""));
  if (Number.isFinite(value) && value >= 0 && text.trim() !== "") return value;
  throw new UsageError(`${flag} takes an amount of US dollars, such as 0.50, not "${text}".`);
}

/** `gpt-x=1.25,10` or `gpt-x=1.25,10,0.125`: input, output and cached input. */
function readPrice(text: string): [string, StatedPrices[string]] {
  const [, model, amounts = ""] = /^(.+)=([\d.,]+)$/.exec(text) ?? [];
  const [input, output, cachedInput, ...more] = amounts
    .split(",")
    .map((part) => (part === "" ? Number.NaN : Number(part)));
  const given = [input, output, ...(cachedInput === undefined ? [] : [cachedInput])];
  if (model && more.length === 0 && input !== undefined && output !== undefined && given.every(Number.isFinite)) {
    return [model, { input, output, ...(cachedInput === undefined ? {} : { cachedInput }) }];
  }
  throw new UsageError(
    `--price takes MODEL=IN,OUT or MODEL=IN,OUT,CACHED in US dollars a million tokens, not "${text}".`,
  );
}

function readUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url && (url.protocol === "http:" || url.protocol === "https:")) return text;
  throw new UsageError(`--base-url takes an http or https URL, not "${text}".`);
}
