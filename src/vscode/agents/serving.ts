import * as vscode from "vscode";
import { servingContext } from "../ids.ts";

/** Where the server of this window listens, for whoever shows it. */
export class Serving {
  #url: string | null = null;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.#changed.event;

  /** Such as `http://127.0.0.1:8000/v1`; null while there is none. */
  get url(): string | null {
    return this.#url;
  }

  set(url: string | null): void {
    this.#url = url;
    void vscode.commands.executeCommand("setContext", servingContext, url !== null);
    this.#changed.fire();
  }

  dispose(): void {
    this.#changed.dispose();
  }
}
