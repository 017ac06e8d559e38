import { useMemo, useState } from "preact/hooks";
import { formatMs, formatNumberOf, formatShort, formatUsd } from "../../rlm/format.ts";
import { IconButton } from "../ui/icon.tsx";
import { usePost } from "./actions.ts";
import { Chart } from "./chart.tsx";
import { modelColors } from "./chart-look.ts";
import type { CallKind, Usage, UsageAction, UsageFailure, UsageRange } from "./protocol.ts";
import { type LatencyChoice, latencyChoices, latencySeries, seriesOf } from "./series.ts";
import { SlowestCalls } from "./slowest-calls.tsx";
import { StatusLine } from "./status-line.tsx";
import type { UsageStore } from "./store.ts";
import { usdTick } from "./ticks.ts";
import { Totals } from "./totals.tsx";

const ranges: readonly (readonly [UsageRange, string])[] = [
  ["day", "24 h"],
  ["week", "7 d"],
  ["month", "30 d"],
];

const rangeWords: Readonly<Record<UsageRange, string>> = {
  day: "the last 24 hours",
  week: "the last 7 days",
  month: "the last 30 days",
};

/** What runs have cost and how long calls took. */
export function App({ store }: { store: UsageStore }) {
  const { answer, loading, range, logs } = store;
  return (
    <main class="usage" aria-busy={loading}>
      <header class="usage-header">
        <h1>Usage</h1>
        <fieldset class="ranges">
          <legend class="visually-hidden">Time</legend>
          {ranges.map(([id, label]) => (
            <button type="button" class="range" aria-pressed={id === range} onClick={() => store.show(id)}>
              {label}
            </button>
          ))}
        </fieldset>
        <IconButton name="refresh" label="Refresh" onClick={() => store.ask()} />
        <IconButtonFor action="settings" />
      </header>
      {store.status && <StatusLine status={store.status} />}
      <p class="note" role="status">
        {loading ? "Loading usage" : sourceWords(answer, range)}
      </p>
      {logs && store.status?.kind === "on" && (
        <button type="button" class="link" onClick={() => store.show(range, false)}>
          Show what the database has
        </button>
      )}
      {answer?.type === "failed" && <Failed failure={answer} showLogs={() => store.show(range, true)} />}
      {answer?.type === "usage" && <Shown usage={answer} range={range} />}
    </main>
  );
}

function IconButtonFor({ action }: { action: UsageAction }) {
  const post = usePost();
  return <IconButton name="gear" label="Telemetry settings" onClick={() => post({ type: "do", action })} />;
}

function sourceWords(answer: UsageStore["answer"], range: UsageRange): string {
  if (answer?.type !== "usage") return "";
  const where = answer.source === "database" ? "From the telemetry database" : "From the run logs of this workspace";
  const leftOut =
    answer.leftOut > 0 ? `, without ${formatNumberOf(answer.leftOut, "run")} whose logs were not read` : "";
  return `${where}, ${rangeWords[range]}${answer.stepMs > 3_600_000 ? ", by days of UTC" : ""}${leftOut}.`;
}

const mendLabels = { migrate: "Apply Schema", configure: "Configure Telemetry", test: "Test Connection" } as const;

function Failed({ failure, showLogs }: { failure: UsageFailure; showLogs: () => void }) {
  const post = usePost();
  const { message, mend, source } = failure;
  return (
    <section class="notice" aria-label="Not shown">
      <p class="icon-line error">
        <i class="codicon codicon-error" aria-hidden="true" />
        <span>{message}</span>
      </p>
      <p class="buttons">
        {mend && (
          <button type="button" class="button" onClick={() => post({ type: "do", action: mend })}>
            {mendLabels[mend]}
          </button>
        )}
        {source === "database" && (
          <button type="button" class="button secondary" onClick={showLogs}>
            Show Run Logs Instead
          </button>
        )}
      </p>
    </section>
  );
}

function Shown({ usage, range }: { usage: Usage; range: UsageRange }) {
  const post = usePost();
  if (usage.rows.length === 0) {
    return (
      <section class="notice" aria-label="Nothing to show">
        <p>No model was asked in {rangeWords[range]}.</p>
        <p class="buttons">
          <button type="button" class="button" onClick={() => post({ type: "do", action: "ask" })}>
            Ask About Workspace
          </button>
        </p>
      </section>
    );
  }
  return (
    <>
      <Totals rows={usage.rows} />
      <Charts usage={usage} />
      <SlowestCalls calls={usage.slowest} />
    </>
  );
}

function Charts({ usage }: { usage: Usage }) {
  const spend = useMemo(() => seriesOf(usage, "spend"), [usage]);
  const tokens = useMemo(() => seriesOf(usage, "tokens"), [usage]);
  const savings = useMemo(() => seriesOf(usage, "savings"), [usage]);
  return (
    <div class="charts">
      <section>
        <h2>Spend</h2>
        <Chart title="Spend" time={usage} series={spend} format={formatUsd} tick={usdTick} colors={modelColors} />
      </section>
      <section>
        <h2>Tokens</h2>
        <Chart title="Tokens" time={usage} series={tokens} format={shortOrUnknown} colors={modelColors} />
      </section>
      <section>
        <h2>Cache savings</h2>
        <Chart
          title="Cache savings"
          time={usage}
          series={savings}
          format={formatUsd}
          tick={usdTick}
          colors={modelColors}
        />
      </section>
      <Latency usage={usage} />
    </div>
  );
}

const kindWords: Readonly<Record<CallKind, string>> = { turn: "turns", llm: "sub-calls", rlm: "child runs" };
/** The colours that turns, sub-calls and child runs have everywhere. */
const kindColors: Readonly<Record<CallKind, string>> = {
  turn: "--vscode-charts-blue",
  llm: "--vscode-charts-green",
  rlm: "--vscode-editorWarning-foreground",
};
const keyOf = ({ kind, model }: LatencyChoice) => `${kind} ${model}`;

function Latency({ usage }: { usage: Usage }) {
  const choices = useMemo(() => latencyChoices(usage.rows), [usage]);
  const [key, setKey] = useState("");
  const choice = choices.find((each) => keyOf(each) === key) ?? choices[0];
  const series = useMemo(() => (choice ? latencySeries(usage, choice) : []), [usage, choice?.kind, choice?.model]);
  if (!choice) return null;
  return (
    <section>
      <h2 class="with-choice">
        Latency
        <select aria-label="Latency of" value={keyOf(choice)} onChange={(event) => setKey(event.currentTarget.value)}>
          {choices.map((each) => (
            <option value={keyOf(each)}>{`${each.model}, ${kindWords[each.kind]}`}</option>
          ))}
        </select>
      </h2>
      <Chart title="Latency" time={usage} series={series} format={msOrUnknown} colors={[kindColors[choice.kind]]} />
    </section>
  );
}

function shortOrUnknown(value: number | null): string {
  return value === null ? "unknown" : formatShort(value);
}

function msOrUnknown(value: number | null): string {
  return value === null ? "none" : formatMs(value);
}
