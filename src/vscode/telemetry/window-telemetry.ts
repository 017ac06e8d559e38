import * as vscode from "vscode";
import type { AskParts } from "../../ask.ts";
import type { Model } from "../../rlm/model.ts";
import type { Telemetry } from "../../telemetry/telemetry.ts";
import type { TelemetryStatus } from "../../webview/usage/protocol.ts";
import type { WatchedRun } from "../asking/watched-run.ts";
import type { OutputLog } from "../output-log.ts";
import { AbsenceNotice } from "./absence-notice.ts";

const dsnSecret = "rlm.telemetry.dsn";

/** What telemetry is opened with. */
interface Wanted {
  readonly dsn: string;
  readonly content: boolean;
}

/** Why nothing is logged to a database. */
type Off = Extract<TelemetryStatus, { kind: "off" }>;

/**
 * Logs the runs of this window to the user's database, where VS Code's own telemetry and `rlm.telemetry.enabled` are on
 * and a DSN was given. Opened at the first run; no run ever waits for it.
 */
export class WindowTelemetry {
  readonly #secrets: vscode.SecretStorage;
  readonly #spoolFolder: string;
  readonly #log: OutputLog;
  readonly #notice = new AbsenceNotice();
  readonly #changed = new vscode.EventEmitter<void>();
  /** Fires when what `status` tells has changed. */
  readonly onDidChange = this.#changed.event;
  readonly #watching: vscode.Disposable[];
  /** For what a cache has saved: the models that were asked last, by their ids. */
  readonly #models = new Map<string, Model>();
  #opened: (Wanted & { readonly sink: Telemetry }) | null = null;
  /** One change after the other. */
  #turn: Promise<unknown> = Promise.resolve();

  /** @param storageUri a folder of this extension, for rows that wait */
  constructor(secrets: vscode.SecretStorage, storageUri: vscode.Uri, log: OutputLog) {
    this.#secrets = secrets;
    this.#spoolFolder = vscode.Uri.joinPath(storageUri, "telemetry").fsPath;
    this.#log = log;
    this.#watching = [
      secrets.onDidChange(({ key }) => key === dsnSecret && this.#reconsider()),
      vscode.workspace.onDidChangeConfiguration((e) => e.affectsConfiguration("rlm.telemetry") && this.#reconsider()),
      vscode.env.onDidChangeTelemetryEnabled(() => this.#reconsider()),
      vscode.workspace.onDidGrantWorkspaceTrust(() => this.#reconsider()),
    ];
  }

  /** The database that the user gave; null where none was. */
  async dsn(): Promise<string | null> {
    return (await this.#secrets.get(dsnSecret)) ?? null;
  }

  async setDsn(dsn: string): Promise<void> {
    await this.#secrets.store(dsnSecret, dsn);
  }

  async removeDsn(): Promise<void> {
    await this.#secrets.delete(dsnSecret);
  }

  /** Logs a run from its beginning, whenever telemetry is open; nothing where it is off. */
  record(watched: WatchedRun, parts: AskParts): void {
    if (offReason() !== null) return;
    for (const model of modelsOf(parts)) this.#models.set(model.id, model);
    void this.#inTurn(() => this.#open()).then((sink) => sink && follow(watched, sink));
  }

  /** Whether runs are logged, and how that goes. */
  async status(): Promise<TelemetryStatus> {
    const wanted = await this.#wanted();
    if ("kind" in wanted) return wanted;
    const { content } = wanted;
    if (!this.#opened) {
      return { kind: "on", state: "idle", message: null, spooledBytes: 0, dropped: 0, content };
    }
    const { state, lastError, spooledBytes, dropped } = this.#opened.sink.state;
    const shown = state === "off" ? "idle" : state;
    return { kind: "on", state: shown, message: lastError?.message ?? null, spooledBytes, dropped, content };
  }

  /** Stores what was taken, for a moment; the rest is kept on disk for the next window. */
  async close(): Promise<void> {
    for (const each of this.#watching) each.dispose();
    this.#notice.dispose();
    await this.#inTurn(() => this.#close());
    this.#changed.dispose();
  }

  /** After a setting has changed: runs that go on are not logged any further under what was set before. */
  #reconsider(): void {
    void this.#inTurn(async () => {
      const wanted = await this.#wanted();
      if (this.#opened && ("kind" in wanted || !isSame(wanted, this.#opened))) await this.#close();
    }).then(() => this.#changed.fire());
  }

  async #open(): Promise<Telemetry | null> {
    const wanted = await this.#wanted();
    if ("kind" in wanted) return null;
    if (this.#opened) return this.#opened.sink;
    try {
      const { openTelemetry } = await import("../../telemetry/telemetry.ts");
      const priceOf = (id: string) => this.#models.get(id)?.price ?? null;
      const sink = openTelemetry({ ...wanted, spoolFolder: this.#spoolFolder, priceOf });
      sink.onState((state) => {
        this.#tellLog(state);
        this.#notice.take(state);
        this.#changed.fire();
      });
      this.#opened = { ...wanted, sink };
      this.#changed.fire();
      return sink;
    } catch (error) {
      this.#log.error(`Telemetry: ${error instanceof Error ? error.message : String(error)}`);
      return null;
    }
  }

  async #close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = null;
    await opened?.sink.close();
  }

  async #wanted(): Promise<Wanted | Off> {
    const why = offReason();
    if (why !== null) return { kind: "off", why };
    const dsn = await this.dsn();
    if (dsn === null) return { kind: "off", why: "dsn" };
    return { dsn, content: vscode.workspace.isTrusted && isOn("content") };
  }

  #tellLog({ state, lastError, dropped }: Telemetry["state"]): void {
    const lost = dropped > 0 ? `, ${dropped} rows are lost` : "";
    const line = `Telemetry: ${state}${lost}`;
    if (state === "away" || state === "full") this.#log.warn(`${line}: ${lastError?.message ?? ""}`);
    else this.#log.info(line);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => {});
    return result;
  }
}

/** What the settings say; the DSN is another matter. */
function offReason(): "setting" | "editor" | null {
  if (!isOn("enabled")) return "setting";
  return vscode.env.isTelemetryEnabled ? null : "editor";
}

function isOn(name: "enabled" | "content"): boolean {
  return vscode.workspace.getConfiguration("rlm.telemetry").get(name) === true;
}

function isSame(a: Wanted, b: Wanted): boolean {
  return a.dsn === b.dsn && a.content === b.content;
}

function modelsOf({ root, sub, children }: AskParts): readonly Model[] {
  return [root, sub, ...(children ? [children.root, children.sub] : [])];
}

/** All that a run has told so far, and what follows. */
function follow(watched: WatchedRun, sink: Telemetry): void {
  for (const event of watched.events) sink.take(event);
  watched.onEvent((event) => sink.take(event));
}
