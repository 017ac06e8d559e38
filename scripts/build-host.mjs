// Builds the extension's host in two files: `extension.cjs` with what is needed when it starts, and `host.cjs` with all
// that is loaded at the first use. A file of a megabyte takes tens of milliseconds to be read by Node.
import path from "node:path";
import { build } from "esbuild";

const later = "loaded-later";

/** @param options of esbuild, for both files @param entryPoint whose `import()` calls of our own files begin the second */
export async function buildHost(options, entryPoint) {
  const targets = new Set();
  await build({ ...options, entryPoints: { extension: entryPoint }, plugins: [loadsLater(targets)] });
  const contents = [...targets].map((file) => `exports[${nameOf(file)}] = () => require(${JSON.stringify(file)});`);
  const stdin = { contents: contents.join("\n"), resolveDir: path.dirname(path.resolve(entryPoint)), loader: "js" };
  await build({ ...options, stdin, entryNames: "host" });
}

/** Puts what `host.cjs` exports in the place of our own files that are imported by `import()`. */
function loadsLater(targets) {
  return {
    name: later,
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^\./ }, ({ kind, path: file, resolveDir }) => {
        if (kind !== "dynamic-import") return undefined;
        const target = path.resolve(resolveDir, file);
        targets.add(target);
        return { path: target, namespace: later };
      });
      onResolve({ filter: /^\.\/host\.cjs$/, namespace: later }, () => ({ path: "./host.cjs", external: true }));
      onLoad({ filter: /.*/, namespace: later }, ({ path: file }) => ({
        contents: `module.exports = require("./host.cjs")[${nameOf(file)}]();`,
      }));
    },
  };
}

function nameOf(file) {
  return JSON.stringify(path.relative("src", file));
}
