import "../ui/zod-without-eval.ts";
import "../ui/base.css";
import "./trace.css";
import { render } from "preact";
import { type Post, PostProvider } from "./actions.ts";
import { App } from "./app.tsx";
import { toTraceView } from "./protocol.ts";
import { TraceStore } from "./store.ts";

const vscode = acquireVsCodeApi();
const post: Post = (message) => vscode.postMessage(message);
const store = new TraceStore(post, draw);

function draw(): void {
  const page = document.getElementById("app");
  if (!page) return;
  if (store.tree.runId !== null) vscode.setState({ runId: store.tree.runId });
  render(
    <PostProvider value={post}>
      <App key={store.tree.runId} store={store} />
    </PostProvider>,
    page,
  );
}

window.addEventListener("message", ({ data }) => {
  const message = toTraceView.safeParse(data);
  if (message.success) store.receive(message.data);
});

draw();
post({ type: "ready" });
