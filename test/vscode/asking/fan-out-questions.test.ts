import { describe, expect, it } from "vitest";
import { CancelSource } from "../../../src/rlm/cancel.ts";
import type { RunEvent } from "../../../src/rlm/events.ts";
import { FanOutQuestions } from "../../../src/vscode/asking/fan-out-questions.ts";

const forecast = { kind: "llm", calls: 60, tokens: 1_000, usd: null, sample: "How?" } as const;

function asked(seq: number): RunEvent {
  return { type: "fanout.asked", seq, at: 0, runId: "r1", depth: 0, turn: 1, cell: 1, ...forecast };
}

describe("questions about large fan-outs", () => {
  it("are answered by the number of their event, in any order, each for itself", async () => {
    const questions = new FanOutQuestions();
    const first = questions.approve(forecast, new CancelSource());
    const second = questions.approve(forecast, new CancelSource());
    questions.take(asked(7));
    questions.take(asked(9));
    questions.decide(9, "stop");
    expect(await second).toBe("stop");
    expect([7, 9].map((seq) => questions.isOpen(seq))).toEqual([true, false]);
    questions.decide(7, "five");
    expect(await first).toBe("five");
  });

  it("keep the first answer", async () => {
    const questions = new FanOutQuestions();
    const choice = questions.approve(forecast, new CancelSource());
    questions.take(asked(7));
    questions.decide(7, "all");
    questions.decide(7, "stop");
    questions.decide(8, "stop");
    expect(await choice).toBe("all");
  });

  it("end with the run, and the next one is not taken for one that ended before", async () => {
    const questions = new FanOutQuestions();
    const signal = new CancelSource();
    const ended = questions.approve(forecast, signal);
    signal.abort();
    await expect(ended).rejects.toMatchObject({ code: "cancelled" });
    await expect(questions.approve(forecast, signal)).rejects.toMatchObject({ code: "cancelled" });
    const next = questions.approve(forecast, new CancelSource());
    for (const seq of [3, 4, 5]) questions.take(asked(seq));
    expect([3, 4, 5].map((seq) => questions.isOpen(seq))).toEqual([false, false, true]);
    questions.decide(5, "all");
    expect(await next).toBe("all");
  });
});
