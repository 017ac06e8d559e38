import { formatCount, formatNumberOf, formatShort, formatUsd } from "../../rlm/format.ts";
import type { UsageRow } from "./protocol.ts";
import { totalsOf } from "./series.ts";

/** The figures of all models together. */
export function Totals({ rows }: { rows: readonly UsageRow[] }) {
  const totals = totalsOf(rows);
  const { inputTokens, cachedTokens, outputTokens, calls, errors, remembered } = totals;
  const hits = inputTokens > 0 ? `${Math.round((100 * cachedTokens) / inputTokens)} %` : "none";
  return (
    <dl class="totals">
      <Figure name="Spend" value={formatUsd(totals.costUsd)} note={unknownOf(totals.costUsd, totals.unpricedCalls)} />
      <Figure
        name="Cache savings"
        value={formatUsd(totals.cacheSavingsUsd)}
        note={unknownOf(totals.cacheSavingsUsd, totals.unknownSavings)}
      />
      <Figure
        name="Cached input"
        value={hits}
        note={`${formatShort(cachedTokens)} of ${formatShort(inputTokens)} tok`}
      />
      <Figure name="Output" value={`${formatShort(outputTokens)} tok`} note="" />
      <Figure
        name="Calls"
        value={formatCount(calls)}
        note={[errors > 0 && `${formatCount(errors)} failed`, remembered > 0 && `${formatCount(remembered)} remembered`]
          .filter(Boolean)
          .join(", ")}
      />
    </dl>
  );
}

function Figure({ name, value, note }: { name: string; value: string; note: string }) {
  return (
    <div>
      <dt class="note">{name}</dt>
      <dd>
        <span class="total">{value}</span> <span class="note">{note}</span>
      </dd>
    </div>
  );
}

/** A sum of which a part is not known says so. */
function unknownOf(usd: number | null, calls: number): string {
  return usd === null || calls === 0 ? "" : `and ${formatNumberOf(calls, "call")} unknown`;
}
