import { expect, it } from "vitest";
import { noUsage, type Usage } from "../../src/rlm/model.ts";
import { cacheSavings } from "../../src/telemetry/savings.ts";

const price = { input: 2, cachedInput: 0.5, output: 8 };
const usage: Usage = { ...noUsage, input: 1_000_000, cachedInput: 400_000, output: 100_000 };

it("reckons with the price of the table or of the user", () => {
  expect(cacheSavings({ usage, costUsd: 2.2, pricedBy: "table" }, price)).toBeCloseTo(0.6, 12);
  expect(cacheSavings({ usage, costUsd: 2.2, pricedBy: "setting" }, price)).toBeCloseTo(0.6, 12);
});

it("believes the bill of an endpoint more than a price", () => {
  // Full price 2.8; the endpoint asks for a fifth of it for cached input, not for a quarter.
  expect(cacheSavings({ usage, costUsd: 2.16, pricedBy: "endpoint" }, price)).toBeCloseTo(0.64, 12);
});

it("knows nothing where the bill and the price can't both be right", () => {
  expect(cacheSavings({ usage, costUsd: 3, pricedBy: "endpoint" }, price)).toBeNull();
  expect(cacheSavings({ usage, costUsd: 1.9, pricedBy: "endpoint" }, price)).toBeNull();
});

it("knows nothing without a price, but that nothing cached saves nothing", () => {
  expect(cacheSavings({ usage, costUsd: 2.2, pricedBy: "endpoint" }, null)).toBeNull();
  // A listed price that does not hold for this call, as it was too large.
  expect(cacheSavings({ usage, costUsd: null }, price)).toBeNull();
  expect(cacheSavings({ usage: { ...usage, cachedInput: 0 }, costUsd: null }, null)).toBe(0);
});
