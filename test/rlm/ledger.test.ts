import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CancelSource } from "../../src/rlm/cancel.ts";
import { Ledger, type Planned, type Reservation } from "../../src/rlm/ledger.ts";
import { defaultLimits, LimitError, type Limits } from "../../src/rlm/limits.ts";
import type { Model, Price, Spent } from "../../src/rlm/model.ts";

const price: Price = { input: 2, cachedInput: 0.5, output: 10 };
const costOf = (input: number, cached: number, output: number) =>
  ((input - cached) * price.input + cached * price.cachedInput + output * price.output) / 1_000_000;

function modelOf(known: Price | null): Model {
  const reply = () => Promise.reject(new Error("It is never asked."));
  return { id: "m", offline: false, price: known, reply };
}

function spent(input: number, output: number, costUsd: number | null = costOf(input, 0, output), cached = 0): Spent {
  return { usage: { input, cachedInput: cached, output, reasoning: 0, estimated: false }, costUsd };
}

const planned = (chars: number, purpose: Planned["purpose"] = "call", model = modelOf(price)): Planned => ({
  purpose,
  model,
  messages: [{ role: "user", content: "x".repeat(chars) }],
});

const never = new CancelSource();
const limits = (given: Partial<Limits>): Limits => ({ ...defaultLimits, ...given });
const ledgerOf = (given: Partial<Limits>) => new Ledger(limits(given), () => 0);

describe("under any schedule of parallel runs, replies and failures", () => {
  /** What one request turns out to be. `ticks`: how long it takes, in rounds of the event loop. */
  const request = fc.record({
    chars: fc.integer({ min: 1, max: 8_000 }),
    output: fc.integer({ min: 0, max: 6_000 }),
    cached: fc.integer({ min: 0, max: 2_000 }),
    ticks: fc.integer({ min: 0, max: 12 }),
    fails: fc.boolean(),
  });
  interface RequestPlan {
    readonly chars: number;
    readonly output: number;
    readonly cached: number;
    readonly ticks: number;
    readonly fails: boolean;
  }
  interface RunPlan {
    readonly requests: readonly RequestPlan[];
    readonly children: readonly RunPlan[];
  }

  const runOf = (levels: number): fc.Arbitrary<RunPlan> =>
    fc.record({
      requests: fc.array(request, { maxLength: 8 }),
      children: levels === 0 ? fc.constant([]) : fc.array(runOf(levels - 1), { maxLength: 3 }),
    });

  const tick = () => new Promise<void>((done) => setImmediate(done));

  /** A reply that grows until it is done, or until it is cut off. */
  async function send(ledger: Ledger, plan: RequestPlan, bill: Spent[]): Promise<void> {
    let reservation: Reservation;
    try {
      reservation = await ledger.reserve(planned(plan.chars), never);
    } catch (error) {
      expect(error).toBeInstanceOf(LimitError);
      return;
    }
    const most = Math.min(plan.output, reservation.maxOutput ?? plan.output);
    let output = 0;
    for (let i = 1; i <= plan.ticks + 1 && output < most; i += 1) {
      const next = Math.ceil((most * i) / (plan.ticks + 1));
      if (!reservation.allows(next)) break;
      output = next;
      await tick();
    }
    if (plan.fails && output === 0) return reservation.release();
    const input = Math.ceil(plan.chars / 4);
    const cached = Math.min(plan.cached, input);
    const used = spent(input, output, costOf(input, cached, output), cached);
    bill.push(used);
    reservation.settle(used);
  }

  async function runAll(ledger: Ledger, plan: RunPlan, bill: Spent[], check: () => void): Promise<void> {
    ledger.limitBefore([{ role: "user", content: "y".repeat(400) }], modelOf(price));
    const own = plan.requests.map((one) => send(ledger, one, bill).then(check));
    const below = plan.children.map(async (one) => {
      const child = ledger.child();
      await runAll(child, one, bill, check);
      child.close();
      expect(child.reserved.tokens).toBe(0);
    });
    await Promise.all([...own, ...below]);
  }

  it("no cap is passed, nothing is negative, the totals are the sum of the calls, and nothing stays reserved", async () => {
    const caps = fc.record({
      tokens: fc.integer({ min: 0, max: 60_000 }),
      usd: fc.double({ min: 0, max: 0.2, noNaN: true }),
    });
    await fc.assert(
      fc.asyncProperty(runOf(2), caps, async (plan, { tokens, usd }) => {
        const ledger = ledgerOf({ tokens, usd });
        const bill: Spent[] = [];
        const check = () => {
          const { usage, costUsd } = ledger.totals();
          const held = ledger.reserved;
          expect(usage.input + usage.output + held.tokens).toBeLessThanOrEqual(tokens);
          expect((costUsd ?? 0) + held.usd).toBeLessThanOrEqual(usd + 1e-6);
          expect(Math.min(held.tokens, held.usd + 1e-6, ledger.budget().tokens)).toBeGreaterThanOrEqual(0);
        };
        await runAll(ledger, plan, bill, check);
        ledger.close();
        const { usage, costUsd } = ledger.totals();
        const sum = (of: (one: Spent) => number) => bill.reduce((total, one) => total + of(one), 0);
        expect(usage.input).toBe(sum((one) => one.usage.input));
        expect(usage.output).toBe(sum((one) => one.usage.output));
        expect(costUsd).toBeCloseTo(
          sum((one) => one.costUsd ?? 0),
          9,
        );
        expect(ledger.reserved.tokens).toBe(0);
        expect(Math.abs(ledger.reserved.usd)).toBeLessThan(1e-6);
      }),
      { numRuns: 150 },
    );
  });
});

describe("a request", () => {
  it("waits for what is in flight where there is no room, and is refused where nothing is", async () => {
    const ledger = ledgerOf({ tokens: 3_000 });
    const first = await ledger.reserve(planned(8_000), never);
    let came = false;
    const second = ledger.reserve(planned(4_000), never).then((reservation) => {
      came = true;
      return reservation;
    });
    await new Promise((done) => setImmediate(done));
    expect(came).toBe(false);
    first.settle(spent(1_000, 10));
    (await second).settle(spent(1_000, 10));
    await expect(ledger.reserve(planned(8_000), never)).rejects.toMatchObject({ code: "tokens" });
  });

  it("ends its wait when it is cancelled", async () => {
    const ledger = ledgerOf({ tokens: 3_000 });
    await ledger.reserve(planned(8_000), never);
    const cancel = new CancelSource();
    const waiting = ledger.reserve(planned(8_000), cancel);
    cancel.abort();
    await expect(waiting).rejects.toMatchObject({ code: "cancelled" });
  });

  it("is bounded when little is left, and free when there is plenty", async () => {
    expect((await ledgerOf({}).reserve(planned(400, "call", modelOf(null)), never)).maxOutput).toBeNull();
    expect((await ledgerOf({ tokens: 5_000 }).reserve(planned(400), never)).maxOutput).toBe(4_900);
    // $0.01 pays for 1,000 tokens out, less what the prompt costs.
    expect((await ledgerOf({ usd: 0.01 }).reserve(planned(400), never)).maxOutput).toBeCloseTo(980, -1);
  });

  it("is cut off where its reply would pass the cap", async () => {
    const ledger = ledgerOf({ tokens: 40_000 });
    const long = await ledger.reserve(planned(4_000, "call", modelOf(null)), never);
    expect(long.maxOutput).toBeNull();
    expect(long.allows(39_000)).toBe(true);
    expect(long.allows(39_600)).toBe(false);
  });

  it("costs what its provider has stated before, where no price is known", async () => {
    const ledger = ledgerOf({ usd: 0.1 });
    const model = modelOf(null);
    expect(ledger.forecast(model, ["x"]).usd).toBeNull();
    (await ledger.reserve(planned(400, "call", model), never)).settle(spent(100, 100, 0.02));
    expect(ledger.forecast(model, ["x".repeat(400)])).toEqual({ tokens: 200, usd: 0.02 });
    await expect(ledger.reserve(planned(40_000, "call", model), never)).rejects.toMatchObject({ code: "cost" });
  });

  it("costs more than its price where the provider has stated more before", async () => {
    const ledger = ledgerOf({ usd: 0.01 });
    expect(ledger.forecast(modelOf(price), ["x".repeat(4_000)]).usd).toBeCloseTo(costOf(1_000, 0, 500), 9);
    (await ledger.reserve(planned(400), never)).settle(spent(100, 100, 3 * costOf(100, 0, 100)));
    expect(ledger.forecast(modelOf(price), ["x".repeat(4_000)]).usd).toBeCloseTo(3 * costOf(1_000, 0, 100), 9);
    await expect(ledger.reserve(planned(7_000), never)).rejects.toMatchObject({ code: "cost" });
  });

  it("is tried again only where there is room for what the failed try has used as well", async () => {
    const ledger = ledgerOf({ tokens: 4_000 });
    const first = await ledger.reserve(planned(4_000), never);
    expect(first.allowsRetry(spent(1_000, 100))).toBe(false);
    first.settle(spent(1_000, 100));
    const roomy = ledgerOf({ tokens: 200_000 });
    const second = await roomy.reserve(planned(4_000), never);
    const held = roomy.reserved.tokens;
    expect(second.allowsRetry(spent(1_000, 100))).toBe(true);
    expect(second.allowsRetry(spent(2_000, 300))).toBe(true);
    expect(roomy.reserved.tokens).toBe(held + 2_300);
    second.settle(spent(3_000, 400));
    expect(roomy.reserved.tokens).toBe(0);
  });

  it("leaves the total cost unknown, not $0, where a price is not known", async () => {
    const ledger = ledgerOf({});
    (await ledger.reserve(planned(4, "call", modelOf(null)), never)).settle(spent(1, 1, null));
    expect(ledger.totals().costUsd).toBeNull();
    expect(ledger.budget().usd).toBeNull();
  });

  it("is expected to be longer where the provider has counted more tokens than estimated", async () => {
    const ledger = ledgerOf({});
    expect(ledger.forecast(modelOf(price), ["x".repeat(4_000)]).tokens).toBe(1_500);
    (await ledger.reserve(planned(4_000), never)).settle(spent(1_500, 0));
    expect(ledger.forecast(modelOf(price), ["x".repeat(4_000)]).tokens).toBe(1_500);
    (await ledger.reserve(planned(4_000), never)).settle(spent(1_500, 100));
    expect(ledger.forecast(modelOf(price), ["x".repeat(4_000)]).tokens).toBe(1_550);
  });

  it("is expected to be as much longer as counted, also where several were on their way", async () => {
    const ledger = ledgerOf({});
    const all = await Promise.all(Array.from({ length: 8 }, () => ledger.reserve(planned(4_000), never)));
    for (const reservation of all) reservation.settle(spent(2_000, 0));
    expect(ledger.forecast(modelOf(price), ["x".repeat(4_000)]).tokens).toBe(2_000);
  });
});

describe("a child", () => {
  it("may use half of what is left, and its calls count for both", () => {
    const ledger = ledgerOf({ tokens: 10_000, calls: 9, usd: 1 });
    ledger.countCall();
    const child = ledger.child();
    expect(child.limits).toMatchObject({ tokens: 5_000, calls: 4, usd: 0.5, turns: 20, depth: 2 });
    for (let i = 0; i < 4; i += 1) child.countCall();
    expect(() => child.countCall()).toThrow(LimitError);
    expect(ledger.totals().calls).toBe(5);
    for (let i = 0; i < 4; i += 1) ledger.countCall();
    expect(() => ledger.countCall()).toThrow(LimitError);
  });

  it("may not use with its siblings more than all of them have above", async () => {
    const ledger = ledgerOf({ tokens: 12_000 });
    const children = [ledger.child(), ledger.child(), ledger.child()];
    const taken = await Promise.allSettled(
      children.map(async (child) => {
        const reservation = await child.reserve(planned(20_000), never);
        reservation.settle(spent(5_000, Math.min(900, reservation.maxOutput ?? 900)));
      }),
    );
    expect(taken.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected"]);
    expect(ledger.totals().usage.input).toBe(10_000);
  });

  it("ends before the work of its parent has to", () => {
    let now = 0;
    const ledger = new Ledger(limits({ seconds: 100 }), () => now);
    const child = ledger.child();
    now = 81_001;
    expect(child.workMsLeft()).toBeLessThan(0);
    expect(ledger.workMsLeft()).toBeGreaterThan(0);
  });
});

describe("a run", () => {
  const talk = [{ role: "user", content: "z".repeat(4_000) }] as const;

  it("keeps room back for its last call, and gives it back when it is over", async () => {
    const ledger = ledgerOf({ tokens: 30_000 });
    expect(ledger.limitBefore(talk, modelOf(price))).toBeNull();
    expect(ledger.reserved.tokens).toBeGreaterThan(5_000);
    const call = ledger.reserve(planned(110_000), never);
    await expect(call).rejects.toMatchObject({ code: "tokens" });
    const last = await ledger.reserve({ purpose: "last", model: modelOf(price), messages: talk }, never);
    expect(last.maxOutput).toBeGreaterThanOrEqual(3_000);
    last.settle(spent(1_000, 500));
    ledger.close();
    expect(ledger.reserved).toEqual({ tokens: 0, usd: 0 });
  });

  it.each([
    ["turns", { turns: 0 }],
    ["tokens", { tokens: 1_500 }],
    ["cost", { usd: 0.001 }],
    ["time", { seconds: 0 }],
    ["errors", { errors: 0 }],
  ] as const)("may take no further turn at its limit of %s", (limit, given) => {
    expect(ledgerOf(given).limitBefore(talk, modelOf(price))).toBe(limit);
  });

  it("does not lose time while the user is asked", async () => {
    let now = 0;
    const ledger = new Ledger(limits({ seconds: 10 }), () => now);
    await ledger.paused(async () => {
      now += 60_000;
      expect(ledger.msLeft()).toBe(10_000);
      const child = ledger.child();
      now += 5_000;
      expect(child.msLeft()).toBe(child.limits.seconds * 1_000);
    });
    expect(ledger.msLeft()).toBe(10_000);
    now += 4_000;
    expect(ledger.msLeft()).toBe(6_000);
  });
});
