import { readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type * as z from "zod";
import { type Connection, connect } from "../../src/telemetry/connect.ts";
import { recordShapes } from "../../src/telemetry/record-rows.ts";
import { shell } from "../cli/rlm.ts";
import { root } from "../support/packaged.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { postgresPrograms, startPostgres, type TempPostgres } from "./temp-postgres.ts";

const isMissing = postgresPrograms() === null && process.env.CI !== "true";
const pages = ["telemetry.md", "token-cache.md", "query-api.md"];

const page = (name: string) => readFileSync(path.join(root, "docs", name), "utf8");

/** The fenced examples of a page in one language. */
function examples(name: string, language: string): readonly string[] {
  return [...page(name).matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\`$`, "gm"))].map(
    ([, code = ""]) => code,
  );
}

let server: TempPostgres;
let client: Connection["client"];

beforeAll(async () => {
  if (isMissing) return;
  server = await startPostgres();
  ({ client } = await connect(server.dsn));
});

afterAll(async () => {
  await client?.end();
  await server?.stop();
});

it.skipIf(isMissing)(
  "has commands and SQL that work as they stand",
  async () => {
    const cwd = tempFolder({ "src/retry.ts": "export const retries = 3; // Retries are handled here.\n" });
    const env = { RLM_TELEMETRY_DSN: server.dsn, RLM_TELEMETRY_SPOOL: path.join(cwd, "spool"), HOME: cwd };
    let run = "";
    for (const name of pages) {
      for (const block of examples(name, "sh")) {
        for (const line of block.trim().split("\n")) {
          const command = line.replace(/^rlm /, "$rlm ").replace("$RUN", run);
          const { code, stderr } = await shell(command, { cwd, env });
          expect([line, code, code === 0 ? "" : stderr]).toEqual([line, 0, ""]);
          if (run !== "" || !line.startsWith("rlm ask")) continue;
          const { rows } = await client.query("SELECT run_id FROM rlm.runs");
          run = rows[0].run_id;
        }
      }
    }
    expect(run).not.toBe("");
    const statements = pages.flatMap((name) => examples(name, "sql"));
    expect(statements.length).toBeGreaterThan(6);
    for (const sql of statements) await client.query(sql);
    // The role that the page makes may make the tables.
    const { rows } = await client.query("SELECT has_schema_privilege('rlm_owner', 'rlm', 'CREATE') AS may");
    expect(rows[0].may).toBe(true);
  },
  120_000,
);

/** A field's type as the page writes it. */
function typeOf(schema: z.ZodType): string {
  const { def } = schema as unknown as {
    def: { type: string; innerType?: z.ZodType; entries?: Record<string, string> };
  };
  if (def.type === "nullable" && def.innerType) return `${typeOf(def.innerType)} \\| null`;
  if (def.type === "enum")
    return Object.values(def.entries ?? {})
      .map((value) => `"${value}"`)
      .join(" \\| ");
  return { date: "Date", array: "string[]" }[def.type] ?? def.type;
}

it.each(Object.entries(recordShapes))("lists the fields of %s as they are", (name, shape) => {
  const [, section = ""] = page("query-api.md").split(`### ${name}\n`);
  const [own = ""] = section.split("\n### ");
  const listed = [...own.matchAll(/^\| `(\w+)` \| `(.*?)` \|/gm)].map(([, field, type]) => [field, type]);
  expect(listed).toEqual(Object.entries(shape.shape).map(([field, schema]) => [field, typeOf(schema as z.ZodType)]));
});
