import * as vscode from "vscode";
import type { Doors } from "../doors.ts";
import { configuredEndpoint } from "../models/endpoint.ts";
import { readSettings } from "../settings.ts";
import { mcpArguments } from "./mcp-arguments.ts";

/** Our MCP server over the folders that are open and on disk; none where the workspace is not trusted. */
export function mcpServers({ extensionUri }: Doors): vscode.McpStdioServerDefinition[] {
  const roots = openFolders();
  if (!vscode.workspace.isTrusted || roots.length === 0) return [];
  const program = vscode.Uri.joinPath(extensionUri, "dist/mcp.js").fsPath;
  const args = [program, ...roots.map((root) => `--root=${root}`)];
  // Where Node is the editor itself it has to be told so.
  return [new vscode.McpStdioServerDefinition("RLM", process.execPath, args, { ELECTRON_RUN_AS_NODE: "1" })];
}

/** Adds what only the start needs: who answers, under which limits, and in the environment alone the key and the database. */
export async function readyServer(
  { extensionUri, keys, telemetry }: Doors,
  server: vscode.McpServerDefinition,
): Promise<vscode.McpServerDefinition | undefined> {
  const roots = openFolders();
  const isOurs = server instanceof vscode.McpStdioServerDefinition;
  if (!isOurs || !vscode.workspace.isTrusted || roots.length === 0) return undefined;
  const endpoint = await configuredEndpoint(keys);
  const program = vscode.Uri.joinPath(extensionUri, "dist/mcp.js").fsPath;
  server.args = mcpArguments(program, roots, { ...readSettings(), baseUrl: endpoint?.baseUrl ?? null });
  // What the editor was started with names no endpoint: the settings do.
  server.env = {
    ...server.env,
    OPENAI_API_KEY: endpoint?.apiKey ?? null,
    OPENAI_BASE_URL: null,
    ...(await telemetry.environment()),
  };
  return server;
}

function openFolders(): string[] {
  const folders = vscode.workspace.workspaceFolders ?? [];
  return folders.filter(({ uri }) => uri.scheme === "file").map(({ uri }) => uri.fsPath);
}
