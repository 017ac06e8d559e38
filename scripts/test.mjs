// `npm test`: everything that the tests need is installed first, then vitest runs. Without CI=true a machine on which the
// editor or PostgreSQL can't be installed skips their tests, and says so.
import { spawnSync } from "node:child_process";
import { passOn } from "./pass-on.mjs";
import { environment, makeReady, node22, root } from "./ready.mjs";

await makeReady();
for (const setup of ["test/telemetry/setup.ts", "test/editor/setup.ts"]) {
  const { status } = spawnSync(node22, [setup], { cwd: root, env: environment, stdio: "inherit" });
  if (status !== 0 && process.env.CI === "true") process.exit(1);
}
passOn(node22, ["node_modules/vitest/vitest.mjs", "run", ...process.argv.slice(2)], { cwd: root, env: environment });
