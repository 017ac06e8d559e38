import { formatMs, formatShort, formatUsd } from "../../rlm/format.ts";
import { Icon } from "../ui/icon.tsx";
import { usePost } from "./actions.ts";
import { momentWords } from "./bucket-words.ts";
import type { CallKind, SlowCall } from "./protocol.ts";

const kindWords: Readonly<Record<CallKind, string>> = { turn: "Turn", llm: "Sub-call", rlm: "Child run" };

/** A table whose rows open the trace of their run. */
export function SlowestCalls({ calls }: { calls: readonly SlowCall[] }) {
  const post = usePost();
  return (
    <div class="slowest">
      <h2 id="slowest">Slowest calls</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard */}
      <section class="table-scroller" tabIndex={0} aria-labelledby="slowest">
        <table>
          <thead>
            <tr>
              <th>Run</th>
              <th>Call</th>
              <th>Model</th>
              <th class="right">Time</th>
              <th class="right">Tokens</th>
              <th class="right">Cost</th>
              <th>Ended</th>
            </tr>
          </thead>
          <tbody>
            {calls.map(({ runId, question, at, model, kind, ms, tokens, estimated, costUsd, ok }) => (
              <tr>
                <td class="question">
                  {question === null ? (
                    <span class="note" title="This workspace has no log of the run">
                      {runId.slice(0, 8)}
                    </span>
                  ) : (
                    <button
                      type="button"
                      class="link"
                      title={question}
                      onClick={() => post({ type: "openRun", runId })}
                    >
                      {question || "Run"}
                    </button>
                  )}
                </td>
                <td>
                  {kindWords[kind]}
                  {!ok && (
                    <span class="failed">
                      {" "}
                      <Icon name="error" /> failed
                    </span>
                  )}
                </td>
                <td>{model}</td>
                <td class="right">{formatMs(ms)}</td>
                <td class="right">{kind === "rlm" ? "" : `${estimated ? "≈" : ""}${formatShort(tokens)}`}</td>
                <td class="right">{kind === "rlm" ? "" : formatUsd(costUsd)}</td>
                <td class="moment">{momentWords(at)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </div>
  );
}
