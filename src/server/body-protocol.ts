import type { ApiErrorFields } from "./api-error.ts";
import type { ChatRequest } from "./chat-request.ts";
import type { RunBounds } from "./parameters.ts";

/** What the thread is started with: bytes of the body, null where that is not known. */
export interface BodyStart {
  readonly expected: number | null;
}

/** The pieces of a body in order, then the end of it. */
export type ToBodyThread =
  | { readonly type: "pieces"; readonly pieces: readonly Uint8Array[] }
  | { readonly type: "end"; readonly bounds: RunBounds };

export type FromBodyThread =
  | { readonly type: "request"; readonly request: ChatRequest }
  | { readonly type: "error"; readonly fields: ApiErrorFields };
