import { randomBytes } from "node:crypto";
import * as vscode from "vscode";

/** A page of ours: its script and style are `dist/webview/NAME.js` and `.css`. */
export interface WebviewPage {
  readonly name: string;
  readonly title: string;
}

/** Fills a webview with a page that may load nothing but its own files. */
export function loadPage(webview: vscode.Webview, extensionUri: vscode.Uri, page: WebviewPage): void {
  const assets = vscode.Uri.joinPath(extensionUri, "dist", "webview");
  webview.options = { enableScripts: true, localResourceRoots: [assets] };
  webview.html = htmlOf(webview, assets, page);
}

function htmlOf(webview: vscode.Webview, assets: vscode.Uri, { name, title }: WebviewPage): string {
  const nonce = randomBytes(16).toString("base64");
  const asset = (file: string) => webview.asWebviewUri(vscode.Uri.joinPath(assets, file)).toString();
  const policy = [
    "default-src 'none'",
    `style-src ${webview.cspSource}`,
    `font-src ${webview.cspSource}`,
    `img-src ${webview.cspSource} data:`,
    `script-src 'nonce-${nonce}'`,
  ].join("; ");
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="${asset(`${name}.css`)}">
<title>${title}</title>
</head>
<body>
<div id="app"></div>
<script nonce="${nonce}" src="${asset(`${name}.js`)}"></script>
</body>
</html>`;
}
