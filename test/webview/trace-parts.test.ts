import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { foldEvents } from "../../src/rlm/run-tree.ts";
import { barOf } from "../../src/webview/trace/bars.ts";
import { findRows } from "../../src/webview/trace/find-rows.ts";
import { lanesOf } from "../../src/webview/trace/overview-lanes.ts";
import { asTheyHappened, type Row, rowLabel, rowsOf } from "../../src/webview/trace/rows.ts";
import { roomFor, spanWithin, ticksOf } from "../../src/webview/trace/time-scale.ts";
import { tilesOf } from "../../src/webview/trace/treemap.ts";
import { readViewState } from "../../src/webview/trace/view-state.ts";
import { richRun } from "../support/rich-run.ts";

const tree = foldEvents(richRun());
const origin = tree.root?.startedAt ?? 0;
const now = tree.lastAt;

function row(id: string): Row {
  const all = rowsOf(tree, { ...asTheyHappened, toggled: new Set(["cell-4.1-llm-gpt-5-mini"]) });
  const found = all.find(({ node }) => node.id === id);
  if (!found) throw new Error(`There is no row ${id}: ${all.map(({ node }) => node.id).join(", ")}`);
  return found;
}

describe("the bars", () => {
  it("of a turn is its reply, hatched where it waited to be tried again", () => {
    const bar = barOf(row("turn-2").node, origin, now);
    expect(bar).toMatchObject({
      kind: "turn",
      spans: [{ from: 2_200, to: 5_300 }],
      waits: [{ from: 2_400, to: 4_200 }],
    });
  });

  it("of a cell is hatched while it waited for the user, of one that still waits up to now", () => {
    expect(barOf(row("cell-4.1").node, origin, now).waits).toHaveLength(1);
    const asking = foldEvents(richRun("asking"));
    const cell = rowsOf(asking, asTheyHappened).find(({ node }) => node.id === "cell-4.1");
    const [wait] = cell ? barOf(cell.node, origin, asking.lastAt + 9_000).waits : [];
    expect(wait?.to).toBe(asking.lastAt - origin + 9_000);
  });

  it("ends with its turn, where that has ended before its wait", () => {
    const events = richRun();
    const retry = events.findIndex(({ type }) => type === "call.retrying");
    const cut = foldEvents(events.slice(0, retry + 1));
    cut.interrupt();
    const turn = rowsOf(cut, asTheyHappened).find(({ node }) => node.id === "turn-2");
    expect(turn && barOf(turn.node, origin, now)).toMatchObject({ spans: [{ from: 2_200, to: 2_400 }], waits: [] });
  });

  it("of many calls shows when at least one went on", () => {
    const { spans, kind } = barOf(row("cell-4.1-llm-gpt-5-mini").node, origin, now);
    expect(kind).toBe("call");
    expect(spans).toHaveLength(1);
  });
});

describe("the overview", () => {
  it("has every kind in its lane, within the strip", () => {
    const lanes = lanesOf(tree.root ?? raise(), { from: 0, to: now - origin }, now, 200);
    for (const spans of Object.values(lanes)) {
      expect(spans.length).toBeGreaterThan(0);
      for (const { from, to } of spans) expect(from >= 0 && to <= 201 && from < to).toBe(true);
    }
  });
});

function raise(): never {
  throw new Error("The sample has no root.");
}

describe("the rows", () => {
  it("are found by what they and their details say, with what is above them", () => {
    const { matches, kept } = findRows(tree.root ?? raise(), { text: "NOTES SAY THREE", failedOnly: false });
    expect(matches).toEqual(["call-c1", "r1.c1/turn-2"]);
    expect([...kept].sort()).toEqual(["call-c1", "cell-3.1", "r1.c1/turn-2", "run", "turn-3"].sort());
    expect(findRows(tree.root ?? raise(), { text: "(", failedOnly: false }).matches.length).toBeGreaterThan(0);
  });

  it("that failed are found among a group's calls", () => {
    const { matches, kept } = findRows(tree.root ?? raise(), { text: "", failedOnly: true });
    expect(matches).toEqual(["cell-2.1", "call-s5"]);
    const rows = rowsOf(tree, { ...asTheyHappened, kept });
    expect(rows.map((each) => `${each.level} ${rowLabel(each)}`)).toEqual([
      ...["1 Run", "2 Turn 2", "3 Cell 1", "2 Turn 4", "3 Cell 1", "4 Sub-call ×12", "5 Sub-call 5"],
    ]);
  });

  it("are sorted among their siblings, those without a value last, and keep their numbers", () => {
    const sort = { by: "tokens", descending: true } as const;
    const rows = rowsOf(tree, { ...asTheyHappened, sort }, now);
    const turns = rows.filter(({ level }) => level === 2).map(rowLabel);
    expect(turns).toEqual(["Turn 5", "Turn 4", "Turn 3", "Turn 2", "Turn 1"]);
    const children = rows.filter(({ level }) => level === 4).map(rowLabel);
    expect(children).toEqual(["Sub-call ×12", "Child run 2", "Child run 1", "Child run 3"]);
    expect(rows.filter(({ level }) => level === 2).map(({ position }) => position)).toEqual([1, 2, 3, 4, 5]);
    for (const descending of [true, false]) {
      const toggled = new Set(["cell-4.1-llm-gpt-5-mini"]);
      const byCached = rowsOf(tree, { toggled, sort: { by: "cached", descending }, kept: null }, now);
      expect(rowLabel(byCached.findLast(({ level }) => level === 5) ?? raise())).toBe("Sub-call 5");
    }
  });
});

describe("the time scale", () => {
  it("has round ticks that are never too close", () => {
    expect(ticksOf({ from: 0, to: 12_000 }, 300).map(({ label }) => label)).toEqual(["0 s", "5 s", "10 s"]);
    expect(ticksOf({ from: 59_000, to: 61_000 }, 300).map(({ label }) => label)).toEqual([
      ...["59.0 s", "59.5 s", "1:00.0", "1:00.5", "1:01.0"],
    ]);
    const spans = fc.record({
      from: fc.nat(1e7),
      length: fc.integer({ min: 5, max: 1e8 }),
      width: fc.integer({ min: 60, max: 3e3 }),
    });
    fc.assert(
      fc.property(spans, ({ from, length, width }) => {
        const ticks = ticksOf({ from, to: from + length }, width);
        expect(ticks.length).toBeLessThanOrEqual(width / 56 + 1);
      }),
    );
  });

  it("chooses stretches that lie within the run", () => {
    const whole = { from: 0, to: 1_000 };
    expect(spanWithin(whole, 900, -50)).toEqual({ from: 0, to: 950 });
    expect(spanWithin(whole, 999, 1_200)).toEqual({ from: 799, to: 1_000 });
    expect(spanWithin(whole, 500, 500)).toEqual({ from: 500, to: 505 });
  });

  it("leaves a run that goes on some room, in steps", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e8 }), (ms) => {
        const room = roomFor(ms);
        expect(room).toBeGreaterThanOrEqual(ms);
        expect(room).toBeLessThanOrEqual(Math.max(1_125, ms * 1.126));
      }),
    );
    expect(roomFor(10_000)).toBe(roomFor(10_200));
  });
});

describe("the map of the files", () => {
  const areas = tree.areas ?? raise();

  it("has a tile for each area, which do not overlap and fill the map", () => {
    const tiles = tilesOf(areas, "", 1_000, 148).filter(({ isGroup }) => !isGroup);
    expect(tiles).toHaveLength(areas.length);
    const covered = tiles.reduce((sum, { width, height }) => sum + width * height, 0);
    expect(covered).toBeGreaterThan(1_000 * 148 * 0.75);
    expect(covered).toBeLessThanOrEqual(1_000 * 148);
  });

  it("shows a folder alone when it is zoomed to, with frames for the folders in it", () => {
    const tiles = tilesOf(areas, "src/", 1_000, 148);
    expect(tiles.every(({ path }) => path.startsWith("src/"))).toBe(true);
    expect(tiles.filter(({ isGroup }) => isGroup).map(({ name }) => name)).toContain("net/");
    expect(tiles.find(({ path }) => path === "src/generated/")).toMatchObject({ isGroup: false, name: "generated/" });
  });

  it("keeps the rest of a folder beside the files that were taken out of it", () => {
    const nothing = { listed: 0, searched: 0, read: 0, shown: 0 };
    const some = [
      { path: "a/", files: 9, chars: 900, ...nothing },
      { path: "a/b.ts", files: 1, chars: 100, ...nothing, shown: 1 },
      { path: "", files: 2, chars: 50, ...nothing },
    ];
    const tiles = tilesOf(some, "", 400, 148);
    expect(tiles.map(({ path, isGroup }) => `${path}${isGroup ? " (folder)" : ""}`).sort()).toEqual([
      ...["", "a/", "a/ (folder)", "a/b.ts"],
    ]);
    expect(tiles.find(({ isGroup }) => isGroup)?.area).toMatchObject({ files: 10, shown: 1 });
    expect(
      tilesOf(some, "a/", 400, 148)
        .map(({ path }) => path)
        .sort(),
    ).toEqual(["a/", "a/b.ts"]);
  });

  it("has tiles for files without text too", () => {
    const counts = { files: 1, chars: 0, listed: 0, searched: 0, read: 0, shown: 0 };
    const tiles = tilesOf(
      [
        { path: "a.ts", ...counts },
        { path: "b.ts", ...counts },
      ],
      "",
      401,
      148,
    );
    expect(tiles.map(({ width, height }) => [width, height])).toEqual([
      [200, 148],
      [200, 148],
    ]);
  });
});

it("what was kept of another run, or is no view's state, is not taken", () => {
  expect(readViewState({ runId: "r1" }, "r1")).toBeNull();
  expect(readViewState("x", "r1")).toBeNull();
});
