import { c } from "./c.ts";
import { csharp } from "./csharp.ts";
import { type Definition, definitionsInLines, type Language } from "./definitions-in-lines.ts";
import { go } from "./go.ts";
import { java } from "./java.ts";
import { components, javascript } from "./javascript.ts";
import { kotlin } from "./kotlin.ts";
import { headings, isMarkdown } from "./markdown.ts";
import { php } from "./php.ts";
import { python } from "./python.ts";
import { ruby } from "./ruby.ts";
import { rust } from "./rust.ts";
import { shell } from "./shell.ts";
import { sql } from "./sql.ts";
import { swift } from "./swift.ts";

const languages = [javascript, components, python, go, rust, java, c, csharp, ruby, php, kotlin, swift, shell, sql];

const byEnding: ReadonlyMap<string, Language> = new Map(
  languages.flatMap((language) => language.endings.split(" ").map((ending) => [ending, language] as const)),
);

/** True where definitions are known for files of this ending, given in lower case. */
export function hasDefinitions(ending: string): boolean {
  return byEnding.has(ending) || isMarkdown(ending);
}

/** The definitions in a file's text, in the order of their lines; none for endings that are not known. */
export function definitionsOf(path: string, ending: string, text: string): Definition[] {
  if (isMarkdown(ending)) return headings(text);
  const language = byEnding.get(ending);
  return language ? definitionsInLines(path, text, language) : [];
}
