// Writes `l10n/bundle.l10n.json`: every text of the extension's host that a translation may replace.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

const root = path.join(import.meta.dirname, "..");
const bundle = path.join(root, "l10n/bundle.l10n.json");

/** A call with a plain text as its first argument, as the editor looks it up at run time. */
const call = /\bl10n\.t\(\s*("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')/g;

/** The texts in some code, and how many calls have none that can be read from it. */
export function textsIn(code: string): { readonly texts: string[]; readonly unread: number } {
  const texts = [...code.matchAll(call)].map(([, literal = '""']) => unquoted(literal));
  return { texts, unread: (code.match(/\bl10n\.t\(/g)?.length ?? 0) - texts.length };
}

/** All texts of `src/vscode`, in order, with the files that have calls which can't be read. */
export function hostTexts(): { readonly texts: readonly string[]; readonly unreadIn: readonly string[] } {
  const folder = path.join(root, "src/vscode");
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
  const read = files.map((name) => ({ name, ...textsIn(readFileSync(path.join(folder, name), "utf8")) }));
  const texts = [...new Set(read.flatMap((file) => file.texts))].sort();
  return { texts, unreadIn: read.filter(({ unread }) => unread > 0).map(({ name }) => name) };
}

function unquoted(literal: string): string {
  if (literal.startsWith('"')) return JSON.parse(literal) as string;
  const inside = literal.slice(1, -1).replaceAll("\\'", "'").replaceAll('"', '\\"');
  return JSON.parse(`"${inside}"`) as string;
}

if (import.meta.main) {
  mkdirSync(path.dirname(bundle), { recursive: true });
  const entries = hostTexts().texts.map((text) => [text, text] as const);
  writeFileSync(bundle, `${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`);
}
