import type { LineRange } from "../../rlm/coverage.ts";
import { useHost } from "./actions.ts";

/** Lines of a file, which a click opens where there is an editor. */
export function RangeLink({ range }: { range: LineRange }) {
  const { post, isEditor } = useHost();
  const { path, from, to } = range;
  const words = (
    <>
      <bdi>{path}</bdi>:{from === to ? from : `${from}–${to}`}
    </>
  );
  if (!isEditor) return <span class="range">{words}</span>;
  return (
    <button type="button" class="link range" onClick={() => post({ type: "open", path, from, to })}>
      {words}
    </button>
  );
}
