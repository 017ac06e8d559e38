// Asks as another agent would, over MCP: node examples/mcp.mjs [FOLDER] [QUESTION]
import { fileURLToPath } from "node:url";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { getDefaultEnvironment, StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";

const [folder = "src", question = "Where are retries handled?"] = process.argv.slice(2);
const { OPENAI_API_KEY = "", OPENAI_BASE_URL = "", XDG_STATE_HOME = "" } = process.env;

// What is in an agent's configuration: command, arguments, environment.
const transport = new StdioClientTransport({
  command: process.execPath,
  args: [fileURLToPath(new URL("../dist/mcp.js", import.meta.url)), "--root", folder],
  env: { ...getDefaultEnvironment(), OPENAI_API_KEY, OPENAI_BASE_URL, XDG_STATE_HOME },
  stderr: "ignore",
});
const client = new Client({ name: "example", version: "1.0.0" });
await client.connect(transport);

const { tools } = await client.listTools();
console.error(`tools: ${tools.map(({ name }) => name).join(", ")}`);

const result = await client.callTool({ name: "ask_codebase", arguments: { question } }, undefined, {
  onprogress: ({ message }) => console.error(message),
});
console.log(result.content[0].text);
await client.close();
