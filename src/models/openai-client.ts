import type { OpenAI } from "openai";
import type { Endpoint } from "./endpoint.ts";

/** The longest time that a timer can wait: the client's own time-out must never come first. */
const never = 2_147_483_647;
/** How much of an error's body is read, in bytes; the rest would not be shown. */
const maxErrorBytes = 100_000;

/**
 * The `openai` client for an endpoint, loaded at its first use.
 * Every option is given, because the client fills what is missing from OPENAI_* variables.
 * @param baseUrl where its requests go, with a query perhaps
 */
export async function openClient(endpoint: Endpoint, baseUrl = endpoint.baseUrl): Promise<OpenAI> {
  const { OpenAI: Client } = await import("openai");
  return new Client({
    baseURL: baseUrl,
    // The client refuses to start without a key; `fetchFor` sends the real one, or none.
    apiKey: "unused",
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    timeout: never,
    maxRetries: 0,
    defaultHeaders: {},
    defaultQuery: {},
    fetchOptions: {},
    dangerouslyAllowBrowser: false,
    logLevel: "off",
    fetch: fetchFor(endpoint),
  });
}

/**
 * Sends nothing but our own headers: the client also adds those of OPENAI_CUSTOM_HEADERS and some about the machine.
 * Redirects are not followed, so that a key never reaches another origin.
 */
function fetchFor({ headers: own }: Endpoint): typeof fetch {
  return async (input, init) => {
    const given = new Headers(init?.headers);
    const headers = new Headers({ "user-agent": "rlm-vscode", accept: given.get("accept") ?? "application/json" });
    const type = given.get("content-type");
    if (type) headers.set("content-type", type);
    for (const [name, value] of Object.entries(own)) headers.set(name, value);
    // Looked up at each call: VS Code replaces the global one to add its proxy support.
    const response = await globalThis.fetch(input, { ...init, headers, redirect: "manual" });
    return response.ok || !response.body ? response : cutError(response, response.body);
  };
}

/** The client reads the body of an error to its end, which may never come. */
async function cutError({ status, headers }: Response, body: ReadableStream<Uint8Array>): Promise<Response> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of body) {
    pieces.push(piece);
    bytes += piece.byteLength;
    if (bytes >= maxErrorBytes) break;
  }
  return new Response(Buffer.concat(pieces), { status, headers });
}
