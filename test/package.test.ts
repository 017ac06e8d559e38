import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { packageExtension, root } from "./support/packaged.ts";

let vsix: string;
let names: string[];

beforeAll(async () => {
  vsix = await packageExtension();
  names = namesIn(vsix);
});

const allowed = [
  /^\[Content_Types\]\.xml$/,
  /^extension\.vsixmanifest$/,
  /^extension\/(package(\.nls(\.[a-z-]+)?)?\.json|readme\.md|changelog\.md|LICENSE\.txt)$/,
  /^extension\/l10n\/bundle\.l10n(\.[a-z-]+)?\.json$/,
  /^extension\/media\/[a-z-]+\.(png|svg)$/,
  /^extension\/dist\/(extension\.cjs|(server|mcp|host-[\w-]+|body-worker|search-worker)\.js|sandbox-worker\.js|collector-worker\.js|worker-[A-Z0-9]+\.js|quickjs\.wasm|guest-image\.bin)$/,
  /^extension\/dist\/sql\/\d{3}-[a-z.-]+\.sql$/,
  /^extension\/dist\/webview\/((trace|chat|usage)\.(js|css)|codicon\.ttf)$/,
];

it("holds nothing but what runs and what the user reads", () => {
  expect(names.filter((name) => !allowed.some((pattern) => pattern.test(name)))).toEqual([]);
});

it("holds all that runs", () => {
  const needed = [
    "extension.cjs",
    "host-window.js",
    "server.js",
    "body-worker.js",
    "search-worker.js",
    "mcp.js",
    "sandbox-worker.js",
    "collector-worker.js",
    "quickjs.wasm",
    "guest-image.bin",
  ];
  const views = ["webview/trace.js", "webview/trace.css", "webview/codicon.ttf"];
  expect(names).toEqual(expect.arrayContaining([...needed, ...views].map((name) => `extension/dist/${name}`)));
});

it("holds every chunk that its host, workers and servers import", () => {
  const chunks = names.filter((name) => /\/(worker|host)-/.test(name));
  const programs = [
    "sandbox-worker.js",
    "collector-worker.js",
    "body-worker.js",
    "search-worker.js",
    "server.js",
    "mcp.js",
    "extension.cjs",
  ];
  const imported = chunks.concat(programs.map((name) => `extension/dist/${name}`));
  const wanted = imported.flatMap((name) => {
    const code = readFileSync(sourceOf(name), "utf8");
    return [...code.matchAll(/["']\.\/((?:(?:worker|host)-[\w-]+|server)\.js)["']/g)].map(
      (match) => `extension/dist/${match[1]}`,
    );
  });
  expect(wanted).not.toEqual([]);
  expect([...new Set(wanted)].filter((name) => !names.includes(name))).toEqual([]);
});

it("holds the images and texts that its manifest names", () => {
  const manifest = readFileSync(join(root, "package.json"), "utf8");
  const images = [...manifest.matchAll(/"(media\/[^"]+)"/g)].map(([, file]) => `extension/${file}`);
  const texts = ["package.nls.json", "l10n/bundle.l10n.json"].map((file) => `extension/${file}`);
  expect([...images, ...texts].filter((name) => !names.includes(name))).toEqual([]);
});

it("starts with a small file, and loads the rest of the host when it is used", () => {
  const sizes = names.map((name) => ({ name, size: statSync(sourceOf(name), { throwIfNoEntry: false })?.size ?? 0 }));
  const start = sizes.find(({ name }) => name.endsWith("/extension.cjs"))?.size ?? 0;
  const later = sizes.filter(({ name }) => /\/dist\/host-/.test(name)).reduce((sum, { size }) => sum + size, 0);
  expect(start).toBeGreaterThan(0);
  expect(start).toBeLessThanOrEqual(48 * 1024);
  expect(start + later).toBeGreaterThan(512 * 1024);
  expect(start + later).toBeLessThanOrEqual(1.25 * 1024 * 1024);
});

it("is at most 2 MB", () => {
  expect(statSync(vsix).size).toBeLessThanOrEqual(2 * 1024 * 1024);
});

it("holds the images that its README shows", () => {
  const readme = join(root, "README.md");
  const text = existsSync(readme) ? readFileSync(readme, "utf8") : "";
  const images = [...text.matchAll(/!\[[^\]]*\]\(([^)\s]+)|<img[^>]+src="([^"]+)"/g)].map(
    (match) => match[1] ?? match[2] ?? "",
  );
  const relative = images
    .filter((path) => !/^https?:/.test(path))
    .map((path) => `extension/${path.replace(/^\.\//, "")}`);
  expect(relative.filter((path) => !names.includes(path))).toEqual([]);
});

/** What a file of the package was made from. */
function sourceOf(name: string): string {
  return join(root, name.replace(/^extension\//, ""));
}

/** The names in a zip file, from the directory at its end. */
function namesIn(file: string): string[] {
  const bytes = readFileSync(file);
  const end = bytes.lastIndexOf(Buffer.from("PK\x05\x06", "latin1"));
  const count = bytes.readUInt16LE(end + 10);
  const found: string[] = [];
  for (let at = bytes.readUInt32LE(end + 16); found.length < count; ) {
    const [name, extra, comment] = [28, 30, 32].map((offset) => bytes.readUInt16LE(at + offset));
    const start = at + 46;
    found.push(bytes.toString("utf8", start, start + (name ?? 0)));
    at = start + (name ?? 0) + (extra ?? 0) + (comment ?? 0);
  }
  return found;
}
