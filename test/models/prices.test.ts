import { describe, expect, it } from "vitest";
import { costOf, listedPrice } from "../../src/models/prices.ts";
import type { Usage } from "../../src/rlm/model.ts";

const usage: Usage = { input: 1_000_000, cachedInput: 250_000, output: 10_000, reasoning: 4_000, estimated: false };

describe("a listed price", () => {
  it("holds for a dated snapshot too, and counts cached input at its own rate", () => {
    const price = listedPrice("api.openai.com", "gpt-5-mini-2025-08-07", usage);
    expect(price && costOf(usage, price)).toBeCloseTo(0.75 * 0.25 + 0.25 * 0.025 + 0.01 * 2, 10);
  });

  it("is unknown for other models, other hosts and requests of another tier", () => {
    expect(listedPrice("api.openai.com", "no-such-model", usage)).toBeNull();
    expect(listedPrice("api.openai.com", "constructor", usage)).toBeNull();
    expect(listedPrice("127.0.0.1:11434", "gpt-5-mini", usage)).toBeNull();
    expect(listedPrice("api.openai.com", "gpt-5.4", usage)).toBeNull();
    expect(listedPrice("api.openai.com", "gpt-5.4", { ...usage, input: 1000, cachedInput: 0 })).not.toBeNull();
  });
});
