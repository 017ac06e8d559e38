import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { askOffline, type OfflineAnswer, type PackageQuestion } from "./ask-offline.ts";

interface Questions {
  /** Written before the ranking was tuned to any of them. */
  readonly asserted: readonly PackageQuestion[];
  /** About packages that were not looked at while tuning. */
  readonly heldOut: readonly PackageQuestion[];
}

// The file lies beside this test and holds exactly these types.
const questions = JSON.parse(readFileSync(new URL("questions.json", import.meta.url), "utf8")) as Questions;

type Asked = PackageQuestion & OfflineAnswer;

/** Asks all questions, two at a time. */
async function askAll(all: readonly PackageQuestion[]): Promise<Asked[]> {
  const waiting = all.entries();
  const done: Asked[] = [];
  const work = async () => {
    for (const [i, question] of waiting) done[i] = { ...question, ...(await askOffline(question)) };
  };
  await Promise.all([work(), work()]);
  return done;
}

function report(title: string, asked: readonly Asked[]): void {
  const right = asked.filter((one) => one.right);
  const misses = asked
    .filter((one) => !one.right)
    .map(({ package: name, question, cited }) => `  ${name}: ${question}\n    cited: ${cited.join(", ") || "nothing"}`);
  console.info([`${title}: ${right.length} of ${asked.length}`, ...misses].join("\n"));
}

test("there are 40 questions over 4 packages, and 10 over two others", () => {
  const packages = (all: readonly PackageQuestion[]) => new Set(all.map((question) => question.package));
  const { asserted, heldOut } = questions;
  expect([asserted.length, packages(asserted).size]).toEqual([40, 4]);
  expect([heldOut.length, packages(heldOut).size]).toEqual([10, 2]);
  expect(packages([...asserted, ...heldOut]).size).toBe(6);
});

test("without a model, the right file is among the first three citations for at least 70 % of the questions", async () => {
  const asked = await askAll(questions.asserted);
  report("Right file among the first three citations", asked);
  expect(asked.filter((one) => one.right).length).toBeGreaterThanOrEqual(0.7 * asked.length);
}, 180_000);

test("questions about packages that no tuning has seen end without an error", async () => {
  const asked = await askAll(questions.heldOut);
  report("Held out", asked);
  for (const { question, stopReason } of asked) expect(stopReason, question).toBe("answered");
}, 120_000);
