import "../ui/zod-without-eval.ts";
import "../ui/base.css";
import "./trace.css";
import "./standalone.css";
import { render } from "preact";
import { type Host, HostProvider } from "./actions.ts";
import { App } from "./app.tsx";
import { exportedEvents, pageHost } from "./exported-page.ts";
import { toTraceView } from "./protocol.ts";
import { TraceStore } from "./store.ts";

const events = exportedEvents();
if (events) showExported(events);
else listen();

/** In the editor: shows what the extension sends. */
function listen(): void {
  const vscode = acquireVsCodeApi();
  const host: Host = { post: (message) => vscode.postMessage(message), isEditor: true };
  const kept = vscode.getState();
  const keep = (state: unknown) => vscode.setState(state);
  const store = new TraceStore(host.post, () => draw(store, host, kept, keep));
  window.addEventListener("message", ({ data }) => {
    const message = toTraceView.safeParse(data);
    if (message.success) store.receive(message.data);
  });
  draw(store, host, kept, keep);
  host.post({ type: "ready" });
}

/** In a page of its own: shows the run that it holds. */
function showExported(events: unknown): void {
  document.body.classList.add("standalone");
  const store = new TraceStore(pageHost.post, () => draw(store, pageHost, null, () => {}));
  const snapshot = toTraceView.safeParse({ type: "snapshot", events, over: true });
  if (snapshot.success) store.receive(snapshot.data);
  else store.receive({ type: "snapshot", events: [], notice: "This page holds no run that it can show." });
}

function draw(store: TraceStore, host: Host, kept: unknown, keep: (state: unknown) => void): void {
  const page = document.getElementById("app");
  if (!page) return;
  render(
    <HostProvider value={host}>
      <App key={store.tree.runId} store={store} kept={kept} keep={keep} />
    </HostProvider>,
    page,
  );
}
