import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { FromChatView } from "./protocol.ts";

/** Sends a message to the extension. */
export type Post = (message: FromChatView) => void;

const PostContext = createContext<Post>(() => {});

export const PostProvider = PostContext.Provider;

export function usePost(): Post {
  return useContext(PostContext);
}
