import { formatCount } from "../../rlm/format.ts";
import { Icon } from "../ui/icon.tsx";
import { usePost } from "./actions.ts";
import type { OffReason, TelemetryStatus } from "./protocol.ts";

const offWords: Readonly<Record<OffReason, string>> = {
  setting: "Telemetry is off: runs are logged on this machine alone.",
  editor: "Telemetry is off, because VS Code's own telemetry is.",
  dsn: "Telemetry is on, but has no database.",
};

/** Whether runs are logged to a database, and how that goes. */
export function StatusLine({ status }: { status: TelemetryStatus }) {
  const post = usePost();
  const { icon, kind, words } = describe(status);
  return (
    <p class={`icon-line ${kind}`}>
      <Icon name={icon} />
      <span>
        {words}{" "}
        {status.kind === "off" ? (
          <button
            type="button"
            class="link"
            onClick={() => post({ type: "do", action: status.why === "dsn" ? "configure" : "settings" })}
          >
            {status.why === "dsn" ? "Configure" : "Settings"}
          </button>
        ) : (
          <button type="button" class="link" onClick={() => post({ type: "do", action: "test" })}>
            Test connection
          </button>
        )}
      </span>
    </p>
  );
}

function describe(status: TelemetryStatus): { readonly icon: string; readonly kind: string; readonly words: string } {
  if (status.kind === "off") {
    return { icon: "circle-slash", kind: status.why === "dsn" ? "warning" : "", words: offWords[status.why] };
  }
  const content = status.content ? " Content is logged too." : "";
  const lost = status.dropped > 0 ? ` ${formatCount(status.dropped)} rows are lost.` : "";
  const why = status.message === null ? "" : ` ${status.message}`;
  switch (status.state) {
    case "idle":
      return { icon: "database", kind: "", words: `Telemetry is on; no run has begun in this window yet.${content}` };
    case "opening":
      return {
        icon: "database",
        kind: "",
        words: `Telemetry is on; the database has not answered yet.${lost}${content}`,
      };
    case "ok":
      return { icon: "database", kind: "", words: `Telemetry is on: ${storedWords(status)}.${lost}${content}` };
    case "behind":
      return { icon: "sync", kind: "", words: `Telemetry is catching up: ${waiting(status)}.${lost}` };
    case "away":
      return { icon: "warning", kind: "warning", words: `The database is away: ${waiting(status)}.${lost}${why}` };
    case "full":
      return { icon: "error", kind: "error", words: `The database is away and rows can't be kept.${lost}${why}` };
  }
}

function storedWords({ queued, storedAt }: Extract<TelemetryStatus, { kind: "on" }>): string {
  if (queued > 0) return "rows are on their way";
  return storedAt === null ? "nothing was stored yet" : "all is stored";
}

function waiting({ spooledBytes }: Extract<TelemetryStatus, { kind: "on" }>): string {
  return spooledBytes > 0 ? `${formatCount(Math.ceil(spooledBytes / 1024))} kB wait on disk` : "rows wait";
}
