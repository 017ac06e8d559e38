import "../ui/zod-without-eval.ts";
import "../ui/base.css";
import "uplot/dist/uPlot.min.css";
import "./usage.css";
import { render } from "preact";
import * as z from "zod";
import { type Post, PostProvider } from "./actions.ts";
import { App } from "./app.tsx";
import { toUsageView, usageRange } from "./protocol.ts";
import { UsageStore } from "./store.ts";

const vscode = acquireVsCodeApi();
const post: Post = (message) => vscode.postMessage(message);
const kept = z.object({ range: usageRange }).safeParse(vscode.getState());
const store = new UsageStore(kept.data?.range ?? "week", post, draw);

function draw(): void {
  const page = document.getElementById("app");
  if (!page) return;
  vscode.setState({ range: store.range });
  render(
    <PostProvider value={post}>
      <App store={store} />
    </PostProvider>,
    page,
  );
}

window.addEventListener("message", ({ data }) => {
  const message = toUsageView.safeParse(data);
  if (message.success) store.receive(message.data);
});

post({ type: "ready" });
store.ask();
