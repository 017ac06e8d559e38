// `npm run ask`, `npm run demo`, `npm run rlm`: the terminal program, installed and built first where that is missing.
import { existsSync } from "node:fs";
import path from "node:path";
import { passOn } from "./pass-on.mjs";
import { makeReady, node22, root } from "./ready.mjs";
import { refuseSwallowedFlags } from "./swallowed-flags.mjs";

const args = process.argv.slice(2);
refuseSwallowedFlags(args, process.env);
await makeReady();
// npm runs scripts in the project's folder; the user stands elsewhere.
const stands = process.env.INIT_CWD ?? process.cwd();
passOn(node22, [path.join(root, "dist", "cli.js"), ...args], { cwd: existsSync(stands) ? stands : process.cwd() });
