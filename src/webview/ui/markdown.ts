import DOMPurify from "dompurify";
import MarkdownIt from "markdown-it";
import type { Citation } from "../../rlm/events.ts";
import { type Place, placeKey, readCitation } from "../../rlm/places.ts";
import { citationMeta, markSentences } from "./sentences.ts";

const allowedTags = [
  ...[
    "p",
    "br",
    "hr",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "blockquote",
    "ul",
    "ol",
    "li",
    "pre",
    "code",
    "em",
    "strong",
  ],
  ...["s", "table", "thead", "tbody", "tr", "th", "td", "a", "span", "i", "button"],
];
const allowedAttributes = [
  ...["class", "title", "type", "role", "tabindex", "start", "aria-hidden"],
  ...["data-url", "data-path", "data-from", "data-to"],
];

const markdown = createMarkdown();

/**
 * Renders Markdown that a model wrote as DOM nodes. HTML in it stays text, images are named and never loaded, nothing in
 * it runs. Links carry `data-url` and no `href`; citations are buttons with `data-path`, `data-from` and `data-to`, the
 * sentences around them are `span.sentence`.
 * @param citations as the run has checked them
 * @param stale paths of files that have changed since they were read
 */
export function renderMarkdown(
  text: string,
  citations: readonly Citation[],
  stale: ReadonlySet<string> = new Set(),
): DocumentFragment {
  const status = new Map(citations.map((citation) => [placeKey(citation), citation.status]));
  return DOMPurify.sanitize(markdown.render(text, { status, stale }), {
    ALLOWED_TAGS: allowedTags,
    ALLOWED_ATTR: allowedAttributes,
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
    RETURN_DOM_FRAGMENT: true,
  });
}

function createMarkdown() {
  const md = new MarkdownIt({ html: false, linkify: false });
  // A definition such as `[src/a.ts:4]: https://…` would turn a citation into a link.
  md.disable("reference");
  md.validateLink = (url) => /^https?:/i.test(url);
  md.inline.ruler.before("link", "citation", (state, silent) => {
    const citation = state.src[state.pos] === "[" ? readCitation(state.src, state.pos) : null;
    if (!citation) return false;
    if (!silent) {
      const token = state.push("html_inline", "", 0);
      token.content = citationHtml(citation.places, state.env);
      token.meta = citationMeta;
    }
    state.pos = citation.end;
    return true;
  });
  md.core.ruler.push("sentences", markSentences);
  const { rules } = md.renderer;
  rules.code_inline = (tokens, index, _options, env) => {
    const content = tokens[index]?.content ?? "";
    const citation = readCitation(content, 0);
    if (citation?.end === content.length) return citationHtml(citation.places, env);
    return `<code>${escapeHtml(content)}</code>`;
  };
  rules.image = (tokens, index) => {
    const alt = tokens[index]?.content ?? "";
    return `<span class="image-left-out">[image${alt === "" ? "" : `: ${escapeHtml(alt)}`}]</span>`;
  };
  rules.link_open = (tokens, index) => {
    const url = escapeHtml(String(tokens[index]?.attrGet("href") ?? ""));
    return `<a role="link" tabindex="0" data-url="${url}" title="${url}">`;
  };
  rules.fence = rules.code_block = (tokens, index) => {
    const language = /^[\w+#.-]{1,30}/.exec(tokens[index]?.info ?? "")?.[0];
    const marked = language ? ` class="language-${language.toLowerCase()}"` : "";
    return `<pre tabindex="0"><code${marked}>${escapeHtml(tokens[index]?.content ?? "")}</code></pre>`;
  };
  rules.th_open = rules.td_open = (tokens, index) => {
    const token = tokens[index];
    const align = /right|center/.exec(String(token?.attrGet("style") ?? ""))?.[0];
    return `<${token?.tag ?? "td"}${align ? ` class="${align}"` : ""}>`;
  };
  return md;
}

/** A button for each place of a citation. */
function citationHtml(places: readonly Place[], environment: unknown): string {
  return places.map((place) => placeHtml(place, environment)).join(" ");
}

function placeHtml(place: Place, environment: unknown): string {
  const { path, from, to } = place;
  const lines = from === to ? `${from}` : `${from}–${to}`;
  const { kind, icon, title, note } = isStale(environment, path) ? staleLook : looks[statusOf(environment, place)];
  return (
    `<button type="button" class="citation ${kind}" title="${escapeHtml(title(path))}" ` +
    `data-path="${escapeHtml(path)}" data-from="${from}" data-to="${to}">` +
    `<i class="codicon codicon-${icon}" aria-hidden="true"></i>` +
    `${escapeHtml(path.slice(path.lastIndexOf("/") + 1))}<span class="citation-lines">:${lines}</span>${note}</button>`
  );
}

interface CitationLook {
  readonly kind: "ok" | "unseen" | "missing" | "stale";
  readonly icon: string;
  title(path: string): string;
  /** Said behind the lines. */
  readonly note: string;
}

const ok: CitationLook = { kind: "ok", icon: "file", title: (path) => path, note: "" };

const looks: Readonly<Record<Citation["status"], CitationLook>> = {
  quoted: ok,
  seen: ok,
  exists: {
    kind: "unseen",
    icon: "question",
    title: (path) => `${path}: the lines are there, but no model of this run was shown them all`,
    note: " not verified",
  },
  missing: { kind: "missing", icon: "warning", title: (path) => `${path} has no such lines`, note: " not found" },
};

const staleLook: CitationLook = {
  kind: "stale",
  icon: "history",
  title: (path) => `${path} is not as it was when it was read`,
  note: " changed since",
};

function isStale(environment: unknown, path: string): boolean {
  if (typeof environment !== "object" || environment === null || !("stale" in environment)) return false;
  return environment.stale instanceof Set && environment.stale.has(path);
}

/** The status that the rendering that goes on was told; one that nobody has checked, as while a reply is written, is fine. */
function statusOf(environment: unknown, place: Place): Citation["status"] {
  if (typeof environment !== "object" || environment === null || !("status" in environment)) return "seen";
  const { status } = environment;
  return (status instanceof Map && status.get(placeKey(place))) || "seen";
}

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
