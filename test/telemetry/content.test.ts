import { homedir } from "node:os";
import { expect, it } from "vitest";
import type { RunEvent } from "../../src/rlm/events.ts";
import { redact } from "../../src/telemetry/redact.ts";
import { RowMapper } from "../../src/telemetry/row-mapper.ts";
import type { TableRow } from "../../src/telemetry/rows.ts";
import { sampleTree } from "../support/sample-run.ts";
import { opened, textIn } from "./support.ts";

const marker = "Marker7391";

/** The same events with a marker in each of their texts but names of models, ids and hashes. */
function marked(value: unknown, key = ""): unknown {
  const kept = ["type", "runId", "callId", "model", "root", "sub", "kind", "sha256", "status", "memory", "stopReason"];
  const fixed = [...kept, "finishReason", "choice", "role", "pricedBy"];
  if (typeof value === "string") return fixed.includes(key) ? value : `${marker} ${value}`;
  if (Array.isArray(value)) return value.map((item) => marked(item, key));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, marked(item, name)]));
}

const events = sampleTree().map((event) => marked(event) as RunEvent);
const failing: readonly RunEvent[] = [
  ...events,
  {
    ...{
      seq: 9_000,
      at: 1,
      runId: "r1",
      depth: 0,
      type: "cell.finished",
      turn: 9,
      cell: 1,
      cpuMs: 1,
      ms: 1,
      memory: "kept",
    },
    error: { name: `${marker}Error`, message: marker, excerpt: marker },
  },
  { seq: 9_001, at: 1, runId: "r1", depth: 0, type: "warning", code: `${marker} x`, message: marker },
];

function rowsOf(content: boolean): readonly TableRow[] {
  const mapper = new RowMapper({ content, factsOf: () => ({ queryId: "q", priceOf: () => null }) });
  return failing.flatMap((event) => mapper.rows(event));
}

it("stores no text of a run, wherever it stands in its events", () => {
  const rows = rowsOf(false);
  expect(rows.length).toBeGreaterThan(200);
  expect(JSON.stringify(rows)).not.toContain(marker);
});

it("stores texts where the user has opted into it", () => {
  const columns = new Set<string>();
  for (const [table, row] of rowsOf(true)) {
    for (const [name, value] of Object.entries(row)) {
      if (typeof value === "string" && value.includes(marker)) columns.add(`${table}.${name}`);
    }
  }
  const cells = ["cells.code", "cells.error_message", "cells.output"];
  expect([...columns].sort()).toEqual(["calls.prompt", "calls.reply", ...cells, "runs.answer", "runs.question"]);
});

it("keeps no text on disk either", async () => {
  const telemetry = opened("postgres://u:p@127.0.0.1:1/db");
  for (const event of events) telemetry.take(event);
  await telemetry.close();
  expect(textIn(telemetry.folder)).toContain("reply.finished");
  expect(textIn(telemetry.folder)).not.toContain(marker);
});

const secrets: readonly (readonly [string, string])[] = [
  ["a key of a provider", "sk-proj-abcdef0123456789"],
  ["a token of GitHub", "ghp_0123456789abcdefghij"],
  ["a key of a cloud", "AKIAABCDEFGHIJKLMNOP"],
  ["a web token", "eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0dXJl"],
  ["a password that is set", 'db_password = "hunter2hunter2"'],
  ["a login in a URL", "postgres://anna:s3cretpw@db.example.com/x"],
  ["a login in the URL of a host without dots", "redis://anna:s3cretpw@cache:6379/0"],
  ["a key that a name says", "myToken: 'abcdef0123456789'"],
  ["a header", "Authorization: Bearer abcdef0123456789"],
  ["a mail address", "anna.smith@example.com"],
  ["a private key", "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg\n-----END PRIVATE KEY-----"],
];

it.each(secrets)("leaves out %s", (_what, secret) => {
  const clean = redact(`before ${secret} after`);
  const telling = secret
    .match(/[\w-]{8,}/g)
    ?.filter((word) => !/^(PRIVATE|example|password|db_password|postgres|Authorization|-----)/.test(word));
  for (const word of telling ?? []) expect(clean).not.toContain(word);
  expect(clean).toMatch(/^before /);
  expect(clean).toMatch(/ after$/);
});

it("writes ~ for the home folder, and nothing that PostgreSQL can't store", () => {
  expect(redact(`${homedir()}/src/a.ts`)).toBe("~/src/a.ts");
  expect(redact("a\0b\ud800c")).toBe("ab\ufffdc");
  expect(redact("const total = sum(tokens); // 12 tokens")).toBe("const total = sum(tokens); // 12 tokens");
});
