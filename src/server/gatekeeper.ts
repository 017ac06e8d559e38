import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import { hostname, networkInterfaces } from "node:os";
import { ApiError } from "./api-error.ts";

/** Whom a server lets in. */
export interface GateOptions {
  /** Where it listens. */
  readonly host: string;
  /** Null: any key, or none. */
  readonly token: string | null;
}

/** Checks the headers of a request before anything of it is read. @throws ApiError 401, 403 */
export type Gatekeeper = (request: IncomingMessage) => void;

/** What a browser says of an address that the user has typed, or of a page from here. */
const ownSites: ReadonlySet<string> = new Set(["none", "same-origin"]);

const loopbackNames: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** True for an address that only this machine can reach. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

/**
 * A web page that a user visits can reach a loopback server too: under a host name of its own that resolves here (Host),
 * or by a request whose answer it does not see (Origin; Sec-Fetch-Site, where that is an image or a script). None is let in.
 */
export function gatekeeperFor({ host, token }: GateOptions): { readonly hosts: Gatekeeper; readonly keys: Gatekeeper } {
  const names = namesOf(host);
  return {
    hosts: ({ headers, url = "" }) => {
      const host = hostOf(url, headers.host ?? "");
      if (!names.has(hostIn(host))) throw forbidden("host_not_allowed", "Host", host);
      const site = headers["sec-fetch-site"];
      if (site !== undefined && !ownSites.has(String(site))) {
        throw forbidden("origin_not_allowed", "Sec-Fetch-Site", String(site));
      }
      if (headers.origin !== undefined) throw forbidden("origin_not_allowed", "Origin", headers.origin);
    },
    keys: ({ headers }) => {
      if (token === null) return;
      const [, given] = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? "") ?? [];
      if (given === undefined) throw unauthorized("This server wants its token: Authorization: Bearer TOKEN.");
      if (!isSame(given, token)) throw unauthorized("The token is not that of this server.");
    },
  };
}

/** The names that a client may have for a server which listens on a host. */
function namesOf(host: string): ReadonlySet<string> {
  if (isLoopback(host)) return new Set([...loopbackNames, bracketed(host)]);
  const isAll = host === "0.0.0.0" || host === "::" || host === "";
  if (!isAll) return new Set([bracketed(host)]);
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list?.map(({ address }) => address) ?? []);
  return new Set([...loopbackNames, hostname().toLowerCase(), ...addresses.map(bracketed)]);
}

function bracketed(host: string): string {
  return isIP(host) === 6 ? `[${host.toLowerCase()}]` : host.toLowerCase();
}

/** A whole URL in the request line goes before the header. */
function hostOf(url: string, header: string): string {
  return url.startsWith("/") ? header : (/^https?:\/\/([^/?#]*)/i.exec(url)?.[1] ?? "");
}

/** Without the port: one may be forwarded from another. */
function hostIn(header: string): string {
  return header.toLowerCase().replace(/:\d{1,5}$/, "");
}

function isSame(given: string, token: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(token));
}

function forbidden(code: string, what: string, given: string): ApiError {
  const message = `Requests with ${what}: ${given.slice(0, 100)} are not let in.`;
  return new ApiError({ status: 403, code, param: what.toLowerCase(), message });
}

function unauthorized(message: string): ApiError {
  return new ApiError({ status: 401, code: "invalid_api_key", message });
}
