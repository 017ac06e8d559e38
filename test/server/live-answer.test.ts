import fc from "fast-check";
import { expect, test } from "vitest";
import { notTaken } from "../../src/server/live-answer.ts";
import { answer, cell, replies } from "../support/asking.ts";
import type { Script, ScriptedReply } from "../support/scripted-server.ts";
import { question, type Served, serveScripted } from "./serving.ts";

const asked = { ...question, messages: [...question.messages], stream: true as const };
const look = cell("context.length");

/** The pieces of content and the reasoning that a stream brings. */
async function streamed({ client }: Pick<Served, "client">, more: object = {}, onContent = (_text: string) => {}) {
  const contents: string[] = [];
  let reasoning = "";
  for await (const { choices } of await client.chat.completions.create({ ...asked, ...more })) {
    const delta = choices[0]?.delta as { content?: string; reasoning_content?: string } | undefined;
    if (delta?.content) {
      contents.push(delta.content);
      onContent(contents.join(""));
    }
    reasoning += delta?.reasoning_content ?? "";
  }
  return { contents, content: contents.join(""), reasoning };
}

/** A script whose last reply stops in its midst until it is let go on. */
function held(before: readonly string[], ...pieces: readonly [string, string]) {
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const script: Script = ({ messages }) => {
    const turn = messages.filter(({ role }) => role === "assistant").length;
    const reply = before[turn];
    if (reply !== undefined) return reply;
    return {
      raw: async (_req, res) => {
        const chunk = (content: string) =>
          `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content }, finish_reason: null }] })}\n\n`;
        res.writeHead(200, { "content-type": "text/event-stream" });
        res.write(chunk(pieces[0]));
        await released;
        res.write(chunk(pieces[1]));
        res.end('data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n');
      },
    };
  };
  return { script, release };
}

test("an answer is told while the model still writes it", async () => {
  const { script, release } = held([look], "So.\n````answer\nFirst line\nsecond ", "line, 😀 whole\n````\n");
  const served = await serveScripted(script);
  const { content, reasoning } = await streamed(served, {}, (text) => {
    if (text === "First line\nsecond") release();
  });
  expect(content).toBe("First line\nsecond line, 😀 whole");
  expect(reasoning).not.toContain("First line");
  expect(reasoning).toContain("So.");
});

test("so is the reply of a run that asks once, and it is no reasoning", async () => {
  const { script, release } = held([], "\n The begin", "ning and the end.\n");
  const served = await serveScripted(script, { directBelowTokens: 8_000 });
  const { content, reasoning } = await streamed(served, {}, (text) => {
    if (text === "The begin") release();
  });
  expect(content).toBe("The beginning and the end.");
  expect(reasoning).not.toContain("The begin");
});

test.each([
  ["before anything was looked at", replies([answer("Guess."), answer("Taken.")]), "Taken."],
  ["beside cells that come first", replies([`${look}\n${answer("Taken.")}`]), "Taken."],
  [
    "beside a cell that fails",
    replies([look, `${cell("nothing()")}\n${answer("Draft.")}`, answer("Taken.")]),
    "Taken.",
  ],
  ["in a thought", replies([look, `<think>\n${answer("Thought.")}\n</think>\n${answer("Taken.")}`]), "Taken."],
  ["with a fence in it", replies([look, "```answer\na\n```js\nb\n```\nc\n```\nDone.\n"]), "a\n```js\nb\n```\nc"],
  ["with lines that end in CR LF", replies([look, "````answer\r\na\r\nb\r\n````\r\n"]), "a\nb"],
  ["with space at its ends", replies([look, "````answer\n\n a \n\n````"]), "\n a \n"],
])("an answer %s is told once and whole", async (_what, script, expected) => {
  const served = await serveScripted(script);
  expect((await streamed(served)).content).toBe(expected);
});

test("an answer whose reply has a failing cell after it is taken back in words", async () => {
  const script = replies([look, `${answer("Draft.")}\n${cell("nothing()")}`, answer("Taken.")]);
  const served = await serveScripted(script);
  expect((await streamed(served)).content).toBe(`Draft.${notTaken}Taken.`);
});

test("a reply that breaks off and comes again is taken back in words", async () => {
  let tries = 0;
  const script = (): ScriptedReply => {
    tries += 1;
    return tries === 1 ? { deltas: ["Half of it"], finishReason: null } : { text: "All." };
  };
  const served = await serveScripted(script, { directBelowTokens: 8_000 });
  expect((await streamed(served)).content).toBe(`Half of it${notTaken}All.`);
});

test("stop and max_tokens cut what is streamed as they cut the rest", async () => {
  const served = await serveScripted(replies([look, answer("one two three four")]));
  expect((await streamed(served, { stop: [" three"] })).content).toBe("one two");
  expect((await streamed(served, { max_tokens: 2 })).content).toBe("one two ");
});

test("any answer comes whole, however the model's pieces fall", async () => {
  const line = fc.string({ unit: fc.constantFrom("a", " ", "\t", "`", "~", "é", "😀", "#"), maxLength: 8 });
  const text = fc.array(line, { minLength: 1, maxLength: 6 }).map((lines) => `x${lines.join("\n")}x`);
  const scripts = fc.record({ text, size: fc.integer({ min: 1, max: 7 }), direct: fc.boolean() });
  let current: { text: string; size: number; direct: boolean } = { text: "", size: 1, direct: true };
  const script: Script = ({ messages }) => {
    const { text: whole, size, direct } = current;
    if (!direct && !messages.some(({ role }) => role === "assistant")) return look;
    const reply = direct ? whole : `\`\`\`\`answer\n${whole}\n\`\`\`\``;
    return { deltas: reply.match(new RegExp(`[^]{1,${size}}`, "g")) ?? [] };
  };
  const served = await serveScripted(script, { directBelowTokens: 8_000 });
  await fc.assert(
    fc.asyncProperty(scripts, async (one) => {
      // Longer fences, and answers fenced in a direct reply, are another's affair.
      fc.pre(!/`{3}|~{3}/.test(one.text));
      current = one;
      const { content, contents } = await streamed(served, { rlm: { directBelowTokens: one.direct ? 8_000 : 0 } });
      expect(content).toBe(one.text);
      // No piece ends within a character.
      expect(contents.map((piece) => Buffer.from(piece).toString())).toEqual(contents);
    }),
    { numRuns: 25 },
  );
});
