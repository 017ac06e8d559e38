import * as vscode from "vscode";
import { checkModel, type ModelCheck } from "../../models/check-model.ts";
import { CancelSource } from "../../rlm/cancel.ts";
import { failureOf } from "../../rlm/failure.ts";
import { formatMs, formatTokens, formatUsd } from "../../rlm/format.ts";
import type { Model } from "../../rlm/model.ts";
import { withoutWords } from "../asking/log-run.ts";
import type { Doors } from "../doors.ts";
import { commands } from "../ids.ts";
import { chosenModels, placeOf } from "./models.ts";

/** A model whose first words take longer is called slow (milliseconds). */
const slowFrom = 10_000;
/** Local models are loaded at the first question. */
const patience = { maxRetries: 0, firstTokenTimeoutMs: 60_000 };
/** A longer reply in one piece was not streamed. */
const streamedFrom = 40;

/**
 * `RLM: Test Connection`: asks each model that the settings name a short question, and tells what came.
 * @throws ModelFailure, which says what is wrong and what to do; CancelledError
 */
export async function testConnection(doors: Doors): Promise<void> {
  if (!vscode.workspace.isTrusted) return tellUntrusted();
  const models = await chosenModels(doors.keys, patience);
  if (!models) return;
  if (models.root.offline) return tellOffline();
  const { root, sub, children } = models;
  const asked = new Map(
    [root, sub, ...(children ? [children.root, children.sub] : [])].map((model) => [model.id, model]),
  );
  const checked = await testAll(
    [...asked.values()].filter(({ offline }) => !offline),
    doors,
  );
  const line = [
    "RLM:",
    ...checked.map(({ said }) => said),
    ...new Set(checked.flatMap(({ problem }) => problem ?? [])),
  ];
  const isFine = checked.every(({ problem }) => problem === null);
  void (isFine
    ? vscode.window.showInformationMessage(line.join(" "))
    : vscode.window.showWarningMessage(line.join(" ")));
}

/** What is told of a model that has answered; `problem`: what is not as it should be. */
interface Checked {
  readonly said: string;
  readonly problem: string | null;
}

/** One notification for all of them: of more than three within a second VS Code shows no more, so that the end was missed. */
async function testAll(models: readonly Model[], { log }: Doors): Promise<readonly Checked[]> {
  const options = {
    location: vscode.ProgressLocation.Notification,
    title: vscode.l10n.t("RLM: Testing the connection"),
    cancellable: true,
  };
  return vscode.window.withProgress(options, async (progress, token) => {
    const signal = new CancelSource();
    token.onCancellationRequested(() => signal.abort());
    const checked: Checked[] = [];
    for (const model of models) {
      progress.report({ message: vscode.l10n.t("asking {0} at {1}", model.id, placeOf(model.id)) });
      checked.push(await test(model, signal, log));
    }
    return checked;
  });
}

async function test(model: Model, signal: CancelSource, log: Doors["log"]): Promise<Checked> {
  const place = placeOf(model.id);
  try {
    const check = await checkModel(model, signal);
    const said = describeCheck(model.id, place, check);
    log.info(said);
    return { said, problem: describeProblem(check) };
  } catch (error) {
    const { code, message } = failureOf(error);
    log.error(`Test of ${model.id} at ${place}: ${code}: ${withoutWords(message)}`);
    throw error;
  }
}

/** `gpt-5 at api.openai.com answers: first words after 0.8 s, all after 1.2 s, 86 tok, $0.001.` */
function describeCheck(id: string, place: string, { reply, firstTextMs, ms }: ModelCheck): string {
  const cost = reply.costUsd === null ? vscode.l10n.t("cost unknown") : formatUsd(reply.costUsd);
  return vscode.l10n.t(
    "{0} at {1} answers: first words after {2}, all after {3}, {4}, {5}.",
    id,
    place,
    formatMs(firstTextMs),
    formatMs(ms),
    formatTokens(reply.usage),
    cost,
  );
}

function describeProblem({ reply, firstTextMs, pieces }: ModelCheck): string | null {
  if (firstTextMs >= slowFrom) {
    return vscode.l10n.t("That is slow: a local model may have been loading. Test again, or choose a smaller model.");
  }
  if (pieces === 1 && reply.text.length >= streamedFrom) {
    return vscode.l10n.t("The reply was not streamed: it works, but replies show only when they are whole.");
  }
  return null;
}

async function tellOffline(): Promise<void> {
  const choose = vscode.l10n.t("Choose Model…");
  const words = vscode.l10n.t("RLM: There is nothing to connect to: questions are answered offline, by search.");
  if ((await vscode.window.showInformationMessage(words, choose)) === choose) {
    await vscode.commands.executeCommand(commands.chooseModel);
  }
}

async function tellUntrusted(): Promise<void> {
  const trust = vscode.l10n.t("Manage Workspace Trust");
  const words = vscode.l10n.t(
    "RLM: This workspace is not trusted, so questions are answered offline. Nothing was sent.",
  );
  if ((await vscode.window.showInformationMessage(words, trust)) === trust) {
    await vscode.commands.executeCommand("workbench.trust.manage");
  }
}
