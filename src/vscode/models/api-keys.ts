import type * as vscode from "vscode";

/** The user's API keys, one for each origin, in VS Code's own secret store. */
export class ApiKeys {
  readonly #secrets: vscode.SecretStorage;
  /** Fires when a key was stored or removed, in another window too. */
  readonly onDidChange: vscode.Event<unknown>;

  constructor(secrets: vscode.SecretStorage) {
    this.#secrets = secrets;
    this.onDidChange = secrets.onDidChange;
  }

  /** @returns null where none is stored for this endpoint's origin */
  async get(baseUrl: string): Promise<string | null> {
    return (await this.#secrets.get(nameFor(baseUrl))) ?? null;
  }

  async set(baseUrl: string, key: string): Promise<void> {
    await this.#secrets.store(nameFor(baseUrl), key);
  }

  async remove(baseUrl: string): Promise<void> {
    await this.#secrets.delete(nameFor(baseUrl));
  }
}

/** A key is bound to the origin it was given for, so that another endpoint never gets it. */
function nameFor(baseUrl: string): string {
  return `rlm.key:${new URL(baseUrl).origin}`;
}
