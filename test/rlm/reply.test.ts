import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readReply } from "../../src/rlm/reply.ts";

const read = (reply: string) => readReply(reply, "stop");
const cellsOf = (reply: string) => read(reply).cells;
const answerOf = (reply: string) => {
  const { answer } = read(reply);
  return answer?.kind === "text" ? answer.text : answer;
};

describe("cells", () => {
  test.each(["js", "repl", "javascript", "ts", "typescript", "JS", "js title=search", "js{1,3}", "js:a.js"])(
    "a ```%s fence is a cell",
    (info) => {
      expect(cellsOf(`Plan.\n\`\`\`${info}\nlist()\n\`\`\`\nDone.`)).toEqual(["list()"]);
    },
  );
  test.each(["", "json", "text", "bash", "diff", "answer", "json5", "{js}", "jsx"])(
    "a ```%s fence is not a cell",
    (info) => {
      expect(cellsOf(`\`\`\`${info}\nlist()\n\`\`\``)).toEqual([]);
    },
  );
  test("several cells are kept in order", () => {
    expect(cellsOf("```js\na\n```\ntext\n~~~repl\nb\n~~~\n````js\nc\n````")).toEqual(["a", "b", "c"]);
  });
  test("a longer fence holds a shorter one", () => {
    expect(cellsOf("````js\n```\nx\n```\n````")).toEqual(["```\nx\n```"]);
  });
  test("an indented fence loses its indentation", () => {
    expect(cellsOf("  ```js\n  if (a) {\n    b\n  }\n  ```")).toEqual(["if (a) {\n  b\n}"]);
  });
  test("a fence in a list item is a cell", () => {
    expect(cellsOf("1. First:\n   ```js\n   list()\n   ```\n2. Then\n\n    ```js\n    tree()\n    ```")).toEqual([
      "list()",
      "tree()",
    ]);
  });
  test("an indented code block outside of lists is not a cell", () => {
    expect(cellsOf("See:\n\n    ```js\n    list()\n    ```")).toEqual([]);
  });
  test("Windows line ends are read", () => {
    expect(cellsOf("```js\r\na\r\nb\r\n```\r\n")).toEqual(["a\nb"]);
  });
  test("a fence inside a template literal does not end the cell", () => {
    const code = "const prompt = `Say:\n~~~\nhello ${name}\n~~~\nthanks`;\nprint(prompt)";
    expect(cellsOf(`~~~js\n${code}\n~~~\nand then`)).toEqual([code]);
  });
  test("a fence inside a nested template does not end the cell", () => {
    const code = "const a = `x ${b.map((c) => `\n~~~\n${c}`)}`;";
    expect(cellsOf(`~~~js\n${code}\n~~~`)).toEqual([code]);
  });
  test("a fence inside a comment or a string does not end the cell", () => {
    const code = '/*\n```\n*/\nconst a = "```js\\nx\\n```";\nconst b = `\\`\\`\\`\n\\`\\`\\``;';
    expect(cellsOf(`\`\`\`js\n${code}\n\`\`\``)).toEqual([code]);
  });
  test("a cell whose template never ends stops at its first fence", () => {
    expect(cellsOf("```js\nconst a = `x\n```\ntext")).toEqual(["const a = `x"]);
  });
  test("an unclosed fence of a finished reply is a cell", () => {
    expect(cellsOf("```js\nlist()")).toEqual(["list()"]);
  });
  test("a cell cut by the token limit is not run, the ones before it are", () => {
    const cut = readReply("```js\na\n```\n```js\nlist(", "length");
    expect(cut).toMatchObject({ cells: ["a"], cutCell: true });
  });
  test("a cell that the model only thinks of is not run", () => {
    expect(cellsOf("<think>\n```js\nno()\n```\n</think>\n```js\nyes()\n```")).toEqual(["yes()"]);
  });
  test("a Python cell is noticed", () => {
    expect(read("```python\nprint(1)\n```")).toMatchObject({ cells: [], python: true });
  });
});

describe("answers", () => {
  test("an answer fence is taken verbatim", () => {
    expect(answerOf("So:\n````answer\n**It** waits\n```js\nsleep(1)\n```\n````")).toBe(
      "**It** waits\n```js\nsleep(1)\n```",
    );
  });
  test("three backticks count, with fenced code inside", () => {
    expect(answerOf("```answer\nSee\n```ts\nx\n```\nend\n```")).toBe("See\n```ts\nx\n```\nend");
  });
  test("an answer that was cut by the token limit is not taken", () => {
    expect(readReply("````answer\nIt", "length").cutAnswer).toBe(true);
  });
  test.each([
    ["FINAL(42)", "42"],
    ["text\nFINAL(f(x) is (a) b)", "f(x) is (a) b"],
    ['FINAL("quoted")', "quoted"],
    ["FINAL(two\nlines (both))", "two\nlines (both)"],
    ["FINAL(with\n```js\nnot.a.cell()\n```\nin it)", "with\n```js\nnot.a.cell()\n```\nin it"],
  ])("the line %j hands in %j", (reply, answer) => {
    expect(answerOf(reply)).toBe(answer);
    expect(cellsOf(reply)).toEqual([]);
  });
  test.each([["FINAL_VAR(total)"], ['FINAL_VAR("total")'], ["  FINAL_VAR( total );"]])(
    "the line %j names a variable",
    (reply) => {
      expect(read(reply).answer).toEqual({ kind: "variable", name: "total" });
    },
  );
  test.each([
    ["I will call FINAL(x) when I am done."],
    ["FINAL(x) is how I would answer."],
    ["Use `FINAL_VAR(name)` at the end"],
    ["FINAL_VAR(name) hands in a variable."],
    ["FINAL answer follows"],
    ["FINAL(not closed"],
    ["```text\nFINAL(1)\n```"],
    ["```js\n// FINAL(1)\nlist()\n```"],
    ['```js\nprint("FINAL(1)")\n```'],
  ])("%j is not an answer", (reply) => {
    expect(read(reply).answer).toBeNull();
  });
});

describe("any text", () => {
  const line = fc.string({ maxLength: 30 }).map((text) => text.replace(/[\r\n`~/]/g, " "));

  test("code of plain lines survives the round trip through any fence", () => {
    const marker = fc.constantFrom("`", "~");
    fc.assert(
      fc.property(
        fc.array(line, { minLength: 1, maxLength: 6 }),
        marker,
        fc.integer({ min: 3, max: 8 }),
        (lines, mark, length) => {
          const fence = mark.repeat(length);
          const code = lines.join("\n");
          expect(cellsOf(`Plan.\n${fence}js\n${code}\n${fence}\n`)).toEqual([code]);
        },
      ),
    );
  });
  test("prose without fences and without a FINAL line is never an answer or a cell", () => {
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const prose = lines.map((text) => `The ${text}`).join("\n");
        expect(read(prose)).toMatchObject({ cells: [], answer: null });
      }),
    );
  });
});

test.each([
  ["```\n```x\n", 20_000],
  ["FINAL(\n", 20_000],
  ["```js\n", 20_000],
  ["````answer\n```x\n", 2_000],
  ["[a", 50_000],
])("%j, %i times over, is read without hanging", (babble, times) => {
  expect(read(babble.repeat(times)).python).toBe(false);
});

test("thoughts whose beginning is not marked are not run either", () => {
  expect(cellsOf("I could run\n```js\nno()\n```\n</think>\n```js\nyes()\n```")).toEqual(["yes()"]);
  expect(cellsOf("```js\nprint('</think>')\n```")).toEqual(["print('</think>')"]);
});
