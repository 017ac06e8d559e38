import { useMemo } from "preact/hooks";
import type { CellFailure } from "../../rlm/run-nodes.ts";
import { highlightLines } from "./highlight.ts";
import { Icon } from "./icon.tsx";

/** Code with its line numbers, and an error under the line where it happened. */
export function CodeBlock({ code, error }: { code: string; error: CellFailure | null }) {
  const lines = useMemo(() => highlightLines(code.replace(/\n$/, "")), [code]);
  return (
    <pre class="code-block">
      {lines.map((pieces, index) => {
        const failed = error?.line === index + 1;
        return (
          <>
            <div class={failed ? "code-line failed" : "code-line"}>
              <span class="line-number" aria-hidden="true">
                {index + 1}
              </span>
              <code>
                {pieces.map(({ kind, text }) => (kind ? <span class={`code-${kind}`}>{text}</span> : text))}
                {"\n"}
              </code>
            </div>
            {failed && error && <ErrorLine error={error} />}
          </>
        );
      })}
    </pre>
  );
}

function ErrorLine({ error }: { error: CellFailure }) {
  return (
    <div class="code-error">
      <Icon name="error" />
      <span>
        {error.name}: {error.message}
      </span>
    </div>
  );
}
