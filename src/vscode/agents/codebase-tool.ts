import * as vscode from "vscode";
import * as z from "zod";
import { formatUsdLimit } from "../../rlm/format.ts";
import { defaultLimits } from "../../rlm/limits.ts";
import { startRun } from "../asking/start-run.ts";
import { describeAmount } from "../context/context-item.ts";
import { selectionSource, workspaceSource } from "../context/context-sources.ts";
import type { Doors } from "../doors.ts";
import { whoAnswers } from "../models/models.ts";
import { readSettings } from "../settings.ts";
import { followRun } from "./follow-run.ts";
import { urisNamed } from "./named-paths.ts";
import { AgentError, toldAnswer } from "./told-answer.ts";

const inputSchema = z.object({
  question: z.string().trim().min(1).max(20_000),
  paths: z.array(z.string().min(1).max(4_096)).max(100).default([]),
});

/** What the user is asked before the tool reads anything. */
export async function prepareAsking(doors: Doors, input: unknown): Promise<vscode.PreparedToolInvocation> {
  const { question, paths } = readInput(input);
  const message = new vscode.MarkdownString();
  for (const line of [question, await whatIsRead(doors, paths), await whoAnswers(doors.keys), cap()]) {
    // As text: an agent has written some of it.
    message.appendText(line).appendMarkdown("\n\n");
  }
  return {
    invocationMessage: vscode.l10n.t("Asking RLM about the codebase"),
    confirmationMessages: { title: vscode.l10n.t("Let RLM read the codebase?"), message },
  };
}

/** Runs the question; a failure is thrown with the line that the agent reads. */
export async function askAsTool(
  doors: Doors,
  input: unknown,
  token: vscode.CancellationToken,
): Promise<vscode.LanguageModelToolResult> {
  const { question, paths } = readInput(input);
  const context =
    paths.length > 0
      ? await selectionSource(doors.choice, await urisNamed(paths))
      : await workspaceSource(doors.choice);
  if (!context) throw new AgentError("nothing-open", vscode.l10n.t("There is no folder to ask about."));
  const started = await startRun(doors, { question, context });
  if (!started) throw new AgentError("no-model", vscode.l10n.t("No model was chosen."));
  const tree = await followRun(started.watched.run, token);
  if (token.isCancellationRequested) throw new vscode.CancellationError();
  return new vscode.LanguageModelToolResult([new vscode.LanguageModelTextPart(toldAnswer(tree))]);
}

function readInput(input: unknown): z.infer<typeof inputSchema> {
  const read = inputSchema.safeParse(input);
  if (read.success) return read.data;
  throw new AgentError("bad-input", vscode.l10n.t("The tool takes a question and, if wanted, a list of paths."));
}

async function whatIsRead({ choice }: Doors, paths: readonly string[]): Promise<string> {
  if (paths.length > 0) return vscode.l10n.t("Reads: {0}", paths.join(", "));
  const names = (vscode.workspace.workspaceFolders ?? []).map(({ name }) => name).join(", ");
  const { known } = choice;
  return known
    ? vscode.l10n.t("Reads: all of {0} ({1})", names, describeAmount(known))
    : vscode.l10n.t("Reads: all of {0}", names);
}

function cap(): string {
  const { usd = defaultLimits.usd } = readSettings().limits;
  return vscode.l10n.t("Costs at most {0}, where the price is known.", formatUsdLimit(usd));
}
