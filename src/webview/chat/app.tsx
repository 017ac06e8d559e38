import { useRef, useState } from "preact/hooks";
import { useFollow } from "../ui/use-follow.ts";
import { Composer } from "./composer.tsx";
import { Empty } from "./empty.tsx";
import { Exchange } from "./exchange.tsx";
import { Notice } from "./notice.tsx";
import { Speaker } from "./speaker.tsx";
import type { ChatStore } from "./store.ts";
import type { ViewState } from "./view-state.ts";

interface AppProps {
  readonly store: ChatStore;
  readonly before: ViewState;
  readonly remember: (state: ViewState) => void;
}

/** The chat: the conversation, and below it where the next question is written. */
export function App({ store, before, remember }: AppProps) {
  const { state } = store;
  const conversation = useRef<HTMLElement>(null);
  const [typed, setTyped] = useState(before.typed);
  const type = (text: string) => {
    setTyped(text);
    remember({ typed: text });
  };
  // A new question is brought into sight.
  useFollow(conversation, true, `${state?.conversation} ${state?.exchanges.at(-1)?.id}`);
  if (!state) return <div class="progress-line" role="progressbar" aria-label="Loading the chat" />;
  const { exchanges, progress, setup } = state;
  const running = exchanges.find((exchange) => exchange.state === "running") ?? null;
  return (
    <main class="chat">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so it must take the focus */}
      <section class="conversation" ref={conversation} tabIndex={0} aria-label="Conversation">
        {exchanges.length === 0 && <Empty setup={setup} take={type} />}
        {exchanges.map((exchange) => (
          <Exchange
            key={exchange.id}
            exchange={exchange}
            progress={progress?.exchange === exchange.id ? progress : null}
            lines={store.lines}
          />
        ))}
      </section>
      <Speaker state={state} />
      {setup.notice && <Notice notice={setup.notice} />}
      <Composer
        key={state.conversation}
        setup={setup}
        running={running}
        questions={exchanges.map(({ question }) => question)}
        completions={store.completions}
        focused={store.focused}
        typed={typed}
        type={type}
      />
    </main>
  );
}
