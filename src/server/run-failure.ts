import type { RunResult } from "../ask.ts";
import type { Failure } from "../rlm/failure.ts";
import { ApiError, type ApiErrorFields, badField } from "./api-error.ts";
import { type ChatOptions, samplingFields } from "./parameters.ts";

/** A result that can be told. @param signal the request's own @throws ApiError where there is none */
export function finished(
  result: RunResult,
  signal: AbortSignal,
  { sampling }: Pick<ChatOptions, "sampling">,
): RunResult {
  if (result.stopReason === "cancelled") throw signal.aborted ? signal.reason : clientGone();
  if (result.error) throw refusedSampling(result.error, sampling) ?? failedRun(result.error);
  return result;
}

/** Nobody reads this; the status is the one that nginx has for it. */
export function clientGone(): ApiError {
  return new ApiError({ status: 499, code: "client_closed_request", message: "The client went away." });
}

/** The error that tells why a run has failed. @param failure of a model, of the context, or of our own */
export function failedRun({ code, message }: Failure): ApiError {
  const fields = Object.hasOwn(known, code) ? known[code] : undefined;
  return fields ? new ApiError({ message, ...fields }) : ownMistake(message);
}

/** What no client is told: it may hold paths. @param cause what happened */
export function ownMistake(cause?: string): ApiError {
  const message = "The server made a mistake of its own; its terminal says which.";
  return new ApiError({ status: 500, code: "internal_error", message }, cause);
}

/** What an endpoint does not take of the request's own fields is the request's fault. */
function refusedSampling({ code, message }: Failure, sampling: ChatOptions["sampling"]): ApiError | null {
  if (code !== "bad-request") return null;
  const asked = Object.keys(sampling) as (keyof typeof sampling)[];
  const field = asked.map((key) => samplingFields[key]).find((name) => new RegExp(`\\b${name}\\b`).test(message));
  return field ? badField(field, message, "unsupported_value") : null;
}

/** The failed tries of a model's endpoint were repeated already: 502 is not to be tried again, see `errorHeaders`. */
const known: Readonly<Record<string, Omit<ApiErrorFields, "message">>> = {
  auth: { status: 502, code: "upstream_auth" },
  consent: { status: 502, code: "upstream_consent" },
  blocked: { status: 502, code: "upstream_blocked" },
  quota: { status: 429, code: "insufficient_quota", retryAfter: 60 },
  "rate-limit": { status: 429, code: "rate_limit_exceeded", retryAfter: 20 },
  "unknown-model": { status: 404, code: "model_not_found", param: "model" },
  timeout: { status: 504, code: "upstream_timeout" },
  network: { status: 502, code: "upstream_network" },
  server: { status: 502, code: "upstream_error" },
  "broken-stream": { status: 502, code: "upstream_broken_stream" },
  "empty-reply": { status: 502, code: "upstream_empty_reply" },
  schema: { status: 502, code: "answer_mismatch", param: "response_format" },
  "bad-request": { status: 502, code: "upstream_refused" },
  overflow: { status: 400, code: "context_length_exceeded", param: "messages" },
  empty: { status: 400, code: "empty_context", param: "messages" },
  unreadable: { status: 400, code: "unsupported_content", param: "messages" },
  "not-found": { status: 400, code: "unsupported_content", param: "messages" },
  "too-large": { status: 413, code: "request_too_large", param: "messages" },
};
