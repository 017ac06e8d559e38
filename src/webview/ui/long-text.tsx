import { useState } from "preact/hooks";
import { formatNumberOf } from "../../rlm/format.ts";

/** What a folded text shows. */
const foldedLines = 12;
const foldedChars = 1_200;

/** Unfolded, a longer text is still cut, so that the page stays quick; copying it gives all of it. */
const mostChars = 500_000;

/** A text as it is, in the editor's font. A long one is folded to its first lines until the user wants it all. */
export function LongText({ text, fold = true }: { text: string; fold?: boolean }) {
  const [unfolded, setUnfolded] = useState(false);
  const head = fold && !unfolded ? headOf(text) : text.slice(0, mostChars);
  const left = text.length - head.length;
  return (
    <>
      <pre class="long-text">{head}</pre>
      {fold && (left > 0 || unfolded) && (
        <button type="button" class="link" onClick={() => setUnfolded(!unfolded)}>
          {unfolded ? "Show less" : `Show all ${sizeOf(text)}`}
        </button>
      )}
      {(unfolded || !fold) && left > 0 && (
        <p class="note">{formatNumberOf(left, "more character")}: copy to see all.</p>
      )}
    </>
  );
}

function sizeOf(text: string): string {
  const lines = text.split("\n").length;
  return lines > foldedLines ? formatNumberOf(lines, "line") : formatNumberOf(text.length, "character");
}

/** The first lines of a text; all of it where hardly anything would be gained. */
function headOf(text: string): string {
  let end = -1;
  for (let line = 0; line < foldedLines; line += 1) {
    end = text.indexOf("\n", end + 1);
    if (end < 0) break;
  }
  const cut = Math.min(end < 0 ? text.length : end, foldedChars);
  return text.length - cut < 200 ? text : text.slice(0, cut);
}
