// A model that answers as the file named by COMPANION_SCRIPT says, and a file system of what COMPANION_FILES holds.
const { readFileSync, writeFileSync } = require("node:fs");
const vscode = require("vscode");

function readJson(name) {
  const file = process.env[name];
  return file === undefined ? {} : JSON.parse(readFileSync(file, "utf8"));
}

// Without these the chat's picker does not show it.
const shown = { isUserSelectable: true, isDefault: true, capabilities: { toolCalling: true } };
const info = { version: "1", maxInputTokens: 64_000, maxOutputTokens: 4_000, ...shown };

/** Replies by the number of assistant messages so far: a text, or the name of a failure. */
async function respond(messages, progress, token) {
  const script = readJson("COMPANION_SCRIPT");
  const turn = messages.filter(({ role }) => role === vscode.LanguageModelChatMessageRole.Assistant).length;
  const reply = script.replies[Math.min(turn, script.replies.length - 1)];
  const last = messages
    .at(-1)
    .content.map((part) => part.value ?? "")
    .join("");
  if (reply === "blocked") throw vscode.LanguageModelError.Blocked("You have exceeded your quota.");
  if (reply === "never") await new Promise((resolve) => token.onCancellationRequested(resolve));
  const found = /longestRetryWait = (\d+)/.exec(last)?.[1] ?? "";
  for (const piece of reply.replaceAll("{found}", found).match(/[\s\S]{1,20}/g) ?? []) {
    progress.report(new vscode.LanguageModelTextPart(piece));
  }
}

function provider(id, name) {
  return {
    provideLanguageModelChatInformation: async () => [{ ...info, id, name, family: id }],
    provideLanguageModelChatResponse: async (_model, messages, _options, progress, token) =>
      respond(messages, progress, token),
    provideTokenCount: async (_model, text) => String(text?.content ?? text).length,
  };
}

/** Read-only files by their paths. */
function memory() {
  const files = readJson("COMPANION_FILES");
  const paths = Object.keys(files);
  const changed = new vscode.EventEmitter();
  const isFolder = (path) => paths.some((file) => file.startsWith(path.endsWith("/") ? path : `${path}/`));
  return {
    onDidChangeFile: changed.event,
    watch: () => new vscode.Disposable(() => {}),
    stat: ({ path }) => {
      const text = files[path];
      if (text !== undefined) return { type: vscode.FileType.File, ctime: 0, mtime: 0, size: Buffer.byteLength(text) };
      if (isFolder(path)) return { type: vscode.FileType.Directory, ctime: 0, mtime: 0, size: 0 };
      throw vscode.FileSystemError.FileNotFound(path);
    },
    readDirectory: ({ path }) => {
      const prefix = path.endsWith("/") ? path : `${path}/`;
      const below = paths.filter((file) => file.startsWith(prefix)).map((file) => file.slice(prefix.length));
      return [...new Set(below.map((file) => file.split("/")[0]))].map((name) => [
        name,
        files[prefix + name] === undefined ? vscode.FileType.Directory : vscode.FileType.File,
      ]);
    },
    readFile: ({ path }) => {
      if (files[path] === undefined) throw vscode.FileSystemError.FileNotFound(path);
      return Buffer.from(files[path]);
    },
    createDirectory: () => {},
    writeFile: () => {},
    delete: () => {},
    rename: () => {},
  };
}

/** Sends the model that is picked what VS Code's own agent would: more than what the user has typed. */
async function relay(request, { history }, stream, token) {
  const { User, Assistant } = vscode.LanguageModelChatMessage;
  const earlier = history.map((turn) =>
    turn instanceof vscode.ChatRequestTurn
      ? User(asAgent(turn.prompt, []))
      : Assistant(turn.response.map((part) => part.value?.value ?? "").join("")),
  );
  const attachments = await Promise.all(request.references.map(attachmentOf));
  const messages = [
    User("<environment_info>Linux</environment_info>"),
    ...earlier,
    User(asAgent(request.prompt, attachments)),
  ];
  const response = await request.model.sendRequest(messages, {}, token);
  for await (const text of response.text) stream.markdown(text);
}

function asAgent(prompt, attachments) {
  const attached = attachments.length > 0 ? `<attachments>\n${attachments.join("\n")}\n</attachments>\n` : "";
  const rules = "<reminderInstructions>\nKeep going.\n</reminderInstructions>";
  return `${attached}<context>\nToday.\n</context>\n${rules}\n<userRequest>\n${prompt}\n</userRequest>`;
}

async function attachmentOf({ value }) {
  const uri = value.uri ?? value;
  const text = Buffer.from(await vscode.workspace.fs.readFile(uri)).toString();
  return `<attachment id="${uri.path.split("/").at(-1)}" filePath="${uri.fsPath}">\n${text}\n</attachment>`;
}

let invocation = new vscode.CancellationTokenSource();

/** Invokes the tool named by COMPANION_TOOL, and writes beside that file what came of it. */
async function invokeTool() {
  const { name, input } = readJson("COMPANION_TOOL");
  invocation = new vscode.CancellationTokenSource();
  const invoked = vscode.lm.invokeTool(name, { input, toolInvocationToken: undefined }, invocation.token);
  const outcome = await invoked.then(
    ({ content }) => ({ text: content.map((part) => part.value ?? "").join("") }),
    (error) => ({ error: `${error.name}: ${error.message}` }),
  );
  writeFileSync(`${process.env.COMPANION_TOOL}.result`, JSON.stringify(outcome));
}

exports.activate = (context) => {
  context.subscriptions.push(
    vscode.commands.registerCommand("companion.invokeTool", invokeTool),
    vscode.commands.registerCommand("companion.cancelTool", () => invocation.cancel()),
    vscode.chat.createChatParticipant("companion.relay", relay),
    vscode.lm.registerLanguageModelChatProvider("companion", provider("parrot", "Parrot")),
    vscode.workspace.registerFileSystemProvider("memory", memory(), { isReadonly: true, isCaseSensitive: true }),
  ); // Only what somebody has selected is in the chat's picker.
  void vscode.lm.selectChatModels({ vendor: "companion" });
};
