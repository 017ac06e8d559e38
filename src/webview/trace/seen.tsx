import { useState } from "preact/hooks";
import type { LineRange } from "../../rlm/coverage.ts";
import { formatNumberOf } from "../../rlm/format.ts";
import { RangeLink } from "./range-link.tsx";
import { Section } from "./section.tsx";

const shownAtOnce = 20;

/** The lines of files that stood in a prompt, to be opened. */
export function Seen({ ranges }: { ranges: readonly LineRange[] }) {
  const [all, setAll] = useState(false);
  if (ranges.length === 0) return null;
  const files = new Set(ranges.map(({ path }) => path)).size;
  const lines = ranges.reduce((sum, { from, to }) => sum + to - from + 1, 0);
  return (
    <Section title="Lines that it was shown">
      <p class="note">
        {formatNumberOf(files, "file")} · {formatNumberOf(lines, "line")}
      </p>
      <ul>
        {(all ? ranges : ranges.slice(0, shownAtOnce)).map((range) => (
          <li>
            <RangeLink range={range} />
          </li>
        ))}
      </ul>
      {ranges.length > shownAtOnce && (
        <button type="button" class="link" onClick={() => setAll(!all)}>
          {all ? "Show less" : `Show all ${formatNumberOf(ranges.length, "range")}`}
        </button>
      )}
    </Section>
  );
}
