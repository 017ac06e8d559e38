import { formatCount, formatMs, formatNumberOf, formatUsd } from "../../rlm/format.ts";
import type { PricedBy, Spent } from "../../rlm/model.ts";
import type { RunNode } from "../../rlm/run-nodes.ts";
import { endOf, type RowNode, startOf } from "./row-nodes.ts";
import { Facts, Section } from "./section.tsx";

/** Who was asked, and what it took. */
export function Usage({ model, spent, ms }: { model: string | null; spent: Spent | null; ms: number | null }) {
  return (
    <Section title="Used">
      <Facts
        facts={[
          ["Model", model],
          ["Input", spent && inputOf(spent)],
          ["Output", spent && outputOf(spent)],
          ["Cost", spent && costOf(spent)],
          ["Time", timeOf(ms)],
        ]}
      />
    </Section>
  );
}

function inputOf({ usage }: Spent): string {
  const { input, cachedInput, estimated } = usage;
  const cached = cachedInput === 0 ? "" : `, ${Math.round((cachedInput / input) * 100)} % cached`;
  return `${estimated ? "≈" : ""}${formatNumberOf(input, "token")}${cached}`;
}

function outputOf({ usage }: Spent): string {
  const { output, reasoning, estimated } = usage;
  const thought = reasoning === 0 ? "" : `, ${formatCount(reasoning)} of them reasoning`;
  return `${estimated ? "≈" : ""}${formatNumberOf(output, "token")}${thought}`;
}

/** `$0.042, by the endpoint's own bill` */
function costOf({ costUsd, pricedBy }: Spent): string {
  return `${formatUsd(costUsd)}${pricedBy ? `, ${priceWords[pricedBy]}` : ""}`;
}

const priceWords: Readonly<Record<PricedBy, string>> = {
  endpoint: "as the endpoint has stated it",
  setting: "by the price in your settings",
  table: "by the list prices that RLM knows",
};

/** How long it took; null while it goes on. */
export function msOf(node: Exclude<RowNode, RunNode>): number | null {
  const end = endOf(node);
  return end === null ? null : end - startOf(node);
}

export function timeOf(ms: number | null): string | null {
  return ms === null ? null : formatMs(ms);
}
