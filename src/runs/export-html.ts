import { createHash } from "node:crypto";
import { oneLine } from "../rlm/cut.ts";
import type { RunEvent } from "../rlm/events.ts";
import { exportedEvents } from "./export-json.ts";

/** The trace view as it was built: it finds the run's events as JSON in `#rlm-events` and shows them in `#app`. */
export interface TracePage {
  readonly script: string;
  /** Its fonts and images are `data:` URLs. */
  readonly style: string;
}

const titleChars = 80;

/**
 * A run as one page that needs nothing else: it asks no network, and runs no script but the given one.
 * @param events all of a run
 * @param homes home folders, which become `~`
 */
export function exportHtml(events: readonly RunEvent[], page: TracePage, homes: readonly string[]): string {
  const clean = exportedEvents(events, homes);
  const script = inScript(page.script);
  const style = inStyle(page.style);
  const policy = [
    "default-src 'none'",
    `script-src ${hashOf(script)}`,
    `style-src ${hashOf(style)}`,
    "font-src data:",
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  // In JSON, `<` stands in texts only.
  const json = JSON.stringify(clean).replaceAll("<", "\\u003c");
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${titleOf(clean)}</title>
<style>${style}</style>
</head>
<body>
<div id="app"></div>
<noscript>This page shows a run with JavaScript, which is turned off.</noscript>
<script type="application/json" id="rlm-events">${json}</script>
<script>${script}</script>
</body>
</html>
`;
}

function titleOf(events: readonly RunEvent[]): string {
  const started = events.find((event) => event.type === "run.started");
  const question = started?.type === "run.started" ? oneLine(started.question, titleChars) : "RLM run";
  return question.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

/** Code that the parser of the page reads to its end: in literals and comments `\x3C` means `<`. */
function inScript(code: string): string {
  return asParsed(code).replace(/<(?=!--|\/script)/gi, "\\x3C");
}

function inStyle(style: string): string {
  return asParsed(style).replace(/<\/(?=style)/gi, "<\\/");
}

/** The browser hashes an element's text after it has read it. */
function asParsed(text: string): string {
  return text.replace(/\r\n?/g, "\n").replaceAll("\0", "\ufffd");
}

function hashOf(text: string): string {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}
