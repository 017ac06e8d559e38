import "../ui/zod-without-eval.ts";
import "../ui/base.css";
import "./chat.css";
import { render } from "preact";
import { type Post, PostProvider } from "./actions.ts";
import { App } from "./app.tsx";
import { toChatView } from "./protocol.ts";
import { ChatStore } from "./store.ts";
import { readViewState, type ViewState } from "./view-state.ts";

const vscode = acquireVsCodeApi();
const post: Post = (message) => vscode.postMessage(message);
const store = new ChatStore(post, draw);
const before = readViewState(vscode.getState());
const remember = (state: ViewState) => vscode.setState(state);

function draw(): void {
  const page = document.getElementById("app");
  if (!page) return;
  render(
    <PostProvider value={post}>
      <App store={store} before={before} remember={remember} />
    </PostProvider>,
    page,
  );
}

window.addEventListener("message", ({ data }) => {
  const message = toChatView.safeParse(data);
  if (message.success) store.receive(message.data);
});

draw();
post({ type: "ready" });
