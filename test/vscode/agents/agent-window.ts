// A window of VS Code as far as our agents see it: give `editor` to `vi.mock("vscode", …)`.
import path from "node:path";
import * as fake from "../../support/fake-vscode.ts";

/** The folders that are open, by their paths, and the settings; `open` before each test. */
const state = { folders: [] as string[], settings: {} as Readonly<Record<string, unknown>>, trusted: true };

export function open(
  folders: readonly string[],
  settings: Readonly<Record<string, unknown>> = {},
  trusted = true,
): void {
  Object.assign(state, { folders: [...folders], settings, trusted });
}

const foldersOpen = () =>
  state.folders.map((folder, index) => ({ uri: fake.Uri.file(folder), name: path.basename(folder), index }));
const folderOf = ({ scheme, path: file }: fake.Uri) =>
  scheme === "file" ? foldersOpen().find(({ uri }) => `${file}/`.startsWith(`${uri.path}/`)) : undefined;

export class TextPart {
  readonly value: string;
  constructor(value: string) {
    this.value = value;
  }
}

class ModelError extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
  static NoPermissions(message: string): ModelError {
    return new ModelError("NoPermissions", message);
  }
  static NotFound(message: string): ModelError {
    return new ModelError("NotFound", message);
  }
}

type Provider = { [name: string]: (...given: never[]) => unknown };

/** Who provides models, as VS Code was told; and what tells of changes. */
export const provided = {
  vendor: "",
  provider: {} as Provider,
  configured: new fake.EventEmitter<{ affectsConfiguration: (name: string) => boolean }>(),
};

export const role = { User: 1, Assistant: 2 };

const workspace = {
  ...fake.workspace,
  get isTrusted() {
    return state.trusted;
  },
  get workspaceFolders() {
    return state.folders.length === 0 ? undefined : foldersOpen();
  },
  getConfiguration: (section?: string) => ({
    get: (name: string) => state.settings[section ? `${section}.${name}` : name],
    inspect: () => undefined,
  }),
  onDidChangeConfiguration: provided.configured.event,
  getWorkspaceFolder: folderOf,
  asRelativePath: (uri: fake.Uri, includeFolder = state.folders.length > 1) => {
    const folder = folderOf(uri);
    if (!folder) return uri.path;
    return path.posix.join(includeFolder ? folder.name : "", path.posix.relative(folder.uri.path, uri.path));
  },
};

/** Markdown, with texts that are no Markdown in «». */
class MarkdownString {
  value: string;
  constructor(value = "") {
    this.value = value;
  }
  appendText(text: string): this {
    this.value += `«${text}»`;
    return this;
  }
  appendMarkdown(text: string): this {
    this.value += text;
    return this;
  }
}

export class ResponseTurn {
  readonly result: unknown;
  constructor(result: unknown) {
    this.result = result;
  }
}

export const editor = {
  ...fake,
  workspace,
  LanguageModelTextPart: TextPart,
  LanguageModelToolResult: class {
    readonly content: readonly TextPart[];
    constructor(content: readonly TextPart[]) {
      this.content = content;
    }
  },
  CancellationError: class extends Error {},
  ChatResponseTurn: ResponseTurn,
  MarkdownString,
  LanguageModelChatMessageRole: role,
  LanguageModelError: ModelError,
  lm: {
    selectChatModels: async () => [{ vendor: "rlm", id: "rlm", family: "rlm" }],
    registerLanguageModelChatProvider: (vendor: string, provider: Provider) => {
      Object.assign(provided, { vendor, provider });
      return new fake.Disposable(() => {});
    },
  },
  Location: class {
    readonly uri: fake.Uri;
    readonly range: fake.Range;
    constructor(uri: fake.Uri, range: fake.Range) {
      this.uri = uri;
      this.range = range;
    }
  },
};

/** A token that a test cancels. */
export function cancellable() {
  const listeners = new Set<() => unknown>();
  const token = {
    isCancellationRequested: false,
    onCancellationRequested: (listener: () => unknown) => {
      listeners.add(listener);
      return new fake.Disposable(() => listeners.delete(listener));
    },
  };
  const cancel = () => {
    token.isCancellationRequested = true;
    for (const listener of listeners) listener();
  };
  return { token: token as never, cancel };
}

/** A message that a chat sends to a model. */
export function message(by: "user" | "assistant" | "system", text: string) {
  const roles = { user: role.User, assistant: role.Assistant, system: 3 };
  return { role: roles[by], content: [new TextPart(text)], name: undefined } as never;
}
