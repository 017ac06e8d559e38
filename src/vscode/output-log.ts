import * as vscode from "vscode";

/** The output channel `RLM`: what was asked of whom, and what failed. Never keys, prompts, replies or file contents. */
export class OutputLog {
  #channel: vscode.LogOutputChannel | null = null;

  info(line: string): void {
    this.#open().info(line);
  }

  debug(line: string): void {
    this.#open().debug(line);
  }

  warn(line: string): void {
    this.#open().warn(line);
  }

  error(line: string): void {
    this.#open().error(line);
  }

  /** `RLM: Show Log` */
  show(): void {
    this.#open().show();
  }

  dispose(): void {
    this.#channel?.dispose();
  }

  /** At the first use, so that it costs nothing when the extension starts. */
  #open(): vscode.LogOutputChannel {
    this.#channel ??= vscode.window.createOutputChannel("RLM", { log: true });
    return this.#channel;
  }
}
