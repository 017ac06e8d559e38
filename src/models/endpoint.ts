import { ModelFailure } from "../rlm/model.ts";
import { type ApiUrl, apiUrl } from "./api-url.ts";
import { type Preset, presetFor } from "./presets.ts";
import { redact } from "./redact.ts";

/** How both the terminal and the editor tell to set a key. */
export const howToSetKey = "set OPENAI_API_KEY in a terminal, or run “RLM: Set API Key…” in VS Code";

/** Where models are and how to be let in. */
export interface EndpointOptions {
  readonly baseUrl: string;
  /** Sent in the header that the endpoint wants it in; null: none is sent. */
  readonly apiKey: string | null;
  /** Sent with every request, such as `api-key`. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** An endpoint whose address and key have been checked. */
export interface Endpoint extends ApiUrl {
  readonly preset: Preset;
  readonly origin: string;
  /** As messages name it, such as `api.openai.com` or `127.0.0.1:11434`. */
  readonly host: string;
  readonly apiKey: string | null;
  /** The key's header and the user's own. */
  readonly headers: Readonly<Record<string, string>>;
  /** What no message may hold. */
  readonly secrets: readonly string[];
}

/** @throws ModelFailure where the base URL or the key can't be right */
export function checkEndpoint({ baseUrl, apiKey, headers = {} }: EndpointOptions): Endpoint {
  const key = apiKey?.trim() || null;
  const secrets = [...(key === null ? [] : [key]), ...Object.values(headers)];
  const url = URL.canParse(baseUrl.trim()) ? new URL(baseUrl.trim()) : null;
  if (!url || !/^https?:$/.test(url.protocol)) {
    const given = redact(baseUrl, secrets).slice(0, 80);
    throw new ModelFailure("bad-request", `The base URL “${given}” is not an http(s) URL. ${urlExample}`);
  }
  if (url.username || url.password) {
    throw new ModelFailure(
      "bad-request",
      `The base URL holds a user name or a password. Remove it and ${howToSetKey}.`,
    );
  }
  if (key !== null && !/^[\x21-\x7e]+$/.test(key)) {
    throw new ModelFailure("auth", `The key for ${url.host} holds characters that no key has: ${howToSetKey}.`);
  }
  const preset = presetFor(url.href);
  return {
    ...apiUrl(url, preset),
    preset,
    origin: url.origin,
    host: url.host,
    apiKey: key,
    headers: { ...keyHeader(key, preset), ...headers },
    secrets: [...secrets, ...keysInQuery(url)],
  };
}

function keyHeader(key: string | null, { keyHeader: name }: Preset): Record<string, string> {
  if (key === null) return {};
  return { [name]: name === "authorization" ? `Bearer ${key}` : key };
}

/** Some gateways take a key in the query. */
function keysInQuery({ searchParams }: URL): string[] {
  return [...searchParams].filter(([name]) => name !== "api-version").map(([, value]) => value);
}

export const urlExample = "An OpenAI-compatible one looks like https://api.openai.com/v1 or http://127.0.0.1:11434/v1.";
