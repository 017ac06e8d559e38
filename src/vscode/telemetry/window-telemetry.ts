import { setTimeout as sleep } from "node:timers/promises";
import * as vscode from "vscode";
import type { AskParts, Run } from "../../ask.ts";
import { pricesOf } from "../../telemetry/prices-of.ts";
import type { Telemetry } from "../../telemetry/telemetry.ts";
import type { TelemetryStatus } from "../../webview/usage/protocol.ts";
import type { OutputLog } from "../output-log.ts";
import { AbsenceNotice } from "./absence-notice.ts";

const dsnSecret = "rlm.telemetry.dsn";

/** What telemetry is opened with. */
interface Wanted {
  readonly dsn: string;
  readonly content: boolean;
}

const nothingYet = { state: "off", lastError: null, queued: 0, storedAt: null, spooledBytes: 0, dropped: 0 } as const;

/** How long a closing window waits for the last events of its runs (milliseconds). */
const lastEventsMs = 500;

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
  readonly #following = new Set<Promise<void>>();
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

  /**
   * Logs a run from its beginning, whenever telemetry is open; nothing where it is off.
   * @param queryId groups the runs of one question; made from the question unless given
   */
  record(run: Run, parts: AskParts, queryId?: string): void {
    if (offReason() !== null) return;
    const following = this.#inTurn(() => this.#open())
      .then((sink) => sink?.follow(run, { queryId, priceOf: pricesOf(parts) }))
      .finally(() => this.#following.delete(following));
    this.#following.add(following);
  }

  /** Whether runs are logged, and how that goes. */
  async status(): Promise<TelemetryStatus> {
    const wanted = await this.#wanted();
    if ("kind" in wanted) return wanted;
    const { content } = wanted;
    const { state, lastError, queued, storedAt, spooledBytes, dropped } = this.#opened?.sink.state ?? nothingYet;
    const message = lastError?.message ?? null;
    return {
      kind: "on",
      state: state === "off" ? "idle" : state,
      message,
      queued,
      storedAt,
      spooledBytes,
      dropped,
      content,
    };
  }

  /** What a program of ours that this window starts needs to log as the window does; null unsets what it would inherit. */
  async environment(): Promise<Readonly<Record<string, string | null>>> {
    const wanted = await this.#wanted();
    const isOn = !("kind" in wanted);
    return {
      RLM_TELEMETRY: isOn ? "1" : null,
      RLM_TELEMETRY_DSN: isOn ? wanted.dsn : null,
      RLM_TELEMETRY_CONTENT: isOn && wanted.content ? "1" : null,
      RLM_TELEMETRY_SPOOL: isOn ? this.#spoolFolder : null,
    };
  }

  /** Stores what the runs have told, which must have ended, for a moment; the rest is kept on disk for the next window. */
  async close(): Promise<void> {
    for (const each of this.#watching) each.dispose();
    this.#notice.dispose();
    await Promise.race([Promise.all(this.#following), sleep(lastEventsMs, undefined, { ref: false })]);
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
      const sink = openTelemetry({ ...wanted, spoolFolder: this.#spoolFolder });
      let told = "";
      sink.onState((state) => {
        this.#changed.fire();
        const news = `${state.state} ${state.dropped}`;
        if (news === told) return;
        told = news;
        this.#tellLog(state);
        this.#notice.take(state);
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
