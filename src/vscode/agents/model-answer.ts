import path from "node:path";
import * as vscode from "vscode";
import type { Run } from "../../ask.ts";
import { maskText } from "../../context/mask-text.ts";
import { isUnderSecret } from "../../context/secret-names.ts";
import { failureOf } from "../../rlm/failure.ts";
import { startRun } from "../asking/start-run.ts";
import { workspaceSource } from "../context/context-sources.ts";
import type { Doors } from "../doors.ts";
import { uriOfFile } from "../files/file-uri.ts";
import { AnswerText, stepLine } from "./answer-text.ts";
import { followRun } from "./follow-run.ts";
import { describeHeldBack, isHeldBack, withoutNames } from "./held-back.ts";
import { questionWith, readSent, type SentAttachment, type SentMessage } from "./sent-messages.ts";
import { AgentError, noAnswer } from "./told-answer.ts";

/** A longer question is a text to be asked about. */
const mostQuestion = 20_000;
/** What comes is written at most this often (milliseconds). */
const writeEvery = 80;

/**
 * Answers as a model of VS Code: with an RLM run over the workspace, under the user's settings.
 * @param write takes the reply's next piece
 * @throws LanguageModelError, or AgentError with one clear line
 */
export async function answerAsModel(
  doors: Doors,
  messages: readonly vscode.LanguageModelChatRequestMessage[],
  write: (text: string) => void,
  token: vscode.CancellationToken,
): Promise<void> {
  try {
    await answer(doors, messages.map(sentMessage), write, token);
  } catch (error) {
    if (!token.isCancellationRequested) throw thrown(error);
  }
}

async function answer(
  doors: Doors,
  messages: readonly SentMessage[],
  write: (text: string) => void,
  token: vscode.CancellationToken,
): Promise<void> {
  const sent = readSent(messages);
  if (sent.kind === "nothing") throw new AgentError("no-question", vscode.l10n.t("There is no question."));
  if (sent.kind === "chore") {
    throw new AgentError("chore", vscode.l10n.t("RLM answers questions about the codebase, and does nothing else."));
  }
  if (sent.question.length > mostQuestion) {
    const line = vscode.l10n.t("The question is too long: put the text into a file, and ask about that.");
    throw new AgentError("too-long", line);
  }
  const context = await workspaceSource(doors.choice);
  if (!context) throw new AgentError("nothing-open", vscode.l10n.t("There is no folder to ask about. Open one first."));
  const { pointed, texts, heldBack } = await sortAttachments(sent.attachments);
  if (heldBack.length > 0) write(stepLine(describeHeldBack(heldBack.length)));
  const question = questionWith(withoutNames(sent.question, heldBack), pointed, texts);
  if (token.isCancellationRequested) return;
  const started = await startRun(doors, { question, context, history: sent.history });
  if (!started) throw new AgentError("no-model", vscode.l10n.t("No model was chosen."));
  await writeRun(started.watched.run, write, token);
}

async function writeRun(run: Run, write: (text: string) => void, token: vscode.CancellationToken): Promise<void> {
  const told = new AnswerText();
  let timer: NodeJS.Timeout | null = null;
  const tree = await followRun(run, token, (changed) => {
    timer ??= setTimeout(() => {
      timer = null;
      const more = told.next(changed, Date.now());
      if (more !== "") write(more);
    }, writeEvery);
  });
  if (timer) clearTimeout(timer);
  if (token.isCancellationRequested) return;
  if (tree.answer === null) throw noAnswer(tree);
  write(told.end(tree, Date.now()));
}

/** What the chat has attached, as far as a run may know of it. */
interface Sorted {
  /** Paths of the workspace: the run reads them by itself. */
  readonly pointed: readonly string[];
  readonly texts: readonly string[];
  /** Names of what no model may see. */
  readonly heldBack: readonly string[];
}

async function sortAttachments(attachments: readonly SentAttachment[]): Promise<Sorted> {
  const sorted = { pointed: [] as string[], texts: [] as string[], heldBack: [] as string[] };
  for (const { file, name, text } of attachments) {
    const uri = file === null ? null : uriOfFile(file);
    if (uri === null && !isUnderSecret(name.replace(/^\w+:/, ""))) sorted.texts.push(maskText(text));
    else if (uri === null || (await isHeldBack(uri))) sorted.heldBack.push(path.posix.basename(uri?.path ?? name));
    else sorted.pointed.push(vscode.workspace.asRelativePath(uri));
  }
  return sorted;
}

function sentMessage({ role, content }: vscode.LanguageModelChatRequestMessage): SentMessage {
  const { User, Assistant } = vscode.LanguageModelChatMessageRole;
  const texts = content.map((part) => (part instanceof vscode.LanguageModelTextPart ? part.value : ""));
  return { role: role === User ? "user" : role === Assistant ? "assistant" : "system", text: texts.join("") };
}

/** A failure as a model of VS Code tells it. */
function thrown(error: unknown): Error {
  const { code, message } = failureOf(error);
  const line = `RLM: ${message}`;
  if (code === "auth" || code === "consent") return vscode.LanguageModelError.NoPermissions(line);
  if (code === "unknown-model") return vscode.LanguageModelError.NotFound(line);
  return new Error(line);
}
