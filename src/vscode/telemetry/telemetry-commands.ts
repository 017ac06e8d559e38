import * as vscode from "vscode";
import type { ConnectionTest } from "../../telemetry/test-connection.ts";
import type { Doors } from "../doors.ts";
import { commands } from "../ids.ts";

/** `RLM: Configure Telemetry…`: asks for the database, tries it, stores it, and offers what is left to do. */
export async function configureTelemetry(doors: Doors): Promise<void> {
  const { telemetry } = doors;
  const had = await telemetry.dsn();
  const dsn = await vscode.window.showInputBox({
    title: vscode.l10n.t("RLM: Configure Telemetry"),
    prompt: had
      ? vscode.l10n.t(
          "The database runs are logged to. It is kept in VS Code's secret storage. Empty: remove the one that is stored.",
        )
      : vscode.l10n.t("The database runs are logged to. It is kept in VS Code's secret storage."),
    placeHolder: "postgres://user:password@host:5432/database?sslmode=verify-full",
    password: true,
    ignoreFocusOut: true,
  });
  if (dsn === undefined) return;
  if (dsn.trim() === "") return had === null ? undefined : telemetry.removeDsn();
  const tested = await tryOut(dsn.trim());
  if (!tested.ok && !(await storesAnyway(tested.message, tested.code))) return;
  await telemetry.setDsn(dsn.trim());
  if (tested.ok && needsSchema(tested)) await offerSchema(tested);
  else if (tested.ok) await offerToTurnOn(describe(tested));
}

/** `RLM: Test Telemetry Connection` @throws TelemetryError */
export async function testTelemetry(doors: Doors): Promise<void> {
  const dsn = await storedDsn(doors);
  if (dsn === null) return;
  const tested = await tryOut(dsn);
  if (!tested.ok) {
    doors.log.warn(`Telemetry: ${tested.code}: ${tested.message}`);
    const configure = vscode.l10n.t("Configure Telemetry…");
    const picked = await vscode.window.showErrorMessage(`RLM: ${tested.message}`, configure);
    if (picked === configure) await vscode.commands.executeCommand(commands.configureTelemetry);
  } else if (needsSchema(tested)) await offerSchema(tested);
  else await offerToTurnOn(describe(tested));
}

/** `RLM: Apply Telemetry Schema`: shows the SQL, and runs it once the user has said so. @throws TelemetryError */
export async function applyTelemetrySchema(doors: Doors): Promise<void> {
  const dsn = await storedDsn(doors);
  if (dsn === null) return;
  const { migrate, planMigration } = await import("../../telemetry/migrate.ts");
  const plan = await planMigration(dsn);
  const content = plan.steps.map(({ name, sql }) => `-- ${name}\n${sql}`).join("\n");
  const document = await vscode.workspace.openTextDocument({ language: "sql", content });
  await vscode.window.showTextDocument(document, { preview: true });
  const sure =
    plan.from === null
      ? vscode.l10n.t("Run this SQL in your database? It makes the schema “rlm” with its tables.")
      : vscode.l10n.t(
          "Run this SQL in your database? It brings the tables to version {0}; what is in them stays.",
          plan.to,
        );
  if (!(await isSure(sure))) return;
  const title = vscode.l10n.t("RLM: Applying the telemetry schema");
  const done = await vscode.window.withProgress({ location: vscode.ProgressLocation.Notification, title }, () =>
    migrate(dsn),
  );
  doors.log.info(`Telemetry: the tables are of version ${done.to}`);
  const notices = done.capabilities.notices.map(({ message }) => message);
  await offerToTurnOn([vscode.l10n.t("The tables are of version {0}.", done.to), ...notices].join(" "));
}

/** Asks above the SQL, which can be scrolled meanwhile, and waits as long as that takes. */
async function isSure(question: string): Promise<boolean> {
  const apply = { label: vscode.l10n.t("Apply") };
  const title = vscode.l10n.t("RLM: Apply Telemetry Schema");
  const options = { title, placeHolder: question, ignoreFocusOut: true };
  return (await vscode.window.showQuickPick([apply, { label: vscode.l10n.t("Cancel") }], options)) === apply;
}

/** The stored database; where there is none the user is asked whether to give one. */
async function storedDsn({ telemetry }: Doors): Promise<string | null> {
  const dsn = await telemetry.dsn();
  if (dsn !== null) return dsn;
  const configure = vscode.l10n.t("Configure Telemetry…");
  const missing = vscode.l10n.t("RLM: Telemetry has no database yet.");
  const picked = await vscode.window.showInformationMessage(missing, configure);
  if (picked === configure) await vscode.commands.executeCommand(commands.configureTelemetry);
  return null;
}

async function tryOut(dsn: string): Promise<ConnectionTest> {
  const title = vscode.l10n.t("RLM: Testing the telemetry database");
  return vscode.window.withProgress({ location: vscode.ProgressLocation.Notification, title }, async () => {
    const { testConnection } = await import("../../telemetry/test-connection.ts");
    return testConnection(dsn);
  });
}

/** A database may be away for a while; what is no DSN is never stored. */
async function storesAnyway(message: string, code: string): Promise<boolean> {
  if (code === "bad-dsn") {
    void vscode.window.showErrorMessage(`RLM: ${message}`);
    return false;
  }
  const store = vscode.l10n.t("Store Anyway");
  return (await vscode.window.showWarningMessage(`RLM: ${message}`, store)) === store;
}

type Reached = Extract<ConnectionTest, { ok: true }>;

function needsSchema({ notices }: Reached): boolean {
  return notices.some(({ code }) => code === "schema-missing" || code === "schema-older");
}

async function offerSchema({ shown, schema }: Reached): Promise<void> {
  const apply = vscode.l10n.t("Show and Apply Schema…");
  const words =
    schema === null
      ? vscode.l10n.t("RLM: {0} can be reached, and has no tables of RLM yet.", shown)
      : vscode.l10n.t("RLM: {0} can be reached; its tables are of an older version.", shown);
  if ((await vscode.window.showInformationMessage(words, apply)) === apply) {
    await vscode.commands.executeCommand(commands.applyTelemetrySchema);
  }
}

function describe({ shown, encrypted, schema, notices }: Reached): string {
  const tls = encrypted ? vscode.l10n.t("encrypted") : vscode.l10n.t("not encrypted");
  const reached = vscode.l10n.t("{0} can be written to ({1}), its tables are of version {2}.", shown, tls, schema ?? 0);
  return [reached, ...notices.map(({ message }) => message)].join(" ");
}

/** Says what is so; where telemetry is not turned on, a button does that. */
async function offerToTurnOn(words: string): Promise<void> {
  const settings = vscode.workspace.getConfiguration("rlm.telemetry");
  if (settings.get("enabled") === true) {
    const off = vscode.env.isTelemetryEnabled
      ? ""
      : ` ${vscode.l10n.t("Nothing is logged, because VS Code's own telemetry is off.")}`;
    void vscode.window.showInformationMessage(`RLM: ${words}${off}`);
    return;
  }
  const turnOn = vscode.l10n.t("Turn Telemetry On");
  if ((await vscode.window.showInformationMessage(`RLM: ${words}`, turnOn)) === turnOn) {
    await settings.update("enabled", true, vscode.ConfigurationTarget.Global);
  }
}
