import type { Doors } from "../../../src/vscode/doors.ts";
import { windowIn } from "../chat/window.ts";

/** What our agents work with in the window. @param onRun told of each run that is started */
export function doorsOf(onRun: () => void = () => {}): Doors {
  const log = { info: () => {}, debug: () => {}, warn: () => {}, error: () => {} };
  const runs = { ids: new Set<string>(), find: () => undefined, add: () => {} };
  return { ...windowIn(), log, runs, store: { record: onRun }, telemetry: { record: () => {} } } as unknown as Doors;
}
