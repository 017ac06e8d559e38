import { expect, it, vi } from "vitest";
import { ContextChoice } from "../../../src/vscode/context/context-choice.ts";
import { memento } from "../chat/window.ts";

vi.mock("vscode", () => import("../../support/fake-vscode.ts"));

it("lasts with the workspace, and tells each change once", async () => {
  const state = memento();
  const choice = new ContextChoice(state);
  let told = 0;
  choice.onDidChange(() => {
    told += 1;
  });
  await choice.takeOut(["src", "a.ts"]);
  await choice.count({ files: 3, chars: 10 });
  await choice.count({ files: 3, chars: 10 });
  expect(told).toBe(2);
  const again = new ContextChoice(state);
  expect([again.without, again.known]).toEqual([["src", "a.ts"], { files: 3, chars: 10 }]);
  await again.takeOut([]);
  expect([...state.kept.keys()].filter((key) => key.endsWith("without"))).toEqual([]);
});

it("does not know how much another choice has", async () => {
  const choice = new ContextChoice(memento());
  await choice.count({ files: 3, chars: 10 });
  await choice.takeOut(["src"]);
  expect(choice.known).toBeNull();
});

it("takes nothing that is of another shape", async () => {
  const state = memento();
  state.kept.set("rlm.context.without", ["a", 1, null]);
  state.kept.set("rlm.context.known", { files: "3", chars: 1 });
  const choice = new ContextChoice(state);
  expect([choice.without, choice.known]).toEqual([["a"], null]);
});
