import { costOf, listedPrice } from "../../models/prices.ts";
import type { RunEvent } from "../../rlm/events.ts";
import { type Price, type PricedBy, type StatedPrices, statedPrice } from "../../rlm/model.ts";
import { RowMapper } from "../../telemetry/row-mapper.ts";
import type { CallRow } from "../../telemetry/rows.ts";
import { cacheSavings } from "../../telemetry/savings.ts";
import type { CountedCall } from "./usage-fold.ts";

/**
 * The calls of a run log, those of its child runs included: the same rows that the database would have.
 * @param prices as the user's setting has them now
 */
export function countedCalls(events: readonly RunEvent[], prices: StatedPrices): CountedCall[] {
  const mapper = new RowMapper({ content: false, factsOf: (queryId) => ({ queryId, priceOf: () => null }) });
  const rows = events.flatMap((event) => mapper.rows(event));
  return rows.flatMap((row) => (row[0] === "calls" ? [countedCall(row[1], prices)] : []));
}

function countedCall(row: CallRow, prices: StatedPrices): CountedCall {
  return {
    ...{ rootRunId: row.root_run_id, at: row.time, model: row.model, kind: kindOf(row.kind), ms: row.duration_ms },
    ...{ ok: row.success, remembered: row.remembered, estimated: row.tokens_estimated },
    ...{ inputTokens: row.input_tokens, cachedTokens: row.cached_tokens, outputTokens: row.output_tokens },
    ...{ costUsd: row.cost_usd, cacheSavingsUsd: savingsOf(row, prices) },
  };
}

/** A log tells who priced a call, not the price: it is known where it leads to the cost that was told then. */
function savingsOf(row: CallRow, prices: StatedPrices): number | null {
  const usage = {
    ...{ input: row.input_tokens, cachedInput: row.cached_tokens, output: row.output_tokens },
    ...{ reasoning: row.reasoning_tokens, estimated: row.tokens_estimated },
  };
  const pricedBy = pricedByOf(row.priced_by);
  const { cost_usd: costUsd } = row;
  const price = priceFor(pricedBy, row.model, usage, prices);
  if (pricedBy === "endpoint") return cacheSavings({ usage, costUsd, pricedBy }, price);
  const holds = price !== null && costUsd !== null && Math.abs(costOf(usage, price) - costUsd) < tolerance;
  return cacheSavings({ usage, costUsd, pricedBy }, holds ? price : null);
}

const tolerance = 1e-9;

function priceFor(
  pricedBy: PricedBy | undefined,
  model: string,
  usage: Parameters<typeof listedPrice>[2],
  prices: StatedPrices,
): Price | null {
  // Only calls to OpenAI itself are priced by the table.
  return pricedBy === "table" ? listedPrice("api.openai.com", model, usage) : statedPrice(prices, model);
}

function pricedByOf(text: string | null): PricedBy | undefined {
  return text === "endpoint" || text === "setting" || text === "table" ? text : undefined;
}

function kindOf(text: string): CountedCall["kind"] {
  return text === "llm" || text === "rlm" ? text : "turn";
}
