// Builds what ships: the extension host's bundle, the workers, the terminal's program and the webviews.
import { copyFileSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { build } from "esbuild";

const production = !process.argv.includes("--dev");
const dist = "dist";

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist);

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
  outdir: dist,
  splitting: true,
  define: { rlmVersion: JSON.stringify(version) },
  // Some packages inside are CommonJS and call require().
  banner: {
    js: 'import { createRequire as makeRequire } from "node:module"; const require = makeRequire(import.meta.url);',
  },
};

await Promise.all([
  build({
    ...node,
    format: "cjs",
    entryPoints: { extension: "src/vscode/extension.ts" },
    outdir: dist,
    outExtension: { ".js": ".cjs" },
    // CommonJS has no import.meta.url, by which the workers beside the bundle are found.
    define: { "import.meta.url": "bundleUrl" },
    banner: { js: 'const bundleUrl = require("node:url").pathToFileURL(__filename).href;' },
  }),
  // Chunks are named after what they belong to, so that the .vsix leaves out those of the terminal.
  build({ ...esm, entryPoints: { cli: "src/cli/main.ts" }, chunkNames: "cli-[hash]" }),
  build({
    ...esm,
    entryPoints: {
      "sandbox-worker": "src/sandbox/sandbox-worker.ts",
      "collector-worker": "src/context/collector-worker.ts",
    },
    chunkNames: "worker-[hash]",
  }),
  build({
    ...common,
    platform: "browser",
    format: "iife",
    target: "es2022",
    entryPoints: { trace: "src/webview/trace/main.tsx" },
    outdir: `${dist}/webview`,
    jsx: "automatic",
    jsxImportSource: "preact",
    assetNames: "[name]",
    loader: { ".ttf": "file" },
    define: { "process.env.NODE_ENV": '"production"' },
  }),
]);

const require = createRequire(import.meta.url);
copyFileSync(require.resolve("@jitl/quickjs-wasmfile-release-sync/wasm"), `${dist}/quickjs.wasm`);
