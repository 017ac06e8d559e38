// Style sheets are imported for the bundler alone.
declare module "*.css";

/** What VS Code gives a webview to talk with its extension. To be called once: the second call throws. */
declare function acquireVsCodeApi(): {
  postMessage(message: unknown): void;
  /** What `setState` was given, also before the page was hidden or loaded anew; undefined where it was not. */
  getState(): unknown;
  setState(state: unknown): void;
};
