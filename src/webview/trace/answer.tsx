import { useLayoutEffect, useRef } from "preact/hooks";
import type { Citation } from "../../rlm/events.ts";
import { formatNumberOf } from "../../rlm/format.ts";
import { type CodePiece, highlightLines } from "../ui/highlight.ts";
import { renderMarkdown } from "../ui/markdown.ts";
import { placesIn, sourcesOf } from "../ui/provenance.ts";
import { ProvenancePopup } from "../ui/provenance-popup.tsx";
import { useSentence } from "../ui/use-sentence.ts";
import { type Post, useHost } from "./actions.ts";
import { useSources } from "./sources.ts";

/** A longer answer is cut, so that the page stays quick; copying it gives all of it. */
const mostChars = 100_000;
const popupId = "provenance";
const popupWidth = 320;

/** The answer in Markdown, its citations and links live; what is behind a sentence shows when it is pointed at. */
export function Answer({ text, citations }: { text: string; citations: readonly Citation[] }) {
  const element = useRef<HTMLDivElement>(null);
  const { post, isEditor } = useHost();
  const { root, stale, show } = useSources();
  const { sentence, popup, handlers, close } = useSentence(popupId, popupWidth);
  const left = text.length - mostChars;
  useLayoutEffect(() => {
    const rendered = renderMarkdown(text.slice(0, mostChars), citations, stale);
    colorScripts(rendered);
    element.current?.replaceChildren(rendered);
  }, [text, citations, stale]);
  return (
    <div class="answer" {...handlers}>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the links and buttons inside take focus, and the events rise here */}
      <div
        class="markdown"
        ref={element}
        onClick={(event) => follow(event.target, post)}
        onKeyDown={(event) => {
          if (event.key === "Enter") followLink(event.target, post);
          const first = event.key === "ArrowDown" && popup.current?.querySelector<HTMLElement>("button");
          if (!first) return;
          event.preventDefault();
          first.focus();
        }}
      />
      {left > 0 && <p class="note">{formatNumberOf(left, "more character")}: copy to see all.</p>}
      {sentence && (
        <ProvenancePopup
          id={popupId}
          sources={sourcesOf(placesIn(sentence.element), root, citations, stale)}
          top={sentence.top}
          left={sentence.left}
          element={popup}
          open={isEditor ? (place) => post({ type: "open", ...place }) : null}
          show={show}
          close={close}
        />
      )}
    </div>
  );
}

const scripts = "js javascript jsx mjs cjs ts typescript tsx mts cts json jsonc"
  .split(" ")
  .map((language) => `code.language-${language}`)
  .join(",");

/** Colours the languages that look like a cell's; a highlighter for all would make each exported trace a third larger. */
function colorScripts(rendered: DocumentFragment): void {
  for (const code of rendered.querySelectorAll(scripts)) {
    const lines = highlightLines(code.textContent ?? "");
    code.replaceChildren(
      ...lines.flatMap((pieces, index) => [...(index > 0 ? ["\n"] : []), ...pieces.map(coloredPiece)]),
    );
  }
}

function coloredPiece({ kind, text }: CodePiece): Node {
  if (!kind) return document.createTextNode(text);
  return Object.assign(document.createElement("span"), { className: `code-${kind}`, textContent: text });
}

function follow(target: EventTarget | null, post: Post): void {
  const button = target instanceof Element ? target.closest<HTMLElement>("button.citation") : null;
  if (!button) {
    followLink(target, post);
    return;
  }
  const { path = "", from, to } = button.dataset;
  post({ type: "open", path, from: Number(from), to: Number(to) });
}

function followLink(target: EventTarget | null, post: Post): void {
  const link = target instanceof Element ? target.closest<HTMLElement>("a[data-url]") : null;
  if (link?.dataset.url) post({ type: "openLink", url: link.dataset.url });
}
