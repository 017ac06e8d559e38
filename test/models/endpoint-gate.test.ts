import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { closeGate, type Pass, passGate } from "../../src/models/endpoint-gate.ts";
import { CancelSource } from "../../src/rlm/cancel.ts";
import { ModelFailure } from "../../src/rlm/model.ts";
import { foldEvents } from "../../src/rlm/run-tree.ts";
import { describeActivity } from "../../src/rlm/run-words.ts";
import { asked } from "../support/asking.ts";
import { ask, failureOf, modelAt, serve, stated, status } from "./talking.ts";

const slowDown = new ModelFailure("rate-limit", "Slow down.");

describe("the gate", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  const enter = (origin: string, signal = new CancelSource()) => passGate(origin, signal, () => undefined);

  it("holds an origin's requests until the longest pause is over, and no other's", async () => {
    const first = await enter("http://a.test");
    closeGate("http://a.test", first, 1000, slowDown);
    closeGate("http://a.test", first, 500, slowDown);
    const passed: string[] = [];
    for (const origin of ["http://a.test", "http://b.test"]) void enter(origin).then(() => passed.push(origin));
    await vi.advanceTimersByTimeAsync(999);
    expect(passed).toEqual(["http://b.test"]);
    await vi.advanceTimersByTimeAsync(1);
    expect(passed).toEqual(["http://b.test", "http://a.test"]);
  });

  it("lets one request probe, and the rest follow when it was accepted", async () => {
    closeGate("http://c.test", await enter("http://c.test"), 1000, slowDown);
    const passes: Pass[] = [];
    for (let i = 0; i < 4; i += 1) void enter("http://c.test").then((pass) => passes.push(pass));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(passes).toHaveLength(1);
    passes[0]?.accepted();
    await vi.advanceTimersByTimeAsync(0);
    expect(passes).toHaveLength(4);
  });

  it("lets the next one probe when a probe came to nothing", async () => {
    closeGate("http://d.test", await enter("http://d.test"), 1000, slowDown);
    const passes: Pass[] = [];
    for (let i = 0; i < 3; i += 1) void enter("http://d.test").then((pass) => passes.push(pass));
    await vi.advanceTimersByTimeAsync(1000);
    passes[0]?.release();
    await vi.advanceTimersByTimeAsync(0);
    expect(passes).toHaveLength(2);
    closeGate("http://d.test", passes[1] ?? expect.unreachable(), 1000, slowDown);
    passes[1]?.release();
    await vi.advanceTimersByTimeAsync(999);
    expect(passes).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(1);
    expect(passes).toHaveLength(3);
  });

  it("lets go at once when cancelled, before and during a probe", async () => {
    closeGate("http://e.test", await enter("http://e.test"), 1000, slowDown);
    const early = new CancelSource();
    const waiting = enter("http://e.test", early);
    early.abort();
    await expect(waiting).rejects.toMatchObject({ code: "cancelled" });
    void enter("http://e.test");
    const late = new CancelSource();
    const behind = enter("http://e.test", late);
    const refused = expect(behind).rejects.toMatchObject({ code: "cancelled" });
    await vi.advanceTimersByTimeAsync(1000);
    late.abort();
    await refused;
  });
});

describe("ten calls that meet a 429", () => {
  it("all wait and say so; one of them probes, and the rest follow", async () => {
    const probed = Promise.withResolvers<void>();
    const { baseUrl, requests } = await serve(async ({ index }) => {
      if (index < 10) return status(429, stated("slow down"), { "retry-after-ms": "60" });
      await probed.promise;
      return "there";
    });
    const waits: number[][] = [];
    const model = modelAt(baseUrl);
    const replies = Array.from({ length: 10 }, (_, call) => {
      waits[call] = [];
      return model.reply(ask({ onRetry: (_failure, waitMs) => waits[call]?.push(waitMs) }));
    });
    await vi.waitFor(() => expect(requests).toHaveLength(11), { timeout: 5_000 });
    // Long enough for the others to arrive, if they were sent.
    await sleep(100);
    expect(requests).toHaveLength(11);
    probed.resolve();
    for (const reply of await Promise.all(replies)) expect(reply.text).toBe("there");
    expect(requests).toHaveLength(20);
    for (const told of waits) expect(told.length).toBeGreaterThan(0);
  });

  it("give up together when it does not end, after a few probes", async () => {
    const { baseUrl, requests } = await serve(() => status(429, stated("slow down"), { "retry-after-ms": "20" }));
    const model = modelAt(baseUrl);
    const failures = await Promise.all(Array.from({ length: 10 }, () => failureOf(model.reply(ask()))));
    for (const failure of failures) expect(failure.code).toBe("rate-limit");
    expect(failures.map(({ message }) => message).join("\n")).toMatch(/asked for 6 pauses in a row/);
    expect(requests.length).toBeLessThanOrEqual(20);
  });
});

it("a call of another run waits too, and its user is told", async () => {
  const { baseUrl, requests } = await serve(() => status(429, stated("slow down"), { "retry-after": "100" }));
  const first = new CancelSource();
  const limited = modelAt(baseUrl).reply(ask({ signal: first, onRetry: () => first.abort() }));
  await expect(limited).rejects.toMatchObject({ code: "cancelled" });
  const second = new CancelSource();
  const told: [string, number][] = [];
  const onRetry = ({ code }: ModelFailure, waitMs: number) => {
    told.push([code, waitMs]);
    // Long enough for a request to arrive, if one were sent.
    setTimeout(() => second.abort(), 40);
  };
  const held = modelAt(baseUrl, { id: "other" }).reply(ask({ signal: second, onRetry }));
  await expect(held).rejects.toMatchObject({ code: "cancelled" });
  expect(requests).toHaveLength(1);
  expect(told).toEqual([["rate-limit", expect.closeTo(105_000, -5)]]);
});

it("a run shows the wait", async () => {
  const { events } = await asked(({ index }) =>
    index === 0 ? status(429, stated("slow down"), { "retry-after-ms": "30" }) : "````answer\nIt is.\n````",
  );
  const at = events.findIndex(({ type }) => type === "call.retrying");
  expect(describeActivity(foldEvents(events.slice(0, at + 1)), events[at]?.at ?? 0)).toBe("Rate limited; again in 1 s");
});
