import { expect, it } from "vitest";
import { filesSummary } from "../../../src/vscode/agents/files-summary.ts";

it("sums up by what is at the top, the largest first", () => {
  expect(filesSummary(["README.md", "src/a.ts", "src/net/b.ts", "test/c.ts"], [5, 10, 20, 40])).toEqual({
    total: { files: 4, chars: 75 },
    rows: [
      { name: "test/", files: 1, chars: 40 },
      { name: "src/", files: 2, chars: 30 },
      { name: "README.md", files: 1, chars: 5 },
    ],
    rest: null,
  });
});

it("puts together what is too much to be named, and loses nothing", () => {
  const paths = Array.from({ length: 23 }, (_, i) => `folder${i}/a.ts`);
  const { rows, rest, total } = filesSummary(
    paths,
    paths.map((_, i) => 100 - i),
  );
  expect(rows).toHaveLength(20);
  expect(rest).toEqual({ files: 3, chars: 80 + 79 + 78 });
  expect(total.files).toBe(23);
});
