// Builds the extension's host in several files: `extension.cjs` with what is needed when it starts, `host.cjs` with all
// that is loaded at the first use, and one more for each folder that few ever use. A file of a megabyte takes tens of
// milliseconds to be read by Node.
import path from "node:path";
import { build } from "esbuild";

const later = "loaded-later";
const folders = ["telemetry"];
/** What is built beside the host as ES modules, as it shares most with the MCP server. */
const server = { file: "src/vscode/agents/serve.ts", built: "./server.js" };

/** @param options of esbuild, for all files @param entryPoint whose `import()` calls of our own files begin the second */
export async function buildHost(options, entryPoint) {
  const targets = new Map([["host", new Set()], ...folders.map((name) => [name, new Set()])]);
  await build({ ...options, entryPoints: { extension: entryPoint }, plugins: [loadsLater(targets, null)] });
  for (const [name, files] of targets) await buildLater(options, name, files, targets);
}

/** @param targets what the files after this one will export; this one's imports are added */
async function buildLater(options, name, files, targets) {
  const contents = [...files].map((file) => `exports[${nameOf(file)}] = () => require(${JSON.stringify(file)});`);
  const stdin = { contents: contents.join("\n"), resolveDir: process.cwd(), loader: "js" };
  await build({ ...options, stdin, entryNames: name, plugins: [loadsLater(targets, name)] });
}

/**
 * Puts what another file exports in the place of our own files that are imported by `import()`.
 * @param own name of the file that is built; null for the first one
 */
function loadsLater(targets, own) {
  return {
    name: later,
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^\./ }, ({ kind, path: file, resolveDir }) => {
        if (kind !== "dynamic-import") return undefined;
        const target = path.resolve(resolveDir, file);
        if (target === path.resolve(server.file)) return { path: server.built, external: true };
        const holder = holderOf(target);
        // Only the first file leaves things to `host.cjs`.
        if (holder === own || (holder === "host" && own !== null)) return undefined;
        targets.get(holder).add(target);
        return { path: target, namespace: later };
      });
      onResolve({ filter: /^\.\/[a-z]+\.cjs$/, namespace: later }, ({ path: file }) => ({
        path: file,
        external: true,
      }));
      onLoad({ filter: /.*/, namespace: later }, ({ path: file }) => ({
        contents: `module.exports = require("./${holderOf(file)}.cjs")[${nameOf(file)}]();`,
      }));
    },
  };
}

/** The built file that holds a source file which is loaded later. */
function holderOf(file) {
  return folders.find((name) => file.startsWith(path.resolve("src", name) + path.sep)) ?? "host";
}

function nameOf(file) {
  return JSON.stringify(path.relative("src", file));
}
