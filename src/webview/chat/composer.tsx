import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { Icon } from "../ui/icon.tsx";
import { usePost } from "./actions.ts";
import { Chips } from "./chips.tsx";
import { Completions } from "./completions.tsx";
import { droppedUris, mayBeDropped } from "./dropped.ts";
import { mostQuestionChars, type Setup, type ShownExchange, type ToChatView } from "./protocol.ts";
import { typedPath, withPath } from "./typed-path.ts";

interface ComposerProps {
  readonly setup: Setup;
  /** The question that is being answered. */
  readonly running: ShownExchange | null;
  /** Those of the conversation, the oldest first. */
  readonly questions: readonly string[];
  readonly completions: Extract<ToChatView, { type: "completions" }> | null;
  /** Another number: take the keyboard. */
  readonly focused: number;
  readonly typed: string;
  readonly type: (text: string) => void;
}

const listId = "completions";
/** How long typing must pause before paths are looked for (milliseconds). */
const pause = 120;

/** Where the next question is written, with what it is about, who answers and what it may cost. */
export function Composer({ setup, running, questions, completions, focused, typed, type }: ComposerProps) {
  const post = usePost();
  const box = useRef<HTMLTextAreaElement>(null);
  const [caret, setCaret] = useState(typed.length);
  /** How many questions back the recalled one is; 0: the user's own text, which is kept meanwhile. */
  const [recalled, setRecalled] = useState(0);
  const own = useRef("");
  const [chosen, setChosen] = useState(0);
  const [closedAt, setClosedAt] = useState<string | null>(null);
  const [dropping, setDropping] = useState(false);

  const isTooLong = typed.trim().length > mostQuestionChars;
  const path = typedPath(typed, caret);
  const wanted = path !== null && closedAt !== path.text ? path.text : null;
  const items = wanted !== null && completions?.typed === wanted ? completions.items : [];
  const active = Math.min(chosen, items.length - 1);

  useLayoutEffect(() => {
    const node = box.current;
    if (!node) return;
    node.style.height = "auto";
    node.style.height = `${node.scrollHeight + node.offsetHeight - node.clientHeight}px`;
  }, [typed]);
  useEffect(() => box.current?.focus(), [focused]);
  useEffect(() => {
    if (wanted === null) return;
    setChosen(0);
    const timer = setTimeout(() => post({ type: "complete", typed: wanted }), pause);
    return () => clearTimeout(timer);
  }, [wanted]);

  const write = (text: string, at: number) => {
    type(text);
    setCaret(at);
    requestAnimationFrame(() => box.current?.setSelectionRange(at, at));
  };
  const ask = () => {
    const question = typed.trim();
    if (question === "" || isTooLong) return;
    post({ type: "ask", question });
    setRecalled(0);
    write("", 0);
  };
  const recall = (back: number) => {
    const text = back === 0 ? own.current : questions.at(-back);
    if (text === undefined) return;
    if (recalled === 0) own.current = typed;
    setRecalled(back);
    write(text, back > recalled ? 0 : text.length);
  };
  const complete = (index: number) => {
    const item = items[index];
    if (!item || !path) return;
    post({ type: "attachPath", path: item.path });
    const done = withPath(typed, path, item.path);
    write(done.text, done.caret);
    box.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent & { currentTarget: HTMLTextAreaElement }) => {
    if (event.isComposing) return;
    const { selectionStart, selectionEnd, value } = event.currentTarget;
    const [atStart, atEnd] = [selectionEnd === 0, selectionStart === value.length];
    const plain = !event.shiftKey && !event.altKey && !event.ctrlKey && !event.metaKey;
    const moved = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (items.length > 0 && plain && moved !== 0) setChosen((active + moved + items.length) % items.length);
    else if (items.length > 0 && plain && (event.key === "Enter" || event.key === "Tab")) complete(active);
    else if (event.key === "Escape" && items.length > 0) setClosedAt(wanted);
    else if (event.key === "Escape" && recalled > 0) recall(0);
    else if (event.key === "Enter" && plain) ask();
    else if (event.key === "ArrowUp" && plain && atStart && recalled < questions.length) recall(recalled + 1);
    else if (event.key === "ArrowDown" && plain && atEnd && recalled > 0) recall(recalled - 1);
    else return;
    event.preventDefault();
  };
  const follow = (event: { currentTarget: HTMLTextAreaElement }) => setCaret(event.currentTarget.selectionStart);
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setDropping(false);
    const uris = event.dataTransfer ? droppedUris(event.dataTransfer) : [];
    if (uris.length > 0) post({ type: "attachDropped", uris });
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: what is dropped can be attached by the button too
    <div
      class={dropping ? "composer dropping" : "composer"}
      onDragOver={(event) => {
        if (!event.dataTransfer || !mayBeDropped(event.dataTransfer)) return;
        event.preventDefault();
        setDropping(true);
      }}
      onDragLeave={() => setDropping(false)}
      onDrop={drop}
    >
      <Chips setup={setup} />
      <div class="field">
        {items.length > 0 && <Completions id={listId} items={items} active={active} choose={complete} />}
        <textarea
          ref={box}
          rows={1}
          value={typed}
          placeholder={placeholderOf(setup, running !== null)}
          aria-label="Question"
          aria-autocomplete="list"
          aria-controls={items.length > 0 ? listId : undefined}
          aria-activedescendant={items.length > 0 ? `${listId}-${active}` : undefined}
          onInput={(event) => {
            setRecalled(0);
            setClosedAt(null);
            type(event.currentTarget.value);
            follow(event);
          }}
          onSelect={follow}
          onKeyDown={onKeyDown}
        />
      </div>
      {isTooLong && (
        <p class="note" role="alert">
          This question is too long: attach the text as a file.
        </p>
      )}
      <div class="composer-line">
        <Picker
          label={setup.model}
          title="Choose the model"
          act={() => post({ type: "command", command: "chooseModel" })}
        />
        {setup.limit !== null && (
          <Picker
            label={setup.limit}
            title="What one question may cost"
            act={() => post({ type: "command", command: "chooseLimit" })}
          />
        )}
        {running ? (
          <button type="button" class="button ask" onClick={() => post({ type: "stop", exchange: running.id })}>
            Stop <Icon name="debug-stop" />
          </button>
        ) : (
          <button type="button" class="button ask" disabled={typed.trim() === "" || isTooLong} onClick={ask}>
            Ask <Icon name="play" />
          </button>
        )}
      </div>
    </div>
  );
}

function placeholderOf({ folder }: Setup, running: boolean): string {
  if (running) return "Ask next…";
  return folder ? "Ask about this codebase…" : "Attach files, then ask about them…";
}

/** A button that opens a list to choose from. */
function Picker({ label, title, act }: { label: string; title: string; act: () => void }) {
  return (
    <button type="button" class="picker" title={title} aria-label={`${label}: ${title.toLowerCase()}`} onClick={act}>
      <span>{label}</span>
      <Icon name="chevron-down" />
    </button>
  );
}
