import { isBinaryName } from "./file-kinds.ts";
import { IgnoreRules } from "./ignore-rules.ts";
import { isNotebookName, largestNotebook } from "./notebook.ts";
import { isSecret } from "./secret-names.ts";

/** Files of a folder that are larger are left out, where nothing else is set. */
export const defaultMaxFileBytes = 1_500_000;

/** Tells whether a path, relative to the walk's root, is that of a secret. */
export type SecretTest = (path: string, isFolder: boolean) => boolean;

/** What in one folder of a walk is left out by its name alone. Paths are relative to the walk's root, with `/`. */
export class EntryRules {
  readonly #isSecret: SecretTest;
  readonly #ignore: IgnoreRules;

  private constructor(isSecretPath: SecretTest, ignore: IgnoreRules) {
    this.#isSecret = isSecretPath;
    this.#ignore = ignore;
  }

  /** @param exclude patterns as in a `.gitignore` that no ignore file can take back */
  static forRoot(exclude: readonly string[], isSecretPath: SecretTest = isSecretName): EntryRules {
    return new EntryRules(isSecretPath, IgnoreRules.forRoot(exclude));
  }

  /** The rules inside a folder, given the texts of its `ignoreFiles` in their order, empty for those it lacks. */
  within(folder: string, ignoreTexts: readonly string[]): EntryRules {
    return new EntryRules(this.#isSecret, this.#ignore.within(folder, ignoreTexts));
  }

  /** @returns null where the name is no reason to leave it out */
  reasonFor(path: string, isFolder: boolean): "secret" | "ignored" | null {
    if (this.#isSecret(path, isFolder)) return "secret";
    return this.#ignore.ignores(path, isFolder) ? "ignored" : null;
  }
}

/** Why a file need not be read, told by its name and its size in bytes; null where it must be, to tell. */
export function reasonUnread(path: string, bytes: number, maxFileBytes: number): "binary" | "too-large" | null {
  if (isBinaryName(path)) return "binary";
  const most = isNotebookName(path) ? Math.max(maxFileBytes, largestNotebook) : maxFileBytes;
  return bytes > most ? "too-large" : null;
}

function isSecretName(path: string, isFolder: boolean): boolean {
  return isSecret(path, isFolder, () => false);
}
