import { readFileSync } from "node:fs";
import type { ConnectionOptions } from "node:tls";
import { TelemetryError } from "./telemetry-error.ts";

/** A database as a DSN names it. */
export interface Target {
  /** Without any parameter of TLS. Holds the password. */
  readonly url: string;
  /** `host:port/database`, for messages. */
  readonly shown: string;
  /** How to connect: each in turn, where a server takes no TLS. */
  readonly tls: readonly (ConnectionOptions | false)[];
}

const modes = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"] as const;
type SslMode = (typeof modes)[number];

/**
 * Reads `postgres://user:password@host:port/database?sslmode=…`. The modes of TLS mean what they mean to libpq, `prefer`
 * is the default, and for a server on this machine `disable`; `sslrootcert`, `sslcert` and `sslkey` are files.
 * @throws TelemetryError `bad-dsn`
 */
export function readDsn(dsn: string): Target {
  const url = URL.canParse(dsn.trim()) ? new URL(dsn.trim()) : null;
  if (!url || !/^postgres(ql)?:$/.test(url.protocol) || !isDecodable(url.pathname)) {
    throw new TelemetryError("bad-dsn", "The DSN is not of the form postgres://user:password@host:5432/database.");
  }
  const port = url.searchParams.get("port") || url.port || "5432";
  const shown = `${hostOf(url) || "localhost"}:${port}${url.pathname}`;
  const tls = tlsOf(url);
  for (const name of ["sslmode", "ssl", "sslrootcert", "sslcert", "sslkey"]) url.searchParams.delete(name);
  return { url: url.href, shown, tls };
}

/** A parameter goes before what stands in its place; a path is the folder of a socket. */
function hostOf(url: URL): string {
  return url.searchParams.get("host") || url.hostname;
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

function tlsOf(url: URL): readonly (ConnectionOptions | false)[] {
  const file = (name: string) => {
    const path = url.searchParams.get(name);
    return path === null ? undefined : readPem(name, path);
  };
  const [ca, cert, key] = [file("sslrootcert"), file("sslcert"), file("sslkey")];
  const files = { ...(ca ? { ca } : {}), ...(cert ? { cert } : {}), ...(key ? { key } : {}) };
  const unchecked = { ...files, rejectUnauthorized: false };
  // Only the name is not looked at: whoever holds a certificate of that authority is believed.
  const chain = { ...files, rejectUnauthorized: true, checkServerIdentity: () => undefined };
  switch (modeOf(url)) {
    case "disable":
      return [false];
    case "allow":
    case "prefer":
      return [unchecked, false];
    case "require":
      return [ca ? chain : unchecked];
    case "verify-ca":
      return [chain];
    case "verify-full":
      return [{ ...files, rejectUnauthorized: true, host: hostOf(url).replace(/^\[|\]$/g, "") }];
  }
}

function modeOf(url: URL): SslMode {
  const given = url.searchParams.get("sslmode");
  if (given === null) return isLocal(hostOf(url)) ? "disable" : "prefer";
  const mode = modes.find((known) => known === given);
  if (mode) return mode;
  throw new TelemetryError("bad-dsn", `The DSN has sslmode=${given}; there are ${modes.join(", ")}.`);
}

function isLocal(host: string): boolean {
  return host === "" || host.startsWith("/") || host === "localhost" || host === "[::1]" || /^127\./.test(host);
}

function readPem(name: string, path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? ` (${String(error.code)})` : "";
    throw new TelemetryError("bad-dsn", `The file that the DSN gives as ${name} can't be read: ${path}${code}.`);
  }
}
