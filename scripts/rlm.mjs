// `npm run ask`, `npm run demo`, `npm run rlm`: the terminal program, installed and built first where that is missing.
import path from "node:path";
import { passOn } from "./pass-on.mjs";
import { makeReady, node22, root } from "./ready.mjs";

makeReady();
// npm runs scripts in the project's folder; the user stands elsewhere.
passOn(node22, [path.join(root, "dist", "cli.js"), ...process.argv.slice(2)], {
  cwd: process.env.INIT_CWD ?? process.cwd(),
});
