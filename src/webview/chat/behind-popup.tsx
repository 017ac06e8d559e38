import type { RefObject } from "preact";
import { useLayoutEffect } from "preact/hooks";
import type { Place } from "../../rlm/places.ts";
import { Icon } from "../ui/icon.tsx";
import type { ShownExchange, ToChatView } from "./protocol.ts";

/** A cited place with what is known of it. */
interface PopupSource {
  readonly place: Place;
  readonly status: ShownExchange["citations"][number]["status"] | null;
  readonly isStale: boolean;
  /** Its lines; null while they are being read. */
  readonly told: Extract<ToChatView, { type: "lines" }> | null;
}

interface BehindPopupProps {
  readonly id: string;
  readonly element: RefObject<HTMLDivElement | null>;
  readonly top: number;
  readonly left: number;
  readonly sources: readonly PopupSource[];
  readonly open: (place: Place) => void;
}

/** The lines behind a sentence of an answer, and which models were shown them. */
export function BehindPopup({ id, element, top, left, sources, open }: BehindPopupProps) {
  // Below the last line there may be no room.
  useLayoutEffect(() => element.current?.scrollIntoView({ block: "nearest" }));
  return (
    // biome-ignore lint/a11y/useSemanticElements: it holds no fields
    <div
      id={id}
      class="behind"
      role="group"
      aria-label="Behind this sentence"
      style={{ top: `${top}px`, left: `${left}px` }}
      ref={element}
    >
      {sources.map((source) => (
        <SourceLines source={source} open={open} />
      ))}
    </div>
  );
}

function SourceLines({
  source: { place, status, isStale, told },
  open,
}: {
  source: PopupSource;
  open: (place: Place) => void;
}) {
  const { path, from, to } = place;
  const problem = problemOf(status, isStale);
  return (
    <div class="behind-source">
      <button type="button" class="link behind-path" onClick={() => open(place)}>
        <bdi>{path}</bdi>:{from === to ? from : `${from}–${to}`}
      </button>
      {problem && (
        <p class="icon-line warning">
          <Icon name={isStale ? "history" : "warning"} />
          <span>{problem}</span>
        </p>
      )}
      {told === null && <p class="note">Reading the lines…</p>}
      {told && told.lines.length > 0 && (
        <pre class="behind-lines">
          {told.lines.map((line, index) => (
            <div class="code-line">
              <span class="line-number" aria-hidden="true">
                {told.first + index}
              </span>
              <code>{line}</code>
            </div>
          ))}
        </pre>
      )}
      {told && told.note !== "" && status !== "missing" && <p class="note">{told.note}</p>}
      {told && told.seenBy.length > 0 && <p class="note">Shown to: {told.seenBy.join(" · ")}</p>}
    </div>
  );
}

function problemOf(status: PopupSource["status"], isStale: boolean): string | null {
  if (isStale) return "The file has changed since it was read.";
  if (status === "missing") return "There were no such lines.";
  if (status === "exists") return "No model of this run was shown all of these lines.";
  return null;
}
