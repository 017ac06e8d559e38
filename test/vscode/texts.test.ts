import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { hostTexts, textsIn } from "../../scripts/texts.ts";

const root = join(import.meta.dirname, "../..");
const read = (file: string): Record<string, unknown> => JSON.parse(readFileSync(join(root, file), "utf8"));
const manifest = readFileSync(join(root, "package.json"), "utf8");
const named = [...manifest.matchAll(/"%([^%"]+)%"/g)].map(([, key = ""]) => key);
const translated = readdirSync(root).filter((name) => /^package\.nls\..+\.json$/.test(name));
const bundles = readdirSync(join(root, "l10n")).filter((name) => /^bundle\.l10n\..+\.json$/.test(name));

describe("the texts of the manifest", () => {
  it("are each in package.nls.json, which has no other", () => {
    expect(Object.keys(read("package.nls.json")).sort()).toEqual([...new Set(named)].sort());
  });

  it("all stand there: none is written into the manifest itself", () => {
    const { contributes } = JSON.parse(manifest) as { contributes: Record<string, unknown> };
    const fields =
      /"(title|name|description|markdownDescription|patternErrorMessage|contents|label|altText)":"(?!%|RLM"|[a-z_]+")[^"]/g;
    // The schema of a tool's input is for models; a name in small letters is typed as it is.
    const shown = JSON.stringify(contributes, (key, value: unknown) => (key === "inputSchema" ? undefined : value));
    expect(shown.match(fields) ?? []).toEqual([]);
  });

  it("are whole in every translation", () => {
    for (const file of translated)
      expect([file, Object.keys(read(file)).sort()]).toEqual([file, [...new Set(named)].sort()]);
  });
});

describe("the texts of the host", () => {
  it("are in the bundle, all and only these: `npm run texts` writes it", () => {
    const { texts, unreadIn } = hostTexts();
    expect(unreadIn).toEqual([]);
    expect(Object.keys(read("l10n/bundle.l10n.json"))).toEqual([...texts]);
  });

  it("are whole in every translation", () => {
    for (const file of bundles) {
      expect([file, Object.keys(read(join("l10n", file))).sort()]).toEqual([file, [...hostTexts().texts]]);
    }
  });

  it("are found however a call is written, and what can't be is counted", () => {
    const code = 'l10n.t("a \\"b\\" {0}", x); vscode.l10n.t(\n  \'it\\\'s "c"\',\n); l10n.t(name); l10n.t(`d ${e}`);';
    expect(textsIn(code)).toEqual({ texts: ['a "b" {0}', 'it\'s "c"'], unread: 2 });
  });
});
