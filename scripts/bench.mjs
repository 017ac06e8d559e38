// `npm run bench`: bundles the subject of the measurements as the product is bundled, then measures.
import { copyFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";

import { passOn } from "./pass-on.mjs";
import { environment, makeReady, node22, root } from "./ready.mjs";

await makeReady();
// Installed only now, on a fresh clone.
const { build } = await import("esbuild");
const folder = mkdtempSync(path.join(os.tmpdir(), "rlm-subject-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
writeFileSync(path.join(folder, "package.json"), '{ "type": "module" }');
for (const file of readdirSync(path.join(root, "dist"))) {
  if (/^(worker-.*|.*-worker)\.js$|\.(?:wasm|bin)$/.test(file))
    copyFileSync(path.join(root, "dist", file), path.join(folder, file));
}
await build({
  absWorkingDir: root,
  bundle: true,
  minify: true,
  platform: "node",
  target: "node20",
  format: "esm",
  entryPoints: { subject: "test/bench/subject.ts" },
  outdir: folder,
  banner: {
    js: 'import { createRequire as makeRequire } from "node:module"; const require = makeRequire(import.meta.url);',
  },
});
const subject = path.join(folder, "subject.js");
passOn(node22, ["test/bench/run.ts", subject, ...process.argv.slice(2)], { cwd: root, env: environment });
