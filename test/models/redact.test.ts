import { describe, expect, it } from "vitest";
import { redact } from "../../src/models/redact.ts";

const secret = "gateway-7d1f0c94ab3e";

describe("a redacted text", () => {
  it.each([
    ["the key", `key ${secret} is wrong`],
    ["the key in another word", `Bearer:${secret};`],
    ["a part of the key", "key gateway-7d1f… is wrong"],
    ["a masked key", "key gate***ab3e is wrong"],
    ["another key", "use sk-proj-Zz0123456789 instead"],
  ])("does not hold %s", (_, text) => {
    const clean = redact(text, [secret]);
    expect(clean).toContain("[key]");
    expect(clean).not.toMatch(/7d1f|ab3e|Zz0123/);
  });

  it("keeps ordinary words, also those of a short key", () => {
    expect(redact("model ollama-large at gateway is busy", ["ollama", secret])).toBe(
      "model ollama-large at gateway is busy",
    );
    expect(redact("key ollama refused", ["ollama"])).toBe("key [key] refused");
  });
});
