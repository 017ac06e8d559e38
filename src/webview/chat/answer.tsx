import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { type Place, placeKey } from "../../rlm/places.ts";
import { coloredCode } from "../ui/code-look.ts";
import { renderMarkdown } from "../ui/markdown.ts";
import { placesIn } from "../ui/provenance.ts";
import { useSentence } from "../ui/use-sentence.ts";
import { type Post, usePost } from "./actions.ts";
import { BehindPopup } from "./behind-popup.tsx";
import type { ShownExchange, ToChatView } from "./protocol.ts";
import { closeUnfinished } from "./unfinished.ts";

export type KnownLines = ReadonlyMap<string, Extract<ToChatView, { type: "lines" }>>;

interface AnswerProps {
  readonly exchange: string;
  readonly text: string;
  readonly citations: ShownExchange["citations"];
  readonly stale: ShownExchange["stale"];
  readonly lines: KnownLines;
  /** It is being written still. */
  readonly writing?: boolean;
}

const popupWidth = 300;
/** So many places of a sentence are shown. */
const mostPlaces = 4;

/** An answer in Markdown; its citations and links work, and what is behind a sentence shows when it is pointed at. */
export function Answer({ exchange, text, citations, stale, lines, writing = false }: AnswerProps) {
  const element = useRef<HTMLDivElement>(null);
  const post = usePost();
  const popupId = `behind-${exchange}`;
  const { sentence, popup, handlers } = useSentence(popupId, popupWidth);
  const places = useMemo(
    () => (sentence ? placesOf(sentence.focused ?? sentence.element).slice(0, mostPlaces) : []),
    [sentence],
  );
  useLayoutEffect(() => {
    const rendered = renderMarkdown(writing ? closeUnfinished(text) : text, citations, new Set(stale));
    dressCode(rendered, post);
    if (writing) addCaret(rendered);
    element.current?.replaceChildren(rendered);
  }, [text, citations, stale, writing]);
  useEffect(() => {
    for (const place of places) {
      const key = linesKey(exchange, place);
      if (!lines.has(key)) post({ type: "lines", key, exchange, ...place });
    }
  }, [places, lines]);
  const open = (place: Place) => post({ type: "open", exchange, ...place });
  return (
    <div class="answer" {...handlers}>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the links and buttons inside take focus, and the events rise here */}
      <div
        class="markdown"
        ref={element}
        onClick={(event) => follow(event.target, open, post)}
        onKeyDown={(event) => {
          if (event.key === "Enter") followLink(event.target, post);
          const first = event.key === "ArrowDown" && popup.current?.querySelector<HTMLElement>("button");
          if (!first) return;
          event.preventDefault();
          first.focus();
        }}
      />
      {sentence && places.length > 0 && (
        <BehindPopup
          id={popupId}
          element={popup}
          top={sentence.top}
          left={sentence.left}
          sources={places.map((place) => ({
            place,
            status: citations.find((citation) => placeKey(citation) === placeKey(place))?.status ?? null,
            isStale: stale.includes(place.path),
            told: lines.get(linesKey(exchange, place)) ?? null,
          }))}
          open={open}
        />
      )}
    </div>
  );
}

function linesKey(exchange: string, place: Place): string {
  return `${exchange} ${placeKey(place)}`;
}

/** The places of a citation, or of all in a sentence. */
function placesOf(element: HTMLElement): Place[] {
  const { path, from, to } = element.dataset;
  return path === undefined ? placesIn(element) : [{ path, from: Number(from), to: Number(to) }];
}

/** Colours code, and puts a button to copy it at its top. */
function dressCode(rendered: DocumentFragment, post: Post): void {
  for (const pre of rendered.querySelectorAll("pre")) {
    const code = pre.querySelector("code");
    if (!code) continue;
    const text = code.textContent ?? "";
    const language = /language-(\S+)/.exec(code.className)?.[1];
    const colored = language ? coloredCode(text, language) : null;
    if (colored) code.replaceChildren(colored);
    const box = document.createElement("div");
    box.className = "code-box";
    pre.replaceWith(box);
    box.append(
      pre,
      copyButton(() => post({ type: "copy", text })),
    );
  }
}

function copyButton(act: () => void): HTMLElement {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "icon-button copy-code";
  button.title = "Copy code";
  button.setAttribute("aria-label", "Copy code");
  button.append(Object.assign(document.createElement("i"), { className: "codicon codicon-copy", ariaHidden: "true" }));
  button.addEventListener("click", act);
  return button;
}

/** Puts the caret behind the last words. */
function addCaret(rendered: DocumentFragment): void {
  const caret = Object.assign(document.createElement("span"), { className: "caret", ariaHidden: "true" });
  let last: Element | DocumentFragment = rendered;
  for (let next = last.lastElementChild; next && /^(P|UL|OL|LI|BLOCKQUOTE)$/.test(next.tagName); ) {
    last = next;
    next = last.lastElementChild;
  }
  last.append(caret);
}

function follow(target: EventTarget | null, open: (place: Place) => void, post: Post): void {
  const button = target instanceof Element ? target.closest<HTMLElement>("button.citation") : null;
  if (!button) {
    followLink(target, post);
    return;
  }
  const [place] = placesOf(button);
  if (place) open(place);
}

function followLink(target: EventTarget | null, post: Post): void {
  const link = target instanceof Element ? target.closest<HTMLElement>("a[data-url]") : null;
  if (link?.dataset.url) post({ type: "openLink", url: link.dataset.url });
}
