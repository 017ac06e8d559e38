import { expect, it } from "vitest";
import { byDay } from "../../../src/vscode/runs/run-days.ts";

const at = (day: number, hour: number) => ({ startedAt: new Date(2026, 2, day, hour).getTime() });

it("groups runs by the day on which they began, in their order", () => {
  const runs = [at(30, 9), at(30, 0), at(29, 23), at(29, 1), at(28, 23), at(1, 12)];
  const days = byDay(runs, new Date(2026, 2, 30, 10).getTime());
  expect(days.map(({ name, runs: { length } }) => [name, length])).toEqual([
    ["today", 2],
    ["yesterday", 2],
    ["date", 1],
    ["date", 1],
  ]);
  expect(days.flatMap((day) => day.runs)).toEqual(runs);
  const dates = days.flatMap((day) => (day.name === "date" ? [new Date(day.at).getDate()] : []));
  expect(dates).toEqual([28, 1]);
});

it("counts a run from a clock that was ahead as one of today", () => {
  const [day] = byDay([at(31, 9)], new Date(2026, 2, 30, 10).getTime());
  expect(day?.name).toBe("today");
});
