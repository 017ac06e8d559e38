import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { FromTraceView } from "./protocol.ts";

/** Sends a message to the extension. */
export type Post = (message: FromTraceView) => void;

const PostContext = createContext<Post>(() => {});

export const PostProvider = PostContext.Provider;

export function usePost(): Post {
  return useContext(PostContext);
}
