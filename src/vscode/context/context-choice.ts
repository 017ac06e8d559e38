import * as vscode from "vscode";

/** Files and their characters. */
export interface Amount {
  readonly files: number;
  readonly chars: number;
}

const withoutKey = "rlm.context.without";
const knownKey = "rlm.context.known";

/** What of the workspace the next questions are about: all but what the user has taken out. It lasts with the workspace. */
export class ContextChoice {
  readonly #state: vscode.Memento;
  readonly #changed = new vscode.EventEmitter<void>();
  /** Fires when the user has changed it, or when it was counted anew. */
  readonly onDidChange = this.#changed.event;

  constructor(state: vscode.Memento) {
    this.#state = state;
  }

  /** Files and folders that were taken out, by their paths as they are shown, folders without a `/` at the end. */
  get without(): readonly string[] {
    const kept: unknown = this.#state.get(withoutKey);
    return Array.isArray(kept) ? kept.filter((path) => typeof path === "string") : [];
  }

  /** What was counted last of what the next questions are about; null where that is not known. */
  get known(): Amount | null {
    const kept: unknown = this.#state.get(knownKey);
    return isAmount(kept) ? kept : null;
  }

  async takeOut(without: readonly string[]): Promise<void> {
    await this.#state.update(withoutKey, without.length > 0 ? without : undefined);
    // It was counted of another choice.
    await this.#state.update(knownKey, undefined);
    this.#changed.fire();
  }

  async count(known: Amount): Promise<void> {
    const before = this.known;
    if (before?.files === known.files && before.chars === known.chars) return;
    await this.#state.update(knownKey, known);
    this.#changed.fire();
  }

  dispose(): void {
    this.#changed.dispose();
  }
}

function isAmount(value: unknown): value is Amount {
  if (typeof value !== "object" || value === null || !("files" in value) || !("chars" in value)) return false;
  return typeof value.files === "number" && typeof value.chars === "number";
}
