import { spawnSync } from "node:child_process";
import { progress, SetupError } from "./setup-error.ts";

/** Those of some Debian packages that are not installed; all of them where there is no dpkg. */
export function missingPackages(names: readonly string[]): readonly string[] {
  return names.filter((name) => !isInstalled(name));
}

/**
 * Installs Debian packages as root.
 * @throws SetupError `packages` where that can't be done here, `install` where apt-get failed
 */
export function installPackages(names: readonly string[]): void {
  if (names.length === 0) return;
  const list = names.join(" ");
  if (process.getuid?.() !== 0 || !hasAptGet()) {
    throw new SetupError(
      "packages",
      `The tests need Debian packages that are missing. Install them: apt-get install ${list}`,
    );
  }
  progress(`Installing Debian packages (once): ${list}`);
  aptGet(["update", "-qq"]);
  aptGet(["install", "-y", "-qq", "--no-install-recommends", ...names]);
}

function isInstalled(name: string): boolean {
  const query = spawnSync("dpkg-query", ["-s", name], { encoding: "utf8" });
  return query.status === 0 && /^Status: .* installed$/m.test(query.stdout);
}

function hasAptGet(): boolean {
  return spawnSync("apt-get", ["--version"]).status === 0;
}

function aptGet(args: readonly string[]): void {
  const done = spawnSync("apt-get", ["-o", "DPkg::Lock::Timeout=300", ...args], {
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    encoding: "utf8",
  });
  if (done.status === 0) return;
  const reason = done.stderr.trim().split("\n").slice(-5).join("\n");
  throw new SetupError("install", `apt-get ${args.join(" ")} failed:\n${reason}`);
}
