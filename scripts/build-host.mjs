// Builds the extension's host: `extension.cjs` with what is needed when it starts, and beside it ES modules with all that
// is loaded later. Those share their parts with each other and with the servers.
import path from "node:path";
import { build } from "esbuild";

/**
 * @param start options of esbuild for `extension.cjs`
 * @param later those for the ES modules; `entryPoints` are built with them
 * @param entryPoint whose `import()` calls of our own files are loaded later
 */
export async function buildHost(start, later, entryPoint) {
  const files = new Map();
  await build({ ...start, entryPoints: { extension: entryPoint }, plugins: [loadsLater(files)] });
  const entryPoints = { ...later.entryPoints, ...Object.fromEntries(files) };
  await build({ ...later, entryPoints, chunkNames: "host-[hash]", plugins: [editorByRequire] });
}

/** Leaves our own files that are imported by `import()` to the modules beside. @param files gets their names */
function loadsLater(files) {
  return {
    name: "loads-later",
    setup({ onResolve }) {
      onResolve({ filter: /^\./ }, ({ kind, path: file, resolveDir }) => {
        if (kind !== "dynamic-import") return undefined;
        const target = path.resolve(resolveDir, file);
        const name = `host-${path.basename(file, ".ts")}`;
        if ((files.get(name) ?? target) !== target) throw new Error(`Two files are called ${name}: rename one.`);
        files.set(name, target);
        return { path: `./${name}.js`, external: true };
      });
    },
  };
}

/** The editor hands its API only to `require`. */
const editorByRequire = {
  name: "editor-by-require",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^vscode$/ }, ({ kind }) =>
      kind === "require-call" ? { path: "vscode", external: true } : { path: "vscode", namespace: "editor" },
    );
    onLoad({ filter: /.*/, namespace: "editor" }, () => ({ contents: 'module.exports = require("vscode");' }));
  },
};
