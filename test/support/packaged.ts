import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, renameSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

export const root = join(import.meta.dirname, "../..");
const vsix = join(root, "test/editor/out/rlm.vsix");
const vsce = join(root, "node_modules/@vscode/vsce/vsce");
const inputs = [
  "dist",
  "media",
  "l10n",
  "package.json",
  "package.nls.json",
  ".vscodeignore",
  "README.md",
  "CHANGELOG.md",
  "LICENSE",
];

/**
 * Packages what is built in `dist`, once for each state of it.
 * @returns the path of the `.vsix`
 * @throws Error where nothing is built
 */
export async function packageExtension(): Promise<string> {
  if (!existsSync(join(root, "dist/extension.cjs"))) throw new Error("Nothing is built. Run: npm run build");
  if (existsSync(vsix) && statSync(vsix).mtimeMs > newest(inputs)) return vsix;
  mkdirSync(dirname(vsix), { recursive: true });
  const made = `${vsix}.${process.pid}`; // Renamed when it is whole, as tests of several files may package at once.
  const options = ["--no-dependencies", "--allow-missing-repository", "--no-rewrite-relative-links", "--out", made];
  await promisify(execFile)(process.execPath, [vsce, "package", ...options], { cwd: root });
  renameSync(made, vsix);
  return vsix;
}

/** Packages the extension that tests need beside ours, into a folder. @returns the path of the `.vsix` */
export async function packageCompanion(folder: string): Promise<string> {
  const made = join(folder, "companion.vsix");
  const options = ["--no-dependencies", "--allow-missing-repository", "--skip-license", "--out", made];
  const cwd = join(root, "test/editor/companion");
  await promisify(execFile)(process.execPath, [vsce, "package", ...options], { cwd });
  return made;
}

/** When the last of these was changed, in milliseconds since 1970. */
function newest(paths: readonly string[]): number {
  const files = paths.flatMap((path) => {
    const file = join(root, path);
    if (!existsSync(file)) return [];
    if (!statSync(file).isDirectory()) return [file];
    const within = readdirSync(file, { recursive: true, encoding: "utf8" });
    return [file, ...within.map((name) => join(file, name))];
  });
  return Math.max(...files.map((file) => statSync(file).mtimeMs));
}
