import { oneLine } from "../rlm/cut.ts";
import { ModelFailure, type ModelFailureCode } from "../rlm/model.ts";
import { type Endpoint, howToSetKey, urlExample } from "./endpoint.ts";
import type { Pause } from "./endpoint-gate.ts";
import { redact } from "./redact.ts";
import { ReplyProblem, type ReplyProblemKind } from "./reply-problem.ts";
import { retryAfterMs } from "./retry.ts";
import { fields } from "./usage.ts";

/** How often a failure is tried again: not at all, once, twice, or as often as the caller allows. */
export type Retry = "never" | "once" | "twice" | "often";

/** A failure of one try. */
export interface Trouble {
  readonly failure: ModelFailure;
  readonly retry: Retry;
  /** How long the endpoint asks to wait, in milliseconds; null where it does not say. */
  readonly retryAfterMs: number | null;
  readonly status: number | null;
  /** True where the endpoint itself says that it does not have the model. */
  readonly aboutModel: boolean;
}

/** What an endpoint says about an error. */
interface Stated {
  readonly status: number | null;
  readonly code: string;
  /** One line without secrets; empty where it says nothing. */
  readonly words: string;
  /** True where there was a body of the form that OpenAI-compatible endpoints have. */
  readonly stated: boolean;
}

const maxWords = 300;

/** Turns what a try has thrown into a failure for the user and a rule for the next try; throws a mistake of our own on. */
export function troubleOf(error: unknown, endpoint: Endpoint, model: string): Trouble {
  if (error instanceof ModelFailure) return trouble(error.code, error.message, "never");
  if (error instanceof ReplyProblem) return replyTrouble(error, endpoint, model);
  if (!isFromOutside(error)) throw error;
  const said = statedError(error, endpoint);
  if (said.status === null) return unnumberedTrouble(error, said, endpoint, model);
  const found = statusTrouble(said, said.status, endpoint, model);
  const asked = retryAfterMs(headersOf(error), Date.now());
  return { ...found, status: said.status, retryAfterMs: asked, aboutModel: isAboutModel(said) };
}

/** The failure that ends a call, with what was tried before it. */
export function givenUp({ failure, retryAfterMs: asked }: Trouble, tries: number, waitedMs: number): ModelFailure {
  if (tries > 1) {
    const after = `Tried ${tries} times, ${seconds(waitedMs)} of waiting in all.`;
    return new ModelFailure(failure.code, `${sentence(failure.message)} ${after}`);
  }
  if (asked === null || asked < 1000) return failure;
  return new ModelFailure(failure.code, `${sentence(failure.message)} It asks to wait ${seconds(asked)}.`);
}

/** The failure of a call that was held back again and again by an endpoint that allows no requests. */
export function heldTooOften({ failure, round }: Pause): ModelFailure {
  const message = `${sentence(failure.message)} It asked for ${round} pauses in a row.`;
  return new ModelFailure(failure.code, message);
}

/** @param known models of the endpoint; null where it does not list them */
export function unknownModel(model: string, { host, preset }: Endpoint, known: readonly string[] | null): ModelFailure {
  const shown = [...(known ?? [])].sort((a, b) => sharedStart(b, model) - sharedStart(a, model)).slice(0, 5);
  const more = known && known.length > shown.length ? `, and ${known.length - shown.length} more` : "";
  const has = shown.length > 0 ? `It has ${shown.join(", ")}${more}. ` : "";
  const choice = `${has}${preset.getModel}`;
  return new ModelFailure("unknown-model", `${host} has no model “${model}” for this key. ${choice}`);
}

export function wrongUrl({ baseUrl, host }: Endpoint): ModelFailure {
  const path = new URL(baseUrl).pathname;
  return new ModelFailure("bad-request", `${host} has no chat completions under ${path} (404). ${urlExample}`);
}

function trouble(code: ModelFailureCode, message: string, retry: Retry): Trouble {
  return { failure: new ModelFailure(code, message), retry, retryAfterMs: null, status: null, aboutModel: false };
}

function replyTrouble({ code, waitedMs }: ReplyProblem, { host, preset }: Endpoint, model: string): Trouble {
  const perhapsTooLong = preset.cutsPrompts ? ` If the prompt was too long: ${preset.widen}` : "";
  const rules: Record<ReplyProblemKind, readonly [ModelFailureCode, Retry, string]> = {
    silent: ["timeout", "once", `${host} sent nothing for ${seconds(waitedMs)}. Is it busy, or still loading a model?`],
    stalled: ["timeout", "never", `The reply of ${host} stopped for ${seconds(waitedMs)}. Ask again.`],
    cut: ["broken-stream", "once", `The reply of ${host} broke off before its end. Ask again.`],
    oversized: ["broken-stream", "never", `${host} sent more in one piece than can be read. Choose another model.`],
    foreign: ["bad-request", "never", `${host} answered with JSON that is no chat completion. ${urlExample}`],
    "web-page": ["bad-request", "never", `${host} answered with a web page instead of JSON. ${urlExample}`],
    empty: [
      "empty-reply",
      "once",
      `“${model}” at ${host} gave an empty reply. Ask again, or choose another model.${perhapsTooLong}`,
    ],
    "tool-call": [
      "empty-reply",
      "once",
      `“${model}” at ${host} called a tool instead of writing a reply. Ask again, or choose another model.`,
    ],
    filtered: ["empty-reply", "never", `The content filter of ${host} withheld the reply. Ask in other words.`],
    "used-up": [
      "empty-reply",
      "never",
      `“${model}” at ${host} reached its output limit before it wrote anything. Choose another model or a higher limit.${perhapsTooLong}`,
    ],
  };
  const [failureCode, retry, message] = rules[code];
  return trouble(failureCode, message, retry);
}

const unknownModelCodes = /model_not_found|invalid_model|model_not_exist|DeploymentNotFound/;
const unknownModelWords =
  /\bmodel\b.*(?:does not exist|not found|is not available|unknown)|not a valid model|no such model/i;
const overflowCodes = /context_length_exceeded|exceed_context_size|string_above_max_length/;
/** OpenAI and vLLM; llama.cpp and LM Studio; vLLM, newer and older. */
const overflowWords = [
  /context (?:length|window|size)|maximum context|too many (?:input )?tokens|exceeds? .*\btokens\b/i,
  /(?:prompt|input|request) is too (?:long|large)|\bn_keep\b.*\bn_ctx\b/i,
  /maximum model length|max_tokens must be at least 1, got -/i,
];
const filterCodes = /content_filter|content_policy_violation|ResponsibleAIPolicyViolation/;
const quotaCodes = /insufficient_quota|billing|insufficient_credits/;

function statusTrouble(said: Stated, status: number, endpoint: Endpoint, model: string): Trouble {
  const { host, apiKey } = endpoint;
  const words = said.words ? `: ${said.words}` : ".";
  if (status === 401 && apiKey === null) return trouble("auth", `${host} wants a key (401): ${howToSetKey}.`, "never");
  if (status === 401) return trouble("auth", `The key was refused by ${host} (401): ${howToSetKey}.`, "never");
  if (status === 403) {
    return trouble(
      "auth",
      `${host} refused access (403)${sentence(words)} To use another key, ${howToSetKey}.`,
      "never",
    );
  }
  if (status === 402 || (status === 429 && quotaCodes.test(said.code))) {
    return trouble(
      "rate-limit",
      `The account has no credit left at ${host} (${status}). Check its plan and billing.`,
      "never",
    );
  }
  if (status === 429 && /request too large/i.test(said.words)) return overflow(said, endpoint, model);
  if (status === 429) return trouble("rate-limit", `${host} allows no more requests for now (429).`, "often");
  if (status === 413 || ((status === 400 || status === 422) && isOverflow(said))) {
    return overflow(said, endpoint, model);
  }
  if (status === 400 && filterCodes.test(said.code)) {
    return trouble("bad-request", `The content filter of ${host} refused the messages (400)${words}`, "never");
  }
  if (status === 404 || (status === 400 && isAboutModel(said))) {
    return trouble("unknown-model", unknownModel(model, endpoint, null).message, "never");
  }
  if (status === 408) return trouble("timeout", `${host} ran out of time (408).`, "often");
  if (status === 409 || status >= 500) return trouble("server", `${host} failed (${status})${words}`, "often");
  if (status >= 300 && status < 400) {
    return trouble(
      "bad-request",
      `${host} is not the endpoint itself: it redirects (${status}). ${urlExample}`,
      "never",
    );
  }
  return trouble("bad-request", `${host} refused the request (${status})${words}`, "never");
}

function overflow({ status, words }: Stated, { host, preset }: Endpoint, model: string): Trouble {
  const said = `${status === null ? "" : ` (${status})`}${words && `: ${words}`}`;
  const message = `${sentence(`The messages are too long for “${model}” at ${host}${said}`)} ${preset.widen}`;
  return trouble("overflow", message, "never");
}

const refused = /ECONNREFUSED/;
const unresolved = /ENOTFOUND|EAI_AGAIN/;
const tls = /CERT|SSL|TLS|SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER|EPROTO/;
const slow = /ETIMEDOUT|TIMEOUT/;

/** An error without an HTTP status: the connection failed, or the endpoint reported it inside its stream. */
function unnumberedTrouble(error: unknown, said: Stated, endpoint: Endpoint, model: string): Trouble {
  if (!said.stated) return connectionTrouble(causeCode(error), endpoint);
  if (isOverflow(said)) return overflow(said, endpoint, model);
  const words = said.words ? `: ${said.words}` : ".";
  return trouble("server", `${endpoint.host} failed while it replied${words}`, "once");
}

function connectionTrouble(code: string, { host, preset }: Endpoint): Trouble {
  if (unresolved.test(code)) {
    return trouble("network", `The name ${host} can't be resolved. Check the base URL and the network.`, "twice");
  }
  if (refused.test(code)) return trouble("network", `Nothing answers at ${host}. ${preset.start}`, "twice");
  if (tls.test(code)) {
    const hint = "Check http or https in the base URL, and the certificates";
    return trouble("network", `No safe connection to ${host} (${code}). ${hint}.`, "never");
  }
  if (slow.test(code)) return trouble("timeout", `${host} did not answer in time (${code}).`, "once");
  return trouble("network", `The connection to ${host} failed${code && ` (${code})`}. Check the network.`, "twice");
}

function isAboutModel({ code, words }: Stated): boolean {
  return unknownModelCodes.test(code) || unknownModelWords.test(words);
}

function isOverflow({ code, words }: Stated): boolean {
  return overflowCodes.test(code) || overflowWords.some((form) => form.test(words));
}

/** True for errors of the client, of the network and of an endpoint; they carry one of these fields. */
function isFromOutside(error: unknown): boolean {
  return error instanceof Error && ["headers", "error", "cause"].some((name) => name in error);
}

/** Reads an error of the `openai` client, or one that came inside a stream, by its fields. */
function statedError(error: unknown, endpoint: Endpoint): Stated {
  const thrown = fields(error);
  const body = thrown.error;
  const detail = fields(body);
  const status = [thrown.status, detail.code, detail.status].find(isStatus) ?? null;
  const message = [detail.message, wordsOf(detail.detail), body, thrown.message].find(
    (text) => typeof text === "string",
  );
  // The client puts the status before a body that is not JSON.
  const raw = String(message ?? "").replace(/^\d{3} /, "");
  const words = /^\s*</.test(raw) ? "a web page" : oneLine(redact(raw, endpoint.secrets), maxWords);
  const code = [thrown.code, detail.code, thrown.type, detail.type]
    .filter((part) => typeof part === "string")
    .join(" ");
  return { status, code, words, stated: body !== undefined && words !== "a web page" };
}

/** What FastAPI says in `detail`: a text, or a list of what is wrong with which field. */
function wordsOf(detail: unknown): string | undefined {
  if (typeof detail === "string") return detail;
  if (!Array.isArray(detail)) return undefined;
  return detail
    .map((entry) => fields(entry))
    .map(({ loc, msg }) => `${Array.isArray(loc) ? loc.join(".") : ""} ${typeof msg === "string" ? msg : ""}`.trim())
    .join("; ");
}

function isStatus(value: unknown): value is number {
  return typeof value === "number" && value >= 300 && value < 600;
}

/** The first error code in a chain of causes, such as `ECONNREFUSED`. */
function causeCode(error: unknown): string {
  let cause: unknown = error;
  for (let depth = 0; depth < 6 && cause; depth += 1) {
    const { code, cause: next, errors } = fields(cause);
    if (typeof code === "string" && /^[A-Z][A-Z0-9_]+$/.test(code)) return code;
    cause = next ?? (Array.isArray(errors) ? errors[0] : undefined);
  }
  return "";
}

function headersOf(error: unknown): Headers | null {
  const { headers } = fields(error);
  return headers instanceof Headers ? headers : null;
}

function sharedStart(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length += 1;
  return length;
}

function sentence(text: string): string {
  return /[.!?…]$/.test(text) ? text : `${text}.`;
}

function seconds(ms: number): string {
  return `${ms < 10_000 ? Number((ms / 1000).toPrecision(2)) : Math.round(ms / 1000)} s`;
}
