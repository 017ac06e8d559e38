import type { Preset } from "./presets.ts";

/** Where the requests of an endpoint go. */
export interface ApiUrl {
  /** With its query, without a slash at its end. */
  readonly baseUrl: string;
  /** For Azure's older form, in which the URL names the deployment; null for all others. */
  readonly deployments: Deployments | null;
}

interface Deployments {
  /** `https://…/openai/deployments` */
  readonly root: string;
  /** `?api-version=…` */
  readonly query: string;
  /** The one that the user's URL names; null where it names none. */
  readonly named: string | null;
}

/** The newest stable version: https://learn.microsoft.com/azure/ai-foundry/openai/reference. */
const defaultApiVersion = "2024-10-21";
const datedVersion = /^\d{4}-\d{2}-\d{2}/;

/** Completes a base URL: a bare host gets the path of its API, a full request URL loses its end. */
export function apiUrl(url: URL, preset: Preset): ApiUrl {
  const path = url.pathname.replace(/\/+$/, "").replace(/\/chat\/completions$/, "") || "/";
  const deployments = preset.keyHeader === "api-key" ? deploymentsOf(url, path) : null;
  if (deployments) return { baseUrl: `${deployments.root}${deployments.query}`, deployments };
  const complete = preset.barePaths.includes(path) ? preset.apiPath : path;
  return { baseUrl: `${url.origin}${complete === "/" ? "" : complete}${url.search}`, deployments: null };
}

/** The URL that a model's requests begin with. */
export function urlOfModel({ baseUrl, deployments }: ApiUrl, model: string): string {
  return deployments ? `${deployments.root}/${encodeURIComponent(model)}${deployments.query}` : baseUrl;
}

/** Azure's older form: a deployment in the path, or a dated `api-version` on a bare resource. */
function deploymentsOf(url: URL, path: string): Deployments | null {
  const named = /^\/openai\/deployments\/([^/]+)$/.exec(path)?.[1];
  const version = url.searchParams.get("api-version") ?? "";
  const bare = ["/", "/openai", "/openai/deployments"].includes(path) && datedVersion.test(version);
  if (named === undefined && !bare && path !== "/openai/deployments") return null;
  const query = new URLSearchParams(url.searchParams);
  if (!version) query.set("api-version", defaultApiVersion);
  return {
    root: `${url.origin}/openai/deployments`,
    query: `?${query}`,
    named: named === undefined ? null : decodeURIComponent(named),
  };
}
