import { blanker, blockComment, character, fenced, lineComment, quoted } from "./blank.ts";
import type { Language } from "./definitions-in-lines.ts";
import { member, outside, type Rule, rule, type Where } from "./rules.ts";

const group =
  (names: readonly string[]): Where =>
  (scope) =>
    scope.holds === "group" && names.includes(scope.name);

/** `const (` and its like: what stands in its lines is found by the rules for groups. */
const opener: Rule = (code, at, scope) => {
  const match = outside(scope) ? /(const|var|type)\s*\(/y : null;
  if (!match) return null;
  match.lastIndex = at;
  const found = match.exec(code.text);
  const name = found?.[1];
  if (!found || name === undefined) return null;
  return { name, nameAt: at, holds: "group", bodyFrom: at + found[0].length - 1, hidden: true };
};

export const go: Language = {
  endings: "go",
  blank: blanker([
    lineComment(String.raw`\/\/`),
    blockComment(String.raw`\/\*`, "*/"),
    quoted('"'),
    fenced("`", "`"),
    character,
  ]),
  rules: [
    opener,
    rule(outside, /func\s+(?:\([^()\n]*\)\s*)?(?<name>\w+)(?=\s*[([])/y, "function"),
    rule(outside, /type\s+(?<name>\w+)(?:\[[^\]\n]*\])?\s+(?=interface\b)/y, "type"),
    rule(outside, /type\s+(?<name>\w+)/y, "nothing"),
    rule(outside, /(?:const|var)\s+(?<name>[A-Z]\w*)/y, "nothing"),
    rule(group(["type"]), /(?<name>\w+)(?:\[[^\]\n]*\])?\s+(?=interface\b)/y, "type"),
    rule(group(["type"]), /(?<name>\w+)(?=[ \t=[])/y, "nothing"),
    rule(group(["const", "var"]), /(?<name>[A-Z]\w*)(?=[ \t\r\n=,)])/y, "nothing"),
    rule(member, /(?<name>\w+)(?=\()/y, "nothing"),
  ],
  bodies: "braces",
};
