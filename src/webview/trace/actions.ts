import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { FromTraceView } from "./protocol.ts";

/** Sends a message to the extension. */
export type Post = (message: FromTraceView) => void;

/** Who serves the view. */
export interface Host {
  readonly post: Post;
  /** False for an exported page: no file can be opened, and nothing goes on. */
  readonly isEditor: boolean;
}

const HostContext = createContext<Host>({ post: () => {}, isEditor: false });

export const HostProvider = HostContext.Provider;

export function useHost(): Host {
  return useContext(HostContext);
}

export function usePost(): Post {
  return useHost().post;
}
