import { createInterface } from "node:readline";
import { CancelledError, type CancelSignal } from "../rlm/cancel.ts";
import { oneLine } from "../rlm/cut.ts";
import type { FanOutChoice, Forecast } from "../rlm/fan-out.ts";
import { describeCalls, describeForecast } from "../rlm/run-words.ts";
import { printable } from "./printable.ts";
import { clearLine, takesEscapes } from "./style.ts";

const choices: Readonly<Record<string, FanOutChoice>> = {
  a: "all",
  all: "all",
  f: "five",
  five: "five",
  s: "stop",
  stop: "stop",
};

/** True where somebody sits at the terminal who can be asked. */
export function canAsk(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true;
}

/** Asks at the terminal whether many calls may be made; the end of the input means no. @throws CancelledError */
export function askInTerminal(forecast: Forecast, signal: CancelSignal): Promise<FanOutChoice> {
  const clear = takesEscapes(process.stderr) ? clearLine : "";
  process.stderr.write(`${clear}${describe(forecast)}\n`);
  // Without a terminal's own line editing Ctrl-C stays a signal.
  const input = createInterface({ input: process.stdin, output: process.stderr, terminal: false });
  return new Promise<FanOutChoice>((resolve, reject) => {
    const cancel = () => reject(new CancelledError());
    signal.addEventListener("abort", cancel, { once: true });
    input.on("close", () => resolve("stop"));
    input.on("line", (line) => {
      const choice = choices[line.trim().toLowerCase()];
      if (choice) resolve(choice);
      else input.prompt();
    });
    input.setPrompt("Make them? [a]ll, [f]ive first, [s]top these calls: ");
    input.prompt();
  }).finally(() => input.close());
}

function describe(forecast: Forecast): string {
  const head = `A cell wants ${describeCalls(forecast)}: ${describeForecast(forecast)}. One of them:`;
  const { sample } = forecast;
  return `${head}\n  ${printable(oneLine(sample, 200))}`;
}
