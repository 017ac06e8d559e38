// Builds what ships: the extension host's bundle, the workers, the terminal's program and the webviews. What was built
// before stays in use until all is there, and is then replaced file by file.
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { buildHost } from "./build-host.mjs";

const production = !process.argv.includes("--dev");
const dist = "dist";
const unfinished = /^\.new-(\d+)$/;
const made = path.join(dist, `.new-${process.pid}`);
/** Lists what was built; as old as the beginning of the build. */
const marker = ".rlm-built";
const startedAt = new Date();

const common = {
  bundle: true,
  minify: production,
  sourcemap: production ? false : "linked",
  logLevel: "warning",
  legalComments: "none",
  external: ["vscode"],
};
const node = { ...common, platform: "node", target: "node20" };
const { version } = JSON.parse(readFileSync("package.json", "utf8"));
const esm = {
  ...node,
  format: "esm",
  outdir: made,
  splitting: true,
  define: { rlmVersion: JSON.stringify(version) },
  // Some packages inside are CommonJS and call require().
  banner: {
    js: 'import { createRequire as makeRequire } from "node:module"; const require = makeRequire(import.meta.url);',
  },
};

async function buildAll() {
  // All of them have ended before a failure is passed on: none writes any more.
  const builds = await Promise.allSettled([
    buildHost(
      {
        ...node,
        format: "cjs",
        outdir: made,
        outExtension: { ".js": ".cjs" },
      },
      { ...esm, entryPoints: { mcp: "src/cli/mcp-main.ts", server: "src/vscode/agents/serve.ts" } },
      "src/vscode/extension.ts",
    ),
    // Chunks are named after what they belong to, so that the .vsix leaves out those of the terminal.
    build({ ...esm, entryPoints: { cli: "src/cli/main.ts", library: "src/library.ts" }, chunkNames: "cli-[hash]" }),
    build({
      ...esm,
      entryPoints: {
        "sandbox-worker": "src/sandbox/sandbox-worker.ts",
        "collector-worker": "src/context/collector-worker.ts",
        "body-worker": "src/server/body-worker.ts",
        "search-worker": "src/server/search-worker.ts",
      },
      chunkNames: "worker-[hash]",
    }),
    build({
      ...common,
      platform: "browser",
      format: "iife",
      target: "es2022",
      entryPoints: {
        trace: "src/webview/trace/main.tsx",
        chat: "src/webview/chat/main.tsx",
        usage: "src/webview/usage/main.tsx",
      },
      outdir: `${made}/webview`,
      jsx: "automatic",
      jsxImportSource: "preact",
      assetNames: "[name]",
      loader: { ".ttf": "file" },
      define: { "process.env.NODE_ENV": '"production"' },
    }),
  ]);
  for (const { status, reason } of builds) if (status === "rejected") throw reason;
  const require = createRequire(import.meta.url);
  copyFileSync(require.resolve("@jitl/quickjs-wasmfile-release-sync/wasm"), `${made}/quickjs.wasm`);
  await writeGuestImage();
  cpSync("sql", `${made}/sql`, { recursive: true });
}

/** What every sandbox begins with is made now, so that no process has to. */
async function writeGuestImage() {
  const maker = path.resolve(made, "make-image.mjs");
  await build({ ...node, format: "esm", entryPoints: ["src/sandbox/guest-image.ts"], outfile: maker });
  const { makeImage } = await import(pathToFileURL(maker).href);
  const wasm = await WebAssembly.compile(readFileSync(path.join(made, "quickjs.wasm")));
  writeFileSync(
    path.join(made, "guest-image.bin"),
    await makeImage(pathToFileURL(path.resolve(made, "sandbox-worker.js")), wasm),
  );
  rmSync(maker);
}

/** Puts the new files in the place of the old ones: chunks before what imports them, the marker last. */
function replace() {
  const files = filesIn(made).sort((a, b) => Number(isChunk(b)) - Number(isChunk(a)));
  writeFileSync(path.join(made, marker), `${files.join("\n")}\n`);
  utimesSync(path.join(made, marker), startedAt, startedAt);
  for (const file of [...files, marker]) {
    mkdirSync(path.dirname(path.join(dist, file)), { recursive: true });
    renameSync(path.join(made, file), path.join(dist, file));
  }
  const kept = new Set([...files, marker]);
  for (const file of filesIn(dist)) {
    if (!kept.has(file) && !unfinished.test(file.split(path.sep)[0])) rmSync(path.join(dist, file), { force: true });
  }
}

function isChunk(file) {
  return /-[A-Z0-9]{8}\.js$/.test(file);
}

/** All files below a folder, relative to it. */
function filesIn(folder) {
  const all = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return all.filter((file) => statSync(path.join(folder, file), { throwIfNoEntry: false })?.isFile());
}

/** What builds have left behind that were killed. */
function sweep() {
  for (const name of readdirSync(dist)) {
    const pid = Number(unfinished.exec(name)?.[1] ?? Number.NaN);
    if (pid === process.pid || (pid > 0 && !isAlive(pid))) {
      rmSync(path.join(dist, name), { recursive: true, force: true });
    }
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

mkdirSync(dist, { recursive: true });
sweep();
mkdirSync(made);
try {
  await buildAll();
  replace();
} finally {
  rmSync(made, { recursive: true, force: true });
}
