import type { IncomingHttpHeaders } from "node:http";
import { ApiError } from "./api-error.ts";

const header = "x-rlm-depth";
/** A server that asks itself for its own models would never end. */
const mostHops = 2;

/** How many servers of this kind a request has passed, this one included. @throws ApiError 400 where it goes in a loop */
export function hopsOf(headers: IncomingHttpHeaders): number {
  const stated = headers[header];
  if (stated === undefined) return 1;
  const hops = Number(/\d{1,3}$/.exec(String(stated))?.[0] ?? mostHops) + 1;
  if (hops <= mostHops) return hops;
  const message =
    "This request comes from a run of a server like this one, which was asked by another: it goes in a loop.";
  throw new ApiError({ status: 400, code: "loop_detected", param: header, message });
}

/** Tells the next server. Not the number alone: values of headers are kept out of messages, where a number may stand. */
export function hopsHeader(hops: number): Record<string, string> {
  return { [header]: `depth-${hops}` };
}
