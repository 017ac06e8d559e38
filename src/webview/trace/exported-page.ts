import type { Host } from "./actions.ts";

/** The events that an exported page holds, not checked yet; null where this is the editor's own page. */
export function exportedEvents(): unknown {
  const text = document.getElementById("rlm-events")?.textContent;
  if (!text) return null;
  try {
    return JSON.parse(text);
  } catch {
    return [];
  }
}

/** What an exported page can do without the editor: copy, where the browser lets it, and open links that the user confirms. */
export const pageHost: Host = {
  isEditor: false,
  post: (message) => {
    if (message.type === "copy") void navigator.clipboard?.writeText(message.text);
    if (message.type === "openLink" && window.confirm(`Open a link from a model's answer?\n\n${message.url}`)) {
      window.open(message.url, "_blank", "noopener,noreferrer");
    }
  },
};
