// What of `vscode` the host's code uses where no window is needed: give it to `vi.mock("vscode", …)`.
import path from "node:path";

/** What happened in the window, and what it answers; `reset` before each test. */
export const fakeWindow = {
  warnings: [] as string[],
  shown: [] as { uri: Uri; selection: Range | undefined }[],
  documents: [] as FakeDocument[],
  clipboard: "",
  reset(): void {
    this.warnings = [];
    this.shown = [];
    this.documents = [];
    this.clipboard = "";
  },
};

export interface FakeDocument {
  readonly uri: Uri;
  readonly isDirty: boolean;
  getText(): string;
}

type Listener<T> = (event: T) => unknown;

export class Disposable {
  readonly dispose: () => void;
  constructor(dispose: () => void) {
    this.dispose = dispose;
  }
  static from(...all: { dispose(): void }[]): Disposable {
    return new Disposable(() => {
      for (const each of all) each.dispose();
    });
  }
}

export class EventEmitter<T> {
  readonly #listeners = new Set<Listener<T>>();
  readonly event = (listener: Listener<T>): Disposable => {
    this.#listeners.add(listener);
    return new Disposable(() => this.#listeners.delete(listener));
  };
  get listeners(): number {
    return this.#listeners.size;
  }
  fire(event: T): void {
    for (const listener of [...this.#listeners]) listener(event);
  }
  dispose(): void {
    this.#listeners.clear();
  }
}

export class Uri {
  readonly scheme: string;
  readonly authority: string;
  readonly path: string;
  constructor(scheme: string, authority: string, where: string) {
    this.scheme = scheme;
    this.authority = authority;
    this.path = where;
  }
  static parse(text: string): Uri {
    const [, scheme, authority = "", where = ""] = /^([a-z][a-z0-9+.-]*):(?:\/\/([^/]*))?(.*)$/i.exec(text) ?? [];
    if (scheme === undefined) throw new Error(`Scheme is missing: ${text}`);
    return new Uri(scheme, authority, decodeURIComponent(where));
  }
  static file(file: string): Uri {
    return new Uri("file", "", file);
  }
  static from({ scheme, authority = "", path: where }: { scheme: string; authority?: string; path: string }): Uri {
    return new Uri(scheme, authority, where);
  }
  static joinPath(uri: Uri, ...parts: string[]): Uri {
    return uri.with({ path: path.posix.join(uri.path, ...parts) });
  }
  get fsPath(): string {
    return this.path;
  }
  with({ scheme = this.scheme, path: where = this.path }: { scheme?: string; path?: string }): Uri {
    return new Uri(scheme, this.authority, where);
  }
  toString(): string {
    return `${this.scheme}:${this.scheme === "untitled" ? "" : `//${this.authority}`}${this.path}`;
  }
}

export class Position {
  readonly line: number;
  readonly character: number;
  constructor(line: number, character: number) {
    this.line = line;
    this.character = character;
  }
}

export class Range {
  readonly start: Position;
  readonly end: Position;
  constructor(start: Position, end: Position) {
    this.start = start;
    this.end = end;
  }
}

export class CancellationTokenSource {
  readonly token = { isCancellationRequested: false };
  cancel(): void {
    this.token.isCancellationRequested = true;
  }
  dispose(): void {}
}

export const FileType = { Unknown: 0, File: 1, Directory: 2, SymbolicLink: 64 };
export const ViewColumn = { Active: -1, Beside: -2, One: 1 };
export const ProgressLocation = { Notification: 15 };

export const l10n = {
  t: (text: string, ...values: unknown[]) => text.replace(/\{(\d+)\}/g, (_, at) => String(values[Number(at)])),
};

const folder = { uri: Uri.file("/w"), name: "w", index: 0 };
const never = () => new Disposable(() => {});
const saved = new EventEmitter<FakeDocument>();

export const workspace = {
  name: "w",
  isTrusted: false,
  workspaceFolders: [folder],
  notebookDocuments: [],
  get textDocuments() {
    return fakeWindow.documents;
  },
  getConfiguration: () => ({ get: () => undefined, inspect: () => undefined }),
  getWorkspaceFolder: (uri: Uri) => (`${uri.path}/`.startsWith("/w/") ? folder : undefined),
  asRelativePath: (uri: Uri) => (uri.path.startsWith("/w/") ? uri.path.slice(3) : uri.path),
  findFiles: async () => [],
  onDidChangeConfiguration: never,
  onDidChangeWorkspaceFolders: never,
  onDidGrantWorkspaceTrust: never,
  onDidSaveTextDocument: saved.event,
  openTextDocument: async (uri: Uri) => {
    const found = fakeWindow.documents.find((each) => each.uri.toString() === uri.toString());
    if (!found) throw new Error(`There is no ${uri.toString()}`);
    const lines = found.getText().split("\n");
    const validatePosition = ({ line, character }: Position) => {
      const at = Math.min(line, lines.length - 1);
      return new Position(at, Math.min(character, lines[at]?.length ?? 0));
    };
    return { ...found, validatePosition };
  },
  fs: {
    stat: async () => ({ type: FileType.File, size: 1 }),
    readDirectory: async (): Promise<[string, number][]> => [],
    readFile: async () => new Uint8Array(),
  },
};

export const window = {
  tabGroups: { all: [] },
  onDidChangeWindowState: never,
  showWarningMessage: async (text: string) => void fakeWindow.warnings.push(text),
  showErrorMessage: async (text: string) => void fakeWindow.warnings.push(text),
  showTextDocument: async ({ uri }: FakeDocument, { selection }: { selection?: Range }) =>
    void fakeWindow.shown.push({ uri, selection }),
};

export const env = {
  language: "en",
  clipboard: {
    writeText: async (text: string) => {
      fakeWindow.clipboard = text;
    },
  },
};

export const commands = { executeCommand: async () => undefined };
