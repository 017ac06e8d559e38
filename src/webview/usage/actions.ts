import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { FromUsageView } from "./protocol.ts";

/** Sends a message to the extension. */
export type Post = (message: FromUsageView) => void;

const PostContext = createContext<Post>(() => {});

export const PostProvider = PostContext.Provider;

export function usePost(): Post {
  return useContext(PostContext);
}
