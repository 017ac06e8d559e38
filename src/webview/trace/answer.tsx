import { useLayoutEffect, useRef } from "preact/hooks";
import type { Citation } from "../../rlm/events.ts";
import { renderMarkdown } from "../ui/markdown.ts";
import { type Post, usePost } from "./actions.ts";

/** The answer in Markdown, its citations and links live. */
export function Answer({ text, citations }: { text: string; citations: readonly Citation[] }) {
  const element = useRef<HTMLDivElement>(null);
  const post = usePost();
  useLayoutEffect(() => element.current?.replaceChildren(renderMarkdown(text, citations)), [text, citations]);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the links and buttons inside take focus, and the events rise here
    <div
      class="markdown"
      ref={element}
      onClick={(event) => follow(event.target, post)}
      onKeyDown={(event) => {
        if (event.key === "Enter") followLink(event.target, post);
      }}
    />
  );
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
