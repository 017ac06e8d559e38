/** The MCP server as a program of its own, which an editor can start with `node dist/mcp.js --root FOLDER`. */
import { tellingFailure } from "./failure.ts";
import { mcpCommand } from "./mcp-command.ts";

process.exitCode = await tellingFailure(false, () => mcpCommand(process.argv.slice(2)));
