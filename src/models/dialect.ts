import type { OpenAI } from "openai";
import type { Message, ModelRequest, Sampling } from "../rlm/model.ts";
import { fields } from "./usage.ts";

/** Which of the optional fields of a chat completion an endpoint takes. */
export interface Dialect {
  /** `stream_options`: usage at the end of a stream. */
  readonly usage: boolean;
  /** The field that bounds the output. OpenAI's reasoning models take the first alone, older servers the second. */
  readonly bound: "max_completion_tokens" | "max_tokens" | null;
  /** `response_format` with a JSON Schema (https://platform.openai.com/docs/guides/structured-outputs). */
  readonly schema: boolean;
}

export const fullDialect: Dialect = { usage: true, bound: "max_completion_tokens", schema: true };

type Body = OpenAI.Chat.Completions.ChatCompletionCreateParamsStreaming;

/** The body of a request; a schema that the endpoint does not take is asked for in words. */
export function requestBody(model: string, request: ModelRequest, dialect: Dialect): Body {
  const { schema, maxOutput } = request;
  const inWords = schema !== undefined && !dialect.schema;
  const messages = inWords ? withSchemaInWords(request.messages, JSON.stringify(schema)) : request.messages;
  return {
    model,
    messages: messages.map(({ role, content }) => ({ role, content })),
    stream: true,
    ...samplingFields(request.sampling),
    ...(dialect.usage ? { stream_options: { include_usage: true } } : {}),
    ...(maxOutput !== undefined && dialect.bound ? { [dialect.bound]: maxOutput } : {}),
    ...(schema !== undefined && dialect.schema
      ? { response_format: { type: "json_schema", json_schema: { name: "reply", schema: { ...schema } } } }
      : {}),
  };
}

/** An endpoint that refuses one of these fails: without it the reply would not be the one that was asked for. */
function samplingFields({ temperature, topP, seed }: Sampling = {}): Pick<Body, "temperature" | "top_p" | "seed"> {
  return {
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { top_p: topP }),
    ...(seed === undefined ? {} : { seed }),
  };
}

/** Asks for JSON in words. @param schema a JSON Schema, as text */
export function withSchemaInWords(messages: readonly Message[], schema: string): Message[] {
  const words = `Reply with JSON alone, without a fence, that matches this JSON Schema:\n${schema}`;
  const last = messages.at(-1);
  if (last?.role !== "user") return [...messages, { role: "user", content: words }];
  return [...messages.slice(0, -1), { role: "user", content: `${last.content}\n\n${words}` }];
}

/** True where an endpoint refuses this one schema, such as that of a list, and may well take others. */
export function refusesThisSchema(error: unknown): boolean {
  const { error: body, message } = fields(error);
  return /invalid[_ ](?:json[_ ])?schema/i.test(`${JSON.stringify(body) ?? ""} ${String(message)}`);
}

/** What to send where an endpoint has refused an optional field of this request; null where that is not its complaint. */
export function simplerDialect(dialect: Dialect, request: ModelRequest, error: unknown): Dialect | null {
  const { status, error: body, message } = fields(error);
  if (status !== 400 && status !== 422) return null;
  const complaint = `${JSON.stringify(body) ?? ""} ${String(message)}`;
  if (dialect.usage && /stream_options|include_usage/.test(complaint)) return { ...dialect, usage: false };
  if (dialect.schema && request.schema && /response_format|json_schema|schema/i.test(complaint)) {
    return { ...dialect, schema: false };
  }
  if (dialect.bound === null || request.maxOutput === undefined) return null;
  if (!/max_(?:completion_)?tokens/.test(complaint)) return null;
  return { ...dialect, bound: dialect.bound === "max_completion_tokens" ? "max_tokens" : null };
}
