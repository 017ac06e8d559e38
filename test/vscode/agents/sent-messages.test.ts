import { describe, expect, it, vi } from "vitest";
import { questionWith, readSent, type SentMessage } from "../../../src/vscode/agents/sent-messages.ts";

vi.mock("vscode", () => ({}));

const user = (text: string): SentMessage => ({ role: "user", text });
const assistant = (text: string): SentMessage => ({ role: "assistant", text });
const rules: SentMessage = { role: "system", text: "You are an agent." };
/** As VS Code's own agent sends what its user has typed. */
const typed = (text: string, before = "") =>
  user(
    `${before}<context>Today.</context>\n<reminderInstructions>Go on.</reminderInstructions>\n<userRequest>\n${text}\n</userRequest>`,
  );

describe("a question that a chat sends", () => {
  it("is what the user has typed, without what the agent adds", () => {
    const sent = readSent([rules, user("<environment_info>Linux</environment_info>"), typed("Why <b>?")]);
    expect(sent).toEqual({ kind: "question", question: "Why <b>?", attachments: [], history: [] });
    expect(readSent([user("<prompt>Why?</prompt>")])).toMatchObject({ question: "Why?" });
  });

  it("is the last message of those who send it as it is; earlier ones are attached", () => {
    expect(readSent([user("Some notes."), user(" Why? ")])).toEqual({
      kind: "question",
      question: "Why?",
      attachments: [{ file: null, name: "", text: "Some notes." }],
      history: [],
    });
  });

  it("comes with the exchanges before it, whatever was called between them", () => {
    const sent = readSent([
      ...[rules, user("<environment_info>Linux</environment_info>"), typed("One?"), assistant("Looking."), user("")],
      ...[
        assistant("1."),
        typed("Two?"),
        assistant("> *Collecting files*  \n\n2.\n\n---\n\n*RLM: 1 turn*\n\n- a"),
        typed("Three?"),
      ],
    ]);
    expect(sent).toMatchObject({
      question: "Three?",
      history: [
        { question: "One?", answer: "Looking.\n\n1." },
        { question: "Two?", answer: "2." },
      ],
    });
  });

  it("stays the question where the agent has called tools since", () => {
    expect(readSent([typed("One?"), assistant("Let me look."), user("")])).toMatchObject({
      question: "One?",
      history: [],
    });
  });

  it("names the files that are attached, in either way that VS Code writes them", () => {
    const before = [
      "<attachments>",
      '<attachment id="a.ts" filePath="/w/a.ts">\nA\n</attachment>',
      '<attachment id="file:b.ts">\n```ts\n// filepath: /w/b.ts\nB\n```\n</attachment>',
      '<attachment id="terminal">\nexit 1\n</attachment>',
      "</attachments>\n",
    ].join("\n");
    expect(readSent([typed("Why?", before)])).toMatchObject({
      question: "Why?",
      attachments: [
        { file: "/w/a.ts", name: "a.ts", text: "A" },
        { file: "/w/b.ts", name: "file:b.ts" },
        { file: null, name: "terminal", text: "exit 1" },
      ],
    });
  });

  it("is none where VS Code does a chore of its own, or nothing is asked", () => {
    expect(readSent([{ role: "system", text: "Write titles." }, user("A title for: why?")])).toEqual({ kind: "chore" });
    expect(readSent([])).toEqual({ kind: "nothing" });
    expect(readSent([rules, user("  ")])).toEqual({ kind: "nothing" });
    expect(readSent([typed(" ")])).toEqual({ kind: "nothing" });
  });
});

it("tells a run where the user points, and texts up to a length", () => {
  expect(questionWith("Why?", [], [])).toBe("Why?");
  const told = questionWith("Why?", ["src/a.ts", "b.ts"], ["x".repeat(30_000)]);
  expect(told).toMatch(/^Why\?\n\n\(I point at: src\/a\.ts, b\.ts\)\n\n\(Attached:\)\n\nx/);
  expect(told.length).toBeLessThan(21_000);
});
