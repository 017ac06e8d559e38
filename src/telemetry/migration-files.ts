import { readdirSync, readFileSync } from "node:fs";
import type { Tier } from "./capabilities.ts";

/** One file of SQL: `003-usage.plain.sql`. */
export interface MigrationFile {
  readonly name: string;
  readonly number: number;
  /** Where it runs; null: everywhere. */
  readonly variant: Tier | null;
  /** Runs at every migration: it makes what the settings say. */
  readonly repeat: boolean;
  readonly sql: string;
}

const folder = new URL(import.meta.url.endsWith(".ts") ? "../../sql/" : "./sql/", import.meta.url);
const pattern = /^(\d{3})-[a-z-]+(?:\.(plain|timescale|community))?(\.repeat)?\.sql$/;

/** All migrations of this version, in order. */
function migrationFiles(): readonly MigrationFile[] {
  const names = readdirSync(folder).filter((name) => pattern.test(name));
  return names.sort().map((name) => {
    const [, number = "", variant, repeat] = pattern.exec(name) ?? [];
    const sql = readFileSync(new URL(name, folder), "utf8");
    return { name, number: Number(number), variant: tierOf(variant), repeat: repeat !== undefined, sql };
  });
}

let own: number | null = null;

/** The version of the tables that this code writes and reads. */
export function schemaVersion(): number {
  own ??= Math.max(...migrationFiles().map(({ number }) => number));
  return own;
}

/** The files for a database, one a number: where there are several the one that uses most of it. */
export function filesFor(tier: Tier): readonly MigrationFile[] {
  const fitting = migrationFiles().filter(({ variant }) => variant === null || runsOn(variant, tier));
  const best = new Map<number, MigrationFile>();
  for (const file of fitting) {
    const other = best.get(file.number);
    if (!other || rank(file.variant) > rank(other.variant)) best.set(file.number, file);
  }
  return [...best.values()];
}

const tiers: readonly Tier[] = ["plain", "timescale", "community"];

/** Views stand in wherever there is nothing better. */
function runsOn(variant: Tier, tier: Tier): boolean {
  return tiers.indexOf(variant) <= tiers.indexOf(tier);
}

const ranked: readonly (string | null)[] = [null, ...tiers];

/** Larger for a variant that uses more of the database; 0 where there is only one. */
export function rank(variant: string | null): number {
  return ranked.indexOf(variant);
}

function tierOf(variant: string | undefined): Tier | null {
  return tiers.find((tier) => tier === variant) ?? null;
}
