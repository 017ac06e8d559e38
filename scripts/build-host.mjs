// Builds the extension's host: `extension.cjs` with what is needed when it starts, and beside it ES modules with what is
// loaded later. Those share their parts with each other and with the servers. More of them would be hundreds of files.
import path from "node:path";
import { build } from "esbuild";

/** Folders with a module of their own, as few ever use them. */
const apart = ["telemetry"];

/**
 * @param start options of esbuild for `extension.cjs`
 * @param later those for the ES modules; `entryPoints` are built with them
 * @param entryPoint whose `import()` calls of our own files are loaded later
 */
export async function buildHost(start, later, entryPoint) {
  const modules = new Map();
  await build({ ...start, entryPoints: { extension: entryPoint }, plugins: [loadsLater(modules)] });
  const ownEntries = Object.fromEntries([...modules.keys()].map((name) => [name, `${name}.later`]));
  const entryPoints = { ...later.entryPoints, ...ownEntries };
  await build({ ...later, entryPoints, chunkNames: "host-[hash]", plugins: [laterModules(modules), editorByRequire] });
}

/** Leaves our own files that are imported by `import()` to the modules beside. @param modules gets the files of each */
function loadsLater(modules) {
  return {
    name: "loads-later",
    setup({ onResolve }) {
      onResolve({ filter: /^\./ }, ({ kind, path: file, resolveDir }) => {
        if (kind !== "dynamic-import") return undefined;
        const target = path.resolve(resolveDir, file);
        const folder = path.basename(path.dirname(target));
        const name = apart.includes(folder) ? `host-${folder}` : "host-window";
        modules.set(name, (modules.get(name) ?? new Set()).add(target));
        return { path: `./${name}.js`, external: true };
      });
    },
  };
}

/** Makes the modules, which export what their files do. */
function laterModules(modules) {
  return {
    name: "later-modules",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /\.later$/ }, ({ path: file }) => ({ path: file, namespace: "later" }));
      onLoad({ filter: /.*/, namespace: "later" }, async ({ path: file }) => {
        const files = [...(modules.get(path.basename(file, ".later")) ?? [])];
        const named = await Promise.all(files.map(async (each) => [each, await exportsOf(each)]));
        const all = named.flatMap(([, names]) => names);
        const twice = all.find((name, index) => all.indexOf(name) !== index);
        if (twice) throw new Error(`Two files of ${file} export ${twice}: rename one.`);
        const lines = named.map(([each, names]) => `export { ${names.join(", ")} } from ${JSON.stringify(each)};`);
        return { contents: lines.join("\n"), resolveDir: process.cwd() };
      });
    },
  };
}

async function exportsOf(file) {
  const { metafile } = await build({ entryPoints: [file], format: "esm", write: false, metafile: true });
  return Object.values(metafile.outputs).flatMap(({ exports }) => exports);
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
