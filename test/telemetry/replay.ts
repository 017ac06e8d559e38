/** `replay.ts DSN FOLDER`: sends what waits in a spool, tells each state on a line, and ends when all is stored. */
import { openTelemetry } from "../../src/telemetry/telemetry.ts";

const [dsn = "", spoolFolder = ""] = process.argv.slice(2);
const telemetry = openTelemetry({ dsn, spoolFolder, content: false });
let told = "";
telemetry.onState(({ state }) => {
  if (state !== told) process.stdout.write(`${state}\n`);
  told = state;
});
await telemetry.close(60_000);
