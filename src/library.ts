/**
 * `import { ask } from "rlm-vscode"`: asking from a program of one's own. The one file that passes on what others hold,
 * because a package has one door: its names are what is promised to stay.
 */
// biome-ignore-all lint/performance/noBarrelFile: see above
export {
  type AskParts,
  type AskRequest,
  ask,
  type Run,
  type RunResult,
} from "./ask.ts";
export type { ContextSource, Overlay } from "./context/collector-protocol.ts";
export { ContextError, type ContextErrorCode } from "./context/context-error.ts";
export { type ListModelsOptions, listModels } from "./models/list-models.ts";
export { offlineModel } from "./models/offline-model.ts";
export { type OpenAiModelOptions, openAiModel } from "./models/openai-model.ts";
export type { Exchange } from "./rlm/earlier.ts";
export type { Citation, RunEvent, StopReason, Totals } from "./rlm/events.ts";
export { defaultLimits, type Limits } from "./rlm/limits.ts";
export {
  type JsonSchema,
  type Message,
  type Model,
  ModelFailure,
  type ModelFailureCode,
  type ModelReply,
  type ModelRequest,
  type Price,
  type Sampling,
  type Usage,
} from "./rlm/model.ts";
export { type EndpointModelsOptions, endpointModels, type ServedModels } from "./server/served-models.ts";
export { ServerError, type ServerErrorCode } from "./server/server-error.ts";
export { type RunningServer, type ServerOptions, startServer } from "./server/start-server.ts";
export { pricesOf } from "./telemetry/prices-of.ts";
export { openTelemetry, type RunFacts, type Telemetry, type TelemetryOptions } from "./telemetry/telemetry.ts";
export { TelemetryError, type TelemetryErrorCode } from "./telemetry/telemetry-error.ts";
