import * as vscode from "vscode";
import type { Doors } from "../doors.ts";
import { askTool, mcpServersId, participantId } from "../ids.ts";
import { registerOwnModels } from "./own-models.ts";

/** Registers how other agents and VS Code's own chat ask us. What answers them is loaded when it is used. */
export function registerAgents(doors: Doors): vscode.Disposable[] {
  return [registerTool(doors), registerParticipant(doors), registerMcpServers(doors), registerOwnModels(doors)];
}

function registerTool(doors: Doors): vscode.Disposable {
  const load = () => import("./codebase-tool.ts");
  return vscode.lm.registerTool<unknown>(askTool, {
    prepareInvocation: async ({ input }) => (await load()).prepareAsking(doors, input),
    invoke: async ({ input }, token) => (await load()).askAsTool(doors, input, token),
  });
}

function registerParticipant(doors: Doors): vscode.Disposable {
  const load = () => import("./participant.ts");
  const participant = vscode.chat.createChatParticipant(participantId, async (request, context, stream, token) =>
    (await load()).answerInChat(doors, request, context, stream, token),
  );
  participant.iconPath = new vscode.ThemeIcon("sparkle");
  participant.followupProvider = { provideFollowups: async (result) => (await load()).followupsOf(result) };
  return participant;
}

function registerMcpServers(doors: Doors): vscode.Disposable {
  const load = () => import("./mcp-servers.ts");
  const changed = new vscode.EventEmitter<void>();
  const tell = () => changed.fire();
  return vscode.Disposable.from(
    changed,
    vscode.workspace.onDidChangeWorkspaceFolders(tell),
    vscode.workspace.onDidGrantWorkspaceTrust(tell),
    vscode.lm.registerMcpServerDefinitionProvider(mcpServersId, {
      onDidChangeMcpServerDefinitions: changed.event,
      provideMcpServerDefinitions: async () => (await load()).mcpServers(doors),
      resolveMcpServerDefinition: async (server) => (await load()).readyServer(doors, server),
    }),
  );
}
