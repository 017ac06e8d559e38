import type { ComponentChildren, RefObject } from "preact";
import { formatCount } from "../../rlm/format.ts";
import type { Place } from "../../rlm/places.ts";
import { Icon } from "./icon.tsx";
import type { Source } from "./provenance.ts";

interface ProvenancePopupProps {
  readonly id: string;
  readonly sources: readonly Source[];
  /** Pixels from the top and the left of what it is placed in. */
  readonly top: number;
  readonly left: number;
  readonly element: RefObject<HTMLDivElement | null>;
  /** Opens lines of a file; null where that can't be done. */
  readonly open: ((place: Place) => void) | null;
  /** Shows the turn or call with this id; null where that can't be done. */
  readonly show: ((id: string) => void) | null;
  /** Back to what it is about. */
  readonly close: () => void;
}

const witnessesAtOnce = 6;

/** What is behind a sentence of an answer: the cited lines, and the turns and calls that were shown them. */
export function ProvenancePopup({ id, sources, top, left, element, open, show, close }: ProvenancePopupProps) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: it holds no fields
    <div
      id={id}
      class="popup provenance"
      role="group"
      aria-label="Behind this sentence"
      style={{ top: `${top}px`, left: `${left}px` }}
      ref={element}
      onKeyDown={(event) => {
        const next = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
        if (event.key === "Escape") close();
        else if (next !== 0) moveFocus(event.currentTarget, next);
        else return;
        event.preventDefault();
        event.stopPropagation();
      }}
    >
      {sources.map((source) => (
        <SourceLines source={source} open={open} show={show} />
      ))}
    </div>
  );
}

function SourceLines({ source, open, show }: { source: Source } & Pick<ProvenancePopupProps, "open" | "show">) {
  const { place, witnesses, isStale } = source;
  const more = witnesses.length - witnessesAtOnce;
  return (
    <div class="source">
      <Linked act={open && (() => open(place))}>
        <bdi>{place.path}</bdi>:{place.from === place.to ? place.from : `${place.from}–${place.to}`}
      </Linked>
      {isStale && (
        <p class="icon-line warning">
          <Icon name="history" />
          <span>The file has changed since it was read.</span>
        </p>
      )}
      <ul>
        {witnesses.slice(0, witnessesAtOnce).map(({ id, name, lines }) => (
          <li class="witness">
            <Linked act={show && (() => show(id))}>{name}</Linked> <span class="note">{lines}</span>
          </li>
        ))}
      </ul>
      {more > 0 && <p class="note">and {formatCount(more)} more</p>}
      {witnesses.length === 0 && <p class="note">{nobody(source)}</p>}
    </div>
  );
}

function nobody({ status }: Source): string {
  if (status === "missing") return "There are no such lines.";
  return "No model of this run was shown these lines.";
}

function Linked({ act, children }: { act: (() => void) | null; children: ComponentChildren }) {
  if (!act) return <span>{children}</span>;
  return (
    <button type="button" class="link" onClick={act}>
      {children}
    </button>
  );
}

function moveFocus(popup: HTMLElement, by: 1 | -1): void {
  const links = [...popup.querySelectorAll<HTMLElement>("button")];
  const at = links.findIndex((link) => link.matches(":focus"));
  links[Math.min(Math.max(at + by, 0), links.length - 1)]?.focus();
}
