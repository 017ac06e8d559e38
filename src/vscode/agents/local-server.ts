import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import type { Run } from "../../ask.ts";
import type { RunningServer } from "../../server/start-server.ts";
import { FanOutQuestions } from "../asking/fan-out-questions.ts";
import { logRun } from "../asking/log-run.ts";
import { watchRun } from "../asking/start-run.ts";
import type { Doors } from "../doors.ts";
import { configuredEndpoint, type Endpoint } from "../models/endpoint.ts";
import { readSettings } from "../settings.ts";
import { nextFreePort } from "./free-port.ts";
import type { Serving } from "./serving.ts";

const tokenName = "rlm.server.token";

/** The OpenAI-compatible server of this window: `RLM: Start Server`, `RLM: Stop Server`. It listens on 127.0.0.1 alone. */
export class LocalServer {
  readonly #doors: Doors;
  readonly #secrets: vscode.SecretStorage;
  readonly #serving: Serving;
  #running: RunningServer | null = null;
  #starting = false;

  constructor(doors: Doors, secrets: vscode.SecretStorage, serving: Serving) {
    this.#doors = doors;
    this.#secrets = secrets;
    this.#serving = serving;
  }

  /** Starts it, or tells again where it listens. */
  async start(): Promise<void> {
    if (!vscode.workspace.isTrusted) return tellUntrusted();
    if (this.#starting) return;
    this.#starting = true;
    try {
      const token = await this.#token();
      const endpoint = await configuredEndpoint(this.#doors.keys);
      this.#running ??= await this.#listen(readSettings().serverPort, token, endpoint);
      if (!this.#running) return;
      this.#serving.set(this.#running.url);
      void tellStarted(this.#running.url, token, endpoint);
    } finally {
      this.#starting = false;
    }
  }

  async stop(): Promise<void> {
    const running = this.#running;
    this.#running = null;
    this.#serving.set(null);
    await running?.close();
  }

  /** @returns null where the port is taken, and the user wants no other */
  async #listen(port: number, token: string, endpoint: Endpoint | null): Promise<RunningServer | null> {
    // It is a file of its own, and the first to be read by whoever starts a server.
    const { serve } = await import("./serve.ts");
    const { limits, directBelowTokens, prices } = readSettings();
    const { log } = this.#doors;
    const served = await serve({
      ...{ endpoint, prices, port, token, limits, directBelowTokens },
      onRun: (run, { parts, queryId }) => {
        this.#doors.telemetry.record(run, parts, queryId ?? undefined);
        void this.#watch(run, endpoint);
      },
      onProblem: (error) => log.error(`Server: ${error instanceof Error ? error.message : String(error)}`),
    });
    if ("server" in served) {
      log.info(`Server: listens at ${served.server.url}`);
      return served.server;
    }
    const free = served.problem === "port-in-use" ? await nextFreePort(port) : null;
    const use = vscode.l10n.t("Use Port {0}", free ?? 0);
    const words = `RLM: ${served.message}`;
    const picked = await vscode.window.showErrorMessage(words, ...(free === null ? [] : [use]));
    return picked === use && free !== null ? this.#listen(free, token, endpoint) : null;
  }

  /** A run of a client is one of this window: it is listed, logged and can be stopped. */
  async #watch(run: Run, endpoint: Endpoint | null): Promise<void> {
    for await (const event of run.events()) {
      if (event.type !== "run.started") continue;
      const { watched } = watchRun(this.#doors, run, event.question, new FanOutQuestions());
      logRun(this.#doors.log, watched, endpoint ? new URL(endpoint.baseUrl).host : "this machine");
      return;
    }
  }

  /** The key for clients: made once, kept in the secret storage. */
  async #token(): Promise<string> {
    const kept = await this.#secrets.get(tokenName);
    if (kept) return kept;
    const made = randomBytes(24).toString("base64url");
    await this.#secrets.store(tokenName, made);
    return made;
  }
}

async function tellStarted(url: string, token: string, endpoint: Endpoint | null): Promise<void> {
  const copyKey = vscode.l10n.t("Copy Key");
  const copyUrl = vscode.l10n.t("Copy URL");
  const who = endpoint
    ? vscode.l10n.t("rlm-NAME asks the model NAME at {0}.", new URL(endpoint.baseUrl).host)
    : vscode.l10n.t("rlm-offline answers by search: no endpoint is set.");
  const words = vscode.l10n.t("RLM: The server listens at {0} until this window is closed. {1}", url, who);
  const picked = await vscode.window.showInformationMessage(words, copyKey, copyUrl);
  if (picked === copyKey) await vscode.env.clipboard.writeText(token);
  if (picked === copyUrl) await vscode.env.clipboard.writeText(url);
}

async function tellUntrusted(): Promise<void> {
  const trust = vscode.l10n.t("Manage Workspace Trust");
  const words = vscode.l10n.t("RLM: This workspace is not trusted, so no server is started.");
  if ((await vscode.window.showWarningMessage(words, trust)) === trust) {
    await vscode.commands.executeCommand("workbench.trust.manage");
  }
}
