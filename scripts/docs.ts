// `npm run docs`: writes docs/cell-functions.md from the table of the functions.
import { writeFileSync } from "node:fs";
import path from "node:path";
import { guestFunctions } from "../src/rlm/guest-functions.ts";

const headings = [
  ["look", "Look at the context"],
  ["ask", "Ask models"],
  ["run", "Run and answer"],
  [undefined, "Not in the system message"],
] as const;

export function cellFunctionsPage(): string {
  const sections = headings.map(([taught, heading]) => {
    const entries = guestFunctions
      .filter((f) => f.taught === taught)
      .map((f) => `### \`${f.signature}\`\n\n${f.doc}\n\n\`\`\`js\n${f.example}\n\`\`\``);
    return `## ${heading}\n\n${entries.join("\n\n")}`;
  });
  const head =
    "# What a cell can use\n\nThe functions of the REPL in which the root model works. Written by `npm run docs`.";
  return `${[head, ...sections].join("\n\n")}\n`;
}

if (import.meta.main) {
  writeFileSync(path.join(import.meta.dirname, "../docs/cell-functions.md"), cellFunctionsPage());
}
