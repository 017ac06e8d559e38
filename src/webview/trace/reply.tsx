import { LongText } from "../ui/long-text.tsx";

/** What has come of a reply, with a caret while more comes. */
export function Reply({ text, streaming }: { text: string; streaming: boolean }) {
  if (!streaming) return <LongText text={text} fold={false} />;
  return (
    <pre class="long-text">
      {text}
      <span class="caret" aria-hidden="true" />
    </pre>
  );
}
