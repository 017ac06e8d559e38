import path from "node:path";
import * as vscode from "vscode";
import type { AskRequest, Run } from "../../ask.ts";
import { collect } from "../../context/collect.ts";
import { viewOf } from "../../context/view.ts";
import { CancelSource } from "../../rlm/cancel.ts";
import type { Citation } from "../../rlm/events.ts";
import { failureOf } from "../../rlm/failure.ts";
import { defaultLimits, type Limits } from "../../rlm/limits.ts";
import type { RunTree } from "../../rlm/run-tree.ts";
import { describeEnd } from "../../rlm/run-words.ts";
import { mendOf, shortLine } from "../asking/show-failure.ts";
import { startRun } from "../asking/start-run.ts";
import { sourceOf, toldQuestion } from "../chat/attachments.ts";
import { describeAmount } from "../context/context-item.ts";
import type { Doors } from "../doors.ts";
import { uriOfFile } from "../files/file-uri.ts";
import { commands, views } from "../ids.ts";
import { pickedModels, whoAnswers } from "../models/models.ts";
import { readSettings } from "../settings.ts";
import { answerPieces } from "./answer-pieces.ts";
import { referredTo } from "./chat-references.ts";
import { answeredIn, type ChatTurn, lastRunIn, readTurn } from "./chat-turns.ts";
import { filesSummary, type SummaryRow } from "./files-summary.ts";
import { followRun } from "./follow-run.ts";
import { describeHeldBack } from "./held-back.ts";
import { ProgressLines } from "./progress-lines.ts";
import { noAnswer, toldCost } from "./told-answer.ts";

/** What the chat hands over with a question. */
interface ChatCall {
  readonly request: vscode.ChatRequest;
  readonly earlier: readonly ChatTurn[];
  readonly stream: vscode.ChatResponseStream;
  readonly token: vscode.CancellationToken;
}

/** Answers `@rlm` in VS Code's own chat. @returns what the next question of the chat may need */
export async function answerInChat(
  doors: Doors,
  request: vscode.ChatRequest,
  { history }: vscode.ChatContext,
  stream: vscode.ChatResponseStream,
  token: vscode.CancellationToken,
): Promise<vscode.ChatResult> {
  const earlier = history.flatMap((turn) =>
    turn instanceof vscode.ChatResponseTurn ? (readTurn(turn.result.metadata) ?? []) : [],
  );
  const call = { request, earlier, stream, token };
  try {
    switch (request.command) {
      case "files":
        return await listFiles(doors, call);
      case "trace":
        return await openLastTrace(doors, call);
      default:
        return await answer(doors, call);
    }
  } catch (error) {
    const failure = failureOf(error);
    const mend = mendOf(failure);
    if (mend) stream.button({ command: mend.command, title: mend.label });
    return { errorDetails: { message: shortLine(failure) } };
  }
}

/** What may be asked next, under an answer. */
export function followupsOf(result: vscode.ChatResult): vscode.ChatFollowup[] {
  const turn = readTurn(result.metadata);
  if (!turn || turn.runId === null) return [];
  const deeper = { prompt: turn.question, command: "deep", label: vscode.l10n.t("Look deeper") };
  const trace = { prompt: vscode.l10n.t("Show the trace"), command: "trace", label: vscode.l10n.t("Show the trace") };
  return turn.partial || turn.answer === null ? [deeper, trace] : [trace];
}

async function answer(doors: Doors, { request, earlier, stream, token }: ChatCall): Promise<vscode.ChatResult> {
  const { about, question, heldBack } = await referredTo(request.prompt, request.references);
  if (question === "") {
    stream.markdown(vscode.l10n.t("What do you want to know about this codebase?"));
    return {};
  }
  const context = await sourceOf(about, doors.choice);
  if (!context) return nothingToAsk(stream, heldBack);
  const asked: AskRequest = {
    question: toldQuestion(question, about),
    context,
    history: answeredIn(earlier),
    ...(request.command === "deep" ? { limits: deepLimits() } : {}),
  };
  const started = await startRun(doors, asked, pickedModels(request.model));
  if (!started) return { errorDetails: { message: vscode.l10n.t("No model was chosen.") } };
  const { run } = started.watched;
  const tree = await followWithProgress(run, stream, token);
  const { finished, root } = tree;
  const open = { command: commands.openRun, title: vscode.l10n.t("Open Trace"), arguments: [run.id] };
  if (!finished || !root || token.isCancellationRequested) return {};
  // What is told before the steps is hidden with them.
  if (!vscode.workspace.isTrusted) writeNote(stream, await whoAnswers(doors.keys));
  if (heldBack > 0) writeNote(stream, describeHeldBack(heldBack));
  const partial = finished.stopReason !== "answered" && finished.stopReason !== "direct";
  const turn: ChatTurn = { question, answer: finished.answer, runId: run.id, partial };
  if (finished.answer === null) {
    stream.button(open);
    return { metadata: turn, errorDetails: { message: noAnswer(tree).message } };
  }
  writeAnswer(run, finished.answer, finished.citations, stream);
  const end = partial ? `${describeEnd(root)} · ` : "";
  stream.markdown(new vscode.MarkdownString("\n\n").appendText(`${end}${toldCost(tree)}`));
  stream.button(open);
  return { metadata: turn };
}

/** Twice the turns, and two child runs deeper. */
function deepLimits(): Partial<Limits> {
  const { turns = defaultLimits.turns, depth = defaultLimits.depth } = readSettings().limits;
  return { turns: Math.min(200, 2 * turns), depth: Math.min(20, depth + 2) };
}

/** Progress is told at most this often (milliseconds), so that calls that begin together are one line. */
const tellEvery = 200;

async function followWithProgress(
  run: Run,
  stream: vscode.ChatResponseStream,
  token: vscode.CancellationToken,
): Promise<RunTree> {
  const lines = new ProgressLines();
  let timer: NodeJS.Timeout | null = null;
  const tell = (tree: RunTree) => {
    timer = null;
    for (const line of lines.next(tree, Date.now())) stream.progress(line);
  };
  const tree = await followRun(run, token, (changed) => {
    timer ??= setTimeout(tell, tellEvery, changed);
  });
  if (timer) clearTimeout(timer);
  tell(tree);
  return tree;
}

function writeAnswer(run: Run, text: string, citations: readonly Citation[], stream: vscode.ChatResponseStream): void {
  for (const piece of answerPieces(text, citations)) {
    if (piece.kind === "markdown") stream.markdown(piece.text);
    else writeCitation(run, piece.citation, stream);
  }
}

function writeCitation(run: Run, { path: shown, from, to, status }: Citation, stream: vscode.ChatResponseStream): void {
  const label = `${path.posix.basename(shown)}:${from === to ? from : `${from}–${to}`}`;
  const file = status === "missing" ? null : run.fileOf(shown);
  if (file === null) {
    stream.markdown(new vscode.MarkdownString().appendText(`[${label}: ${vscode.l10n.t("not found")}]`));
    return;
  }
  const range = new vscode.Range(from - 1, 0, to - 1, 0);
  stream.anchor(new vscode.Location(uriOfFile(file), range), label);
  if (status === "exists") stream.markdown(` (${vscode.l10n.t("unverified")})`);
}

/** `/files`: what a question would be about, without asking one. */
async function listFiles(doors: Doors, { request, stream, token }: ChatCall): Promise<vscode.ChatResult> {
  const { about, heldBack } = await referredTo(request.prompt, request.references);
  const source = await sourceOf(about, doors.choice);
  if (!source) return nothingToAsk(stream, heldBack);
  stream.progress(vscode.l10n.t("Collecting files"));
  const signal = new CancelSource();
  token.onCancellationRequested(() => signal.abort());
  const corpus = await collect(source.kind === "text" ? source : { ...source, mayBeEmpty: true }, { signal });
  const { paths, sizes, omitted } = viewOf(corpus);
  if (heldBack > 0) writeNote(stream, describeHeldBack(heldBack));
  const { total, rows, rest } = filesSummary(paths, sizes);
  const text = new vscode.MarkdownString(`**${describeAmount(total)}**\n\n`);
  for (const row of rows) addRow(text, row);
  if (rest) addRow(text, { name: vscode.l10n.t("and more"), ...rest });
  if (omitted.length > 0) text.appendText(`\n\n${vscode.l10n.t("{0} left out", omitted.length)}`);
  stream.markdown(text);
  stream.button({ command: `${views.context}.focus`, title: vscode.l10n.t("Show Context") });
  return {};
}

function addRow(text: vscode.MarkdownString, row: SummaryRow): void {
  const { name, files, chars } = row;
  text
    .appendMarkdown("- ")
    .appendText(`${name} · ${describeAmount({ files, chars })}`)
    .appendMarkdown("\n");
}

/** `/trace`: of the newest answer of this chat, else of the newest run of the workspace. */
async function openLastTrace({ store }: Doors, { earlier, stream }: ChatCall): Promise<vscode.ChatResult> {
  const runId = lastRunIn(earlier) ?? (await store.list()).runs[0]?.runId;
  if (runId === undefined) {
    stream.markdown(vscode.l10n.t("No question has been asked about this workspace yet."));
    return {};
  }
  await vscode.commands.executeCommand(commands.openRun, runId);
  stream.markdown(vscode.l10n.t("The trace is open beside the chat."));
  return {};
}

function writeNote(stream: vscode.ChatResponseStream, line: string): void {
  stream.markdown(`_${line}_\n\n`);
}

function nothingToAsk(stream: vscode.ChatResponseStream, heldBack: number): vscode.ChatResult {
  if (heldBack > 0) {
    stream.markdown(`${describeHeldBack(heldBack)}. ${vscode.l10n.t("Nothing is left to ask about.")}`);
    return {};
  }
  stream.markdown(vscode.l10n.t("There is no folder to ask about. Open one first."));
  stream.button({ command: "workbench.action.files.openFolder", title: vscode.l10n.t("Open Folder…") });
  return {};
}
