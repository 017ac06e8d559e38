import * as z from "zod";
import type { Limits } from "../rlm/limits.ts";
import type { JsonSchema, Sampling } from "../rlm/model.ts";
import { badField } from "./api-error.ts";
import { readResponseFormat } from "./response-format.ts";

/** A field of an OpenAI chat completion request, and what becomes of it here. */
interface Parameter {
  /** What it may be; null always counts as absent. */
  readonly schema: z.ZodType;
  /** What is taken, for the refusal and for `docs/server.md`. */
  readonly takes: string;
  /** What it does, or why it does nothing. */
  readonly does: string;
}

const answeredByModel = "the models of a run are asked with their own settings";
const noTools = "a run calls no tools of its client";
const textOnly = "an answer is one text";
const toEveryCall = "goes with every model call of the run; the embedded model draws nothing at random";

const flag = z.boolean();
const name = z.string().max(512);
const metadata = z.record(z.string().max(64), z.string().max(512)).refine((value) => Object.keys(value).length <= 16);
const stop = z.union([z.string().min(1), z.array(z.string().min(1)).max(4)]);
const positive = z.int().min(1);

function neutral(value: z.ZodType, takes: string, does: string): Parameter {
  return { schema: value, takes: `only ${takes}`, does };
}

function refused(does: string): Parameter {
  return { schema: z.never(), takes: "nothing: it is not supported", does };
}

/** Every field of the API: honoured, or refused with a 400 that names it. What is not here is refused too. */
export const parameters: Readonly<Record<string, Parameter>> = {
  model: {
    schema: z.string().min(1).max(400),
    takes: "a name such as `rlm-gpt-5-mini` or `rlm-gpt-5+gpt-5-mini`",
    does: "root model, and sub-model behind the last +",
  },
  messages: { schema: z.array(z.unknown()).min(1), takes: "a list of messages", does: "context, history and question" },
  stream: { schema: flag, takes: "true or false", does: "server-sent events" },
  stream_options: {
    schema: z.strictObject({ include_usage: flag.nullish(), include_obfuscation: z.literal(false).nullish() }),
    takes: "`include_usage`, and `include_obfuscation: false`",
    does: "a last chunk with the usage; nothing is ever obfuscated",
  },
  max_tokens: { schema: positive, takes: "a whole number from 1", does: "cuts the answer, at 4 characters a token" },
  max_completion_tokens: { schema: positive, takes: "a whole number from 1", does: "the same, and goes before it" },
  stop: { schema: stop, takes: "a text or up to 4", does: "ends the answer before the first of them" },
  user: { schema: name, takes: "a text of up to 512 characters", does: "told beside the run in the server's terminal" },
  safety_identifier: { schema: name, takes: "a text of up to 512 characters", does: "as `user`, where that is absent" },
  metadata: {
    schema: metadata,
    takes: "up to 16 texts",
    does: "comes back with the response; `query_id` groups runs in telemetry",
  },
  rlm: { schema: z.unknown(), takes: "lower limits", does: "see below" },
  response_format: {
    schema: z.unknown(),
    takes: "`text`, `json_object`, or `json_schema` with its name and schema",
    does: "the answer is JSON that was checked; not of `rlm-offline`",
  },
  temperature: { schema: z.number().min(0).max(2), takes: "a number from 0 to 2", does: toEveryCall },
  top_p: { schema: z.number().min(0).max(1), takes: "a number from 0 to 1", does: toEveryCall },
  seed: { schema: z.int(), takes: "a whole number", does: toEveryCall },
  n: neutral(z.literal(1), "1", "a run has one answer"),
  modalities: neutral(z.tuple([z.literal("text")]), '`["text"]`', textOnly),
  presence_penalty: neutral(z.literal(0), "0", answeredByModel),
  frequency_penalty: neutral(z.literal(0), "0", answeredByModel),
  logit_bias: neutral(z.strictObject({}), "`{}`", answeredByModel),
  logprobs: neutral(z.literal(false), "false", "an answer has no token probabilities"),
  top_logprobs: neutral(z.literal(0), "0", "an answer has no token probabilities"),
  reasoning_effort: refused(answeredByModel),
  verbosity: refused(answeredByModel),
  tools: neutral(z.tuple([]), "`[]`", noTools),
  tool_choice: neutral(z.literal("none"), '"none"', noTools),
  parallel_tool_calls: neutral(z.literal(false), "false", noTools),
  functions: neutral(z.tuple([]), "`[]`", noTools),
  function_call: neutral(z.literal("none"), '"none"', noTools),
  audio: refused(textOnly),
  prediction: refused("an answer can't be foreseen"),
  prompt_cache_key: refused("the models' own caches are used"),
  prompt_cache_retention: refused("the models' own caches are used"),
  service_tier: neutral(z.enum(["auto", "default"]), '"auto" or "default"', "there is one tier"),
  store: neutral(z.literal(false), "false", "nothing is stored here"),
  web_search_options: refused("only what is in the request is searched"),
};

/** Limits that a request may lower, by the names that the engine has for them. */
const limitSchemas: Readonly<Record<keyof Limits | "directBelowTokens", z.ZodType<number>>> = {
  turns: positive,
  depth: positive,
  calls: z.int().min(0),
  tokens: positive,
  usd: z.number().min(0),
  seconds: z.number().positive(),
  errors: positive,
  concurrency: positive,
  directBelowTokens: z.int().min(0),
};

/** What the server allows at the most; a request may ask for less. */
export interface RunBounds {
  readonly limits: Limits;
  readonly directBelowTokens: number;
}

/** What a request asks for beside its messages. */
export interface ChatOptions extends RunBounds {
  readonly model: string;
  readonly stream: boolean;
  readonly includeUsage: boolean;
  /** Characters of the answer at the most. */
  readonly maxChars: number | null;
  readonly stop: readonly string[];
  readonly user: string | null;
  readonly metadata: Readonly<Record<string, string>> | null;
  readonly sampling: Sampling;
  /** That the answer has to match, as JSON; null where it may be any text. */
  readonly answerSchema: JsonSchema | null;
}

/** Checks the fields of a request against the table. @throws ApiError 400 that names the field */
export function readParameters(body: unknown, bounds: RunBounds): ChatOptions {
  const fields = fieldsOf(body);
  for (const required of ["model", "messages"]) {
    if (fields[required] === undefined)
      throw badField(required, `"${required}" is missing.`, "missing_required_parameter");
  }
  for (const [key, value] of Object.entries(fields)) check(key, value);
  const maxTokens = (fields.max_completion_tokens ?? fields.max_tokens ?? null) as number | null;
  const ends = fields.stop ?? [];
  const streamOptions = fields.stream_options as { include_usage?: boolean | null } | undefined;
  if (streamOptions && fields.stream !== true) {
    throw badField("stream_options", '"stream_options" is only for requests with "stream": true.');
  }
  return {
    model: fields.model as string,
    stream: fields.stream === true,
    includeUsage: streamOptions?.include_usage === true,
    maxChars: maxTokens === null ? null : maxTokens * charsPerToken,
    stop: (typeof ends === "string" ? [ends] : ends) as string[],
    user: (fields.user ?? fields.safety_identifier ?? null) as string | null,
    metadata: (fields.metadata ?? null) as Record<string, string> | null,
    sampling: samplingIn(fields),
    answerSchema: readResponseFormat(fields.response_format),
    ...lowered(fields.rlm, bounds),
  };
}

/** The field of the API for each way to draw. */
export const samplingFields = { temperature: "temperature", topP: "top_p", seed: "seed" } as const;

function samplingIn(fields: Record<string, unknown>): Sampling {
  const named = Object.entries(samplingFields).map(([key, field]) => [key, fields[field]]);
  return Object.fromEntries(named.filter(([, value]) => value !== undefined)) as Sampling;
}

/** As everywhere where a provider's own count is not known. */
const charsPerToken = 4;

/** The fields that say something: null stands for the default. */
function fieldsOf(body: unknown): Record<string, unknown> {
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw badField("body", "The body is no JSON object.", "invalid_json");
  }
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null));
}

function check(key: string, value: unknown): void {
  const parameter = Object.hasOwn(parameters, key) ? parameters[key] : undefined;
  if (!parameter)
    throw badField(key.slice(0, 100), `There is no parameter "${key.slice(0, 100)}".`, "unknown_parameter");
  if (parameter.schema.safeParse(value).success) return;
  const { takes, does } = parameter;
  const code = /^(?:only|nothing)/.test(takes) ? "unsupported_parameter" : "invalid_value";
  throw badField(key, `"${key}" takes ${takes.replaceAll("`", "")}. (${does}.)`, code);
}

function lowered(asked: unknown, bounds: RunBounds): RunBounds {
  if (asked === undefined) return bounds;
  if (typeof asked !== "object" || asked === null || Array.isArray(asked)) {
    throw badField("rlm", '"rlm" takes an object of limits.');
  }
  const { directBelowTokens = bounds.directBelowTokens, ...limits } = Object.fromEntries(
    Object.entries(asked).map(([key, value]) => [key, lowerLimit(key, value, bounds)]),
  );
  return { limits: { ...bounds.limits, ...limits }, directBelowTokens };
}

function lowerLimit(key: string, value: unknown, { limits, directBelowTokens }: RunBounds): number {
  const param = `rlm.${key.slice(0, 100)}`;
  const most = Object.hasOwn(limitSchemas, key) ? { ...limits, directBelowTokens }[key as keyof Limits] : undefined;
  if (most === undefined) {
    throw badField(param, `There is no "${param}" (${Object.keys(limitSchemas).join(", ")}).`, "unknown_parameter");
  }
  const parsed = limitSchemas[key as keyof Limits].safeParse(value);
  if (!parsed.success) throw badField(param, `"${param}" takes a number that is not negative, whole where it counts.`);
  if (parsed.data > most) throw badField(param, `"${param}" may be ${most} at the most on this server.`, "above_limit");
  return parsed.data;
}
