import { expect, it } from "vitest";
import type { RunEvent } from "../../../src/rlm/events.ts";
import { logRun, withoutWords } from "../../../src/vscode/asking/log-run.ts";
import type { WatchedRun } from "../../../src/vscode/asking/watched-run.ts";
import type { OutputLog } from "../../../src/vscode/output-log.ts";
import { sampleQuestion, sampleRun } from "../../support/sample-run.ts";

/** The lines that are logged of some events. */
function logged(events: readonly RunEvent[]): string[] {
  const lines: string[] = [];
  const keep = (line: string) => void lines.push(line);
  const log = { info: keep, debug: keep, warn: keep, error: keep } as unknown as OutputLog;
  const onEvent = (take: (event: RunEvent) => void) => events.forEach(take);
  logRun(log, { run: { id: "0123456789" }, onEvent } as unknown as WatchedRun, "api.example.com");
  return lines;
}

it("tells what was asked of whom and what it took, and nothing of what was said", () => {
  const events = sampleRun();
  const lines = logged(events).join("\n");
  expect(lines).toMatch(/asks api\.example\.com/);
  expect(lines).toMatch(/turn 1, \S+: [\d,]+.* in, [\d,]+ out/);
  expect(lines).toMatch(/answered, \d+ turns/);
  const texts = events.flatMap((event) => {
    if (event.type === "blob.added" || event.type === "reply.delta") return [event.text];
    if (event.type === "cell.started" && typeof event.code === "string") return [event.code];
    return event.type === "run.finished" && event.answer !== null ? [event.answer] : [];
  });
  expect(texts).not.toEqual([]);
  for (const text of [sampleQuestion, "retry.ts", ...texts]) expect(lines).not.toContain(text.slice(0, 60));
});

it("leaves out what an endpoint says about a failure, which may repeat what it was sent", () => {
  expect(withoutWords("api.example.com failed (500): your prompt was: secret")).toBe("api.example.com failed (500).");
  expect(withoutWords("api.example.com failed while it replied: secret")).toBe(
    "api.example.com failed while it replied.",
  );
  expect(withoutWords("Nothing answers at 127.0.0.1:1234. Is it running?")).toBe(
    "Nothing answers at 127.0.0.1:1234. Is it running?",
  );
});
