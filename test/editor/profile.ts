import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Theme, themes } from "./theme.ts";

export interface ProfileOptions {
  /** Files of the workspace: path in the folder → text. */
  readonly files?: Readonly<Record<string, string>>;
  /** An existing folder to open in place of one made of `files`; it is opened as it is, not copied. */
  readonly folder?: string;
  /** The user's settings, on top of quiet defaults. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Settings of the machine, the only place where an extension finds a setting of scope `machine`. */
  readonly machineSettings?: Readonly<Record<string, unknown>>;
  /** Colour theme; `dark` unless told. */
  readonly theme?: Theme;
  /** False opens the folder in restricted mode, without asking. */
  readonly trusted?: boolean;
  /** True leaves VS Code's own telemetry on, for extensions that ask; what it tells itself goes nowhere. */
  readonly telemetry?: boolean;
}

/** A user who starts VS Code for the first time: all that they have lies in one temporary folder. Absolute paths. */
export interface Profile {
  readonly folder: string;
  readonly workspace: string;
  readonly home: string;
  readonly userData: string;
  readonly extensions: string;
  readonly browser: string;
  readonly temporary: string;
  /** code-server's own settings, empty. */
  readonly config: string;
  readonly log: string;
  readonly theme: Theme;
  readonly trusted: boolean;
  readonly telemetry: boolean;
}

const quiet = {
  "telemetry.telemetryLevel": "off",
  "extensions.autoCheckUpdates": false,
  "extensions.autoUpdate": false,
  "extensions.ignoreRecommendations": true,
  "update.mode": "none",
  "git.openRepositoryInParentFolders": "never",
  "workbench.startupEditor": "none",
  "workbench.enableExperiments": false,
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "workbench.tips.enabled": false,
  "workbench.reduceMotion": "on",
  "remote.autoForwardPorts": false,
  "window.autoDetectColorScheme": false,
  "window.autoDetectHighContrast": false,
  "security.workspace.trust.startupPrompt": "never",
  "security.workspace.trust.banner": "never",
};

/** Makes a fresh profile in the temporary folder; whoever makes it removes it, with `removeProfile`. */
export function createProfile(options: ProfileOptions = {}): Profile {
  const folder = mkdtempSync(join(tmpdir(), "rlm-ed-")); // Short: sockets lie in it.
  const theme = options.theme ?? "dark";
  const profile: Profile = {
    folder,
    workspace: options.folder ?? join(folder, "workspace"),
    home: join(folder, "home"),
    userData: join(folder, "data"),
    extensions: join(folder, "extensions"),
    browser: join(folder, "browser"),
    temporary: join(folder, "tmp"),
    config: join(folder, "config.yaml"),
    log: join(folder, "server.log"),
    theme,
    trusted: options.trusted ?? true,
    telemetry: options.telemetry ?? false,
  };
  for (const made of [profile.workspace, profile.home, profile.temporary]) mkdirSync(made, { recursive: true });
  write(profile.config, "");
  for (const [path, text] of Object.entries(options.files ?? {})) write(join(profile.workspace, path), text);
  const telemetry = profile.telemetry ? { "telemetry.telemetryLevel": "all" } : {};
  const settings = { ...quiet, ...telemetry, "workbench.colorTheme": themes[theme].setting, ...options.settings };
  write(join(profile.userData, "User/settings.json"), JSON.stringify(settings, null, 2));
  write(join(profile.userData, "Machine/settings.json"), JSON.stringify(options.machineSettings ?? {}, null, 2));
  return profile;
}

/** Removes a profile and all that its editor has written. */
export function removeProfile(profile: Profile): void {
  rmSync(profile.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
}

/**
 * The environment of a program that runs for a profile: the user's own settings, files and keys are not in it.
 * @param extra variables to add
 */
export function environmentOf(profile: Profile, extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  const kept = ["PATH", "LANG", "LC_ALL", "TZ", "USER", "LOGNAME"];
  const own = kept.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value]];
  });
  return {
    ...Object.fromEntries(own),
    HOME: profile.home,
    TMPDIR: profile.temporary,
    ...extra,
  };
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
