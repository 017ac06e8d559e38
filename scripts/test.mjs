// `npm test`: everything that the tests need is installed first, then vitest runs. Without CI=true a machine on which the
// editor can't be installed skips the editor's tests, and says so.
import { spawnSync } from "node:child_process";
import { passOn } from "./pass-on.mjs";
import { environment, makeReady, node22, root } from "./ready.mjs";

await makeReady();
const editor = spawnSync(node22, ["test/editor/setup.ts"], { cwd: root, env: environment, stdio: "inherit" });
if (editor.status !== 0 && process.env.CI === "true") process.exit(1);
passOn(node22, ["node_modules/vitest/vitest.mjs", "run", ...process.argv.slice(2)], { cwd: root, env: environment });
