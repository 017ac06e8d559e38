import type { ApiErrorFields } from "./api-error.ts";
import type { ChatRequest } from "./chat-request.ts";
import type { RunBounds } from "./parameters.ts";
import type { Body } from "./receive-body.ts";

export interface ToBodyThread {
  readonly body: Body;
  readonly bounds: RunBounds;
}

export type FromBodyThread =
  | { readonly type: "request"; readonly request: ChatRequest }
  | { readonly type: "error"; readonly fields: ApiErrorFields };
