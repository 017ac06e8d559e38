import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { closeGate, passGate } from "../../src/models/endpoint-gate.ts";
import { CancelSource } from "../../src/rlm/cancel.ts";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

it("holds an origin's requests until the longest pause is over, and no other's", async () => {
  closeGate("http://a.test", 1000);
  closeGate("http://a.test", 500);
  const passed: string[] = [];
  for (const origin of ["http://a.test", "http://b.test"]) {
    void passGate(origin, new CancelSource()).then(() => passed.push(origin));
  }
  await vi.advanceTimersByTimeAsync(999);
  expect(passed).toEqual(["http://b.test"]);
  await vi.advanceTimersByTimeAsync(1);
  expect(passed).toEqual(["http://b.test", "http://a.test"]);
});

it("lets go at once when cancelled", async () => {
  closeGate("http://c.test", 60_000);
  const signal = new CancelSource();
  const waiting = passGate("http://c.test", signal);
  signal.abort();
  await expect(waiting).rejects.toMatchObject({ code: "cancelled" });
});
