import type { OpenAI } from "openai";
import type { Endpoint } from "./endpoint.ts";

/** The longest time that a timer can wait: the client's own time-out must never come first. */
const never = 2_147_483_647;

/**
 * The `openai` client for an endpoint, loaded at its first use.
 * Every option is given, because the client fills what is missing from OPENAI_* variables.
 */
export async function openClient(endpoint: Endpoint): Promise<OpenAI> {
  const { OpenAI: Client } = await import("openai");
  return new Client({
    baseURL: endpoint.baseUrl,
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
function fetchFor({ apiKey, headers: own }: Endpoint): typeof fetch {
  return (input, init) => {
    const given = new Headers(init?.headers);
    const headers = new Headers({ "user-agent": "rlm-vscode", accept: given.get("accept") ?? "application/json" });
    const type = given.get("content-type");
    if (type) headers.set("content-type", type);
    if (apiKey !== null) headers.set("authorization", `Bearer ${apiKey}`);
    for (const [name, value] of Object.entries(own)) headers.set(name, value);
    // Looked up at each call: VS Code replaces the global one to add its proxy support.
    return globalThis.fetch(input, { ...init, headers, redirect: "manual" });
  };
}
