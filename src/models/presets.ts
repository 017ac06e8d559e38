/** What is particular about an endpoint, as far as its URL tells; nothing is sent to find out. */
export interface Preset {
  readonly name: string;
  /** The header that takes the key: `Authorization: Bearer …` or `api-key: …`. */
  readonly keyHeader: "authorization" | "api-key";
  /** Where the API is; added to a base URL that ends before it. */
  readonly apiPath: string;
  /** Paths that end before it. */
  readonly barePaths: readonly string[];
  /** False where `/models` lists what could be deployed, not what can be asked. */
  readonly listsModels: boolean;
  /** True where a prompt that does not fit the window may be cut without a word. */
  readonly cutsPrompts: boolean;
  /** What to do about a window that is too small. */
  readonly widen: string;
  /** What to do about a model that is not there. */
  readonly getModel: string;
  /** What to do where nothing answers. */
  readonly start: string;
}

const compatible: Preset = {
  name: "OpenAI-compatible",
  keyHeader: "authorization",
  apiPath: "",
  barePaths: [],
  listsModels: true,
  cutsPrompts: false,
  widen: "Choose a model with a larger context window, or ask about less.",
  getModel: "Check the name, or choose another model.",
  start: "Is the server running?",
};

const openAi: Preset = { ...compatible, name: "OpenAI", apiPath: "/v1", barePaths: ["/"] };

/**
 * https://learn.microsoft.com/azure/foundry/openai/api-version-lifecycle: base URL, `api-key` header.
 * https://learn.microsoft.com/rest/api/azureopenai/models/list: the list is one of base models.
 */
const azureOpenAi: Preset = {
  ...compatible,
  name: "Azure OpenAI",
  keyHeader: "api-key",
  apiPath: "/openai/v1",
  barePaths: ["/", "/openai"],
  listsModels: false,
  widen: "Choose a deployment with a larger context window, or ask about less.",
  getModel: "The name must be that of a deployment of this Azure resource, not of a model.",
};

/** https://openrouter.ai/docs/api/reference/streaming and …/errors-and-debugging; the optional headers are not sent. */
const openRouter: Preset = { ...compatible, name: "OpenRouter", apiPath: "/api/v1", barePaths: ["/", "/api"] };

/**
 * https://docs.ollama.com/api/openai-compatibility, https://docs.ollama.com/context-length: 4,096 tokens below 24 GiB of
 * video memory, not to be set by a request of the OpenAI form; a longer prompt loses its oldest part in silence.
 */
const ollama: Preset = {
  ...compatible,
  name: "Ollama",
  apiPath: "/v1",
  barePaths: ["/", "/api"],
  cutsPrompts: true,
  widen: "Start Ollama with a larger window, such as OLLAMA_CONTEXT_LENGTH=64000 ollama serve.",
  getModel: "Get it with “ollama pull”, or choose another model.",
  start: "Start it with “ollama serve”.",
};

/**
 * https://lmstudio.ai/docs/developer/openai-compat. The window is set when a model is loaded; a longer prompt may be cut,
 * refused or answered with nothing (https://github.com/lmstudio-ai/lmstudio-bug-tracker/issues/2339).
 */
const lmStudio: Preset = {
  ...compatible,
  name: "LM Studio",
  apiPath: "/v1",
  barePaths: ["/", "/api/v0", "/api/v1"],
  cutsPrompts: true,
  widen: "Load the model with a larger context length in LM Studio.",
  getModel: "Load it in LM Studio, or choose another model.",
  start: "Start its server with “lms server start”.",
};

/** https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html. Port 8000 may be another server's. */
const vllm: Preset = {
  ...compatible,
  name: "vLLM",
  apiPath: "/v1",
  barePaths: ["/"],
  widen: "Ask about less, or serve the model with a larger window (vLLM: --max-model-len).",
  start: "Is the server running (vLLM: “vllm serve”)?",
};

const hosts: readonly (readonly [RegExp, Preset])[] = [
  [/^([\w-]+\.)?api\.openai\.com$/, openAi],
  [/\.(openai\.azure\.(com|us|cn)|cognitiveservices\.azure\.com|services\.ai\.azure\.com)$/, azureOpenAi],
  [/^([\w-]+\.)?openrouter\.ai$/, openRouter],
];

const ports: Readonly<Record<string, Preset>> = { "11434": ollama, "1234": lmStudio, "8000": vllm };

/** The preset that follows from an endpoint's host, or from its port; one for any compatible endpoint else. */
export function presetFor(baseUrl: string): Preset {
  const url = URL.canParse(baseUrl.trim()) ? new URL(baseUrl.trim()) : null;
  if (!url) return compatible;
  return hosts.find(([host]) => host.test(url.hostname))?.[1] ?? ports[url.port] ?? compatible;
}

/** Whom a user can choose as an endpoint. */
export interface Provider {
  readonly name: string;
  /** Null where the user has to say it. */
  readonly baseUrl: string | null;
  /** What a base URL looks like. */
  readonly example: string;
  readonly wantsKey: boolean;
}

export const providers: readonly Provider[] = [
  { name: openAi.name, baseUrl: "https://api.openai.com/v1", example: "https://api.openai.com/v1", wantsKey: true },
  { name: azureOpenAi.name, baseUrl: null, example: "https://NAME.openai.azure.com", wantsKey: true },
  { name: openRouter.name, baseUrl: "https://openrouter.ai/api/v1", example: "https://openrouter.ai", wantsKey: true },
  { name: ollama.name, baseUrl: "http://127.0.0.1:11434/v1", example: "http://127.0.0.1:11434", wantsKey: false },
  { name: lmStudio.name, baseUrl: "http://127.0.0.1:1234/v1", example: "http://127.0.0.1:1234", wantsKey: false },
  { name: vllm.name, baseUrl: "http://127.0.0.1:8000/v1", example: "http://127.0.0.1:8000", wantsKey: false },
  { name: "Any other", baseUrl: null, example: "https://models.example.com/v1", wantsKey: false },
];
