import type { RowNode } from "./row-nodes.ts";

/** What is copied of a line: what came of it, as far as it has. */
export function copiedOf(node: RowNode): string {
  switch (node.kind) {
    case "run":
      return node.finished?.answer ?? node.started.question;
    case "turn":
      return node.reply;
    case "cell":
      return node.code;
    case "group":
      return node.calls.map((call) => call.reply ?? "").join("\n\n");
    case "call":
      return node.reply ?? node.prompt;
  }
}
