/** The messages between the extension and the chat view. Each end parses what it receives. */
import * as z from "zod";

const count = z.number().int().nonnegative();
const exchangeId = z.string().min(1);

/** What a button does that is not about one exchange. */
const command = z.enum([
  "chooseModel",
  "setApiKey",
  "chooseLimit",
  "openContext",
  "openFolder",
  "manageTrust",
  "attach",
]);
export type ChatCommand = z.infer<typeof command>;

const commandButton = z.object({ label: z.string(), command });

/** Something that a question is about: the workspace, a file, a folder, or lines of a file. */
const chip = z.object({
  id: z.string(),
  label: z.string(),
  /** The whole of it, shown on hover. */
  title: z.string(),
  icon: z.enum(["root-folder", "file", "folder", "selection"]),
});
export type Chip = z.infer<typeof chip>;

/** What stands round the conversation: who answers, about what, under which limit. */
const setup = z.object({
  /** False where no folder is open. */
  folder: z.boolean(),
  /** `gpt-5` */
  model: z.string(),
  /** Who answers, in a sentence. */
  who: z.string(),
  /** `up to $1.00`; null where questions cost nothing. */
  limit: z.string().nullable(),
  chips: z.array(chip),
  /** False while the workspace is among the chips, or there is none. */
  canAddWorkspace: z.boolean(),
  /** How much will be looked at: `≈1,204 files · ≈2.1M tokens`; null where it is not known. */
  size: z.string().nullable(),
  /** Something to know before asking, such as that no key is set. */
  notice: z.object({ text: z.string(), button: commandButton.nullable() }).nullable(),
  /** Questions that fit the workspace. */
  examples: z.array(z.string()),
});
export type Setup = z.infer<typeof setup>;

/** A step of a run in words, as `stepsOf` tells it. */
export const step = z.object({
  id: z.string(),
  state: z.enum(["running", "done", "failed", "stopped"]),
  text: z.string(),
  detail: z.string(),
  progress: z.object({ done: count, of: count }).nullable(),
});

const citation = z.object({
  path: z.string(),
  from: count,
  to: count,
  status: z.enum(["missing", "exists", "seen", "quoted"]),
});

/** A question with what became of it. */
const exchange = z.object({
  id: exchangeId,
  question: z.string(),
  /** What it was asked about. */
  about: z.string(),
  /** `queued`: it waits for the one before. `interrupted`: its window was closed before it was answered. */
  state: z.enum(["queued", "running", "done", "interrupted"]),
  /** The answer, or its beginning where it is very long. */
  answer: z.string().nullable(),
  /** Characters of the whole answer. */
  answerChars: count,
  citations: z.array(citation),
  /** Paths of citations whose files have changed since. */
  stale: z.array(z.string()),
  steps: z.array(step),
  /** How it ended, where that has to be said. */
  end: z.object({ text: z.string(), tone: z.enum(["plain", "warning", "error"]) }).nullable(),
  /** Its one button that helps. */
  help: z.object({ label: z.string(), how: z.enum(["same", "raised", "mend"]) }).nullable(),
  /** `5 turns`, `31k tok (62 % cached)`, `$0.018`, `12 s` */
  figures: z.array(z.string()),
  /** False where nothing is left of its run to show. */
  hasTrace: z.boolean(),
});
export type ShownExchange = z.infer<typeof exchange>;

/** What a run that goes on does. */
const progress = z.object({
  exchange: exchangeId,
  /** `gpt-5 + gpt-5-mini`; empty until it is known. */
  models: z.string(),
  /** What it does now, in a line. */
  activity: z.string(),
  /** The same without what counts down, to be said aloud. */
  spoken: z.string(),
  /** Milliseconds since 1970, on the extension's clock. */
  startedAt: z.number(),
  now: z.number(),
  figures: z.array(z.string()),
  steps: z.array(step),
  /** What the user is asked before a cell goes on. */
  asking: z
    .object({
      asked: count,
      title: z.string(),
      note: z.string(),
      sample: z.string(),
      choices: z.array(z.object({ choice: z.enum(["all", "five", "stop"]), label: z.string() })),
    })
    .nullable(),
  /** What comes at `from` of the answer that is being written, in place of what was there. */
  draft: z.object({ from: count, text: z.string() }),
});
export type ShownProgress = z.infer<typeof progress>;

const seq = { seq: count };

/** What the extension tells the view. Those with a number change what a snapshot has shown; a gap asks for a new one. */
export const toChatView = z.discriminatedUnion("type", [
  z.object({
    ...seq,
    type: z.literal("snapshot"),
    conversation: z.string(),
    setup,
    exchanges: z.array(exchange),
    /** Of the exchange that is running. */
    progress: progress.nullable(),
  }),
  z.object({ ...seq, type: z.literal("setup"), setup }),
  /** A new exchange at the end, or one that has changed. */
  z.object({ ...seq, type: z.literal("exchange"), exchange }),
  z.object({ ...seq, type: z.literal("removed"), exchange: exchangeId }),
  z.object({ ...seq, type: z.literal("progress"), progress }),
  /** Put the keyboard into the question. */
  z.object({ type: z.literal("focus") }),
  /** Paths that complete what was typed behind an `@`. */
  z.object({
    type: z.literal("completions"),
    typed: z.string(),
    items: z.array(z.object({ path: z.string(), icon: z.enum(["file", "folder"]) })),
  }),
  /** Lines of a citation, and who saw them. `key` is the question's. */
  z.object({
    type: z.literal("lines"),
    key: z.string(),
    /** The number of the first line. */
    first: count,
    lines: z.array(z.string()),
    /** Said in place of lines, or below them. */
    note: z.string(),
    /** `turn 2`, `12 sub-calls of turn 3`; empty where nothing is known. */
    seenBy: z.array(z.string()),
  }),
]);
export type ToChatView = z.infer<typeof toChatView>;
/** A message that changes what is shown. */
export type ChatChange = Extract<ToChatView, { seq: number }>;

const place = { path: z.string().min(1), from: count, to: count };

/** Longer questions are not taken: a text of that size is attached as a file. */
export const mostQuestionChars = 200_000;
/** Addresses that are dropped at once, and the characters of each. */
export const mostDropped = 100;
export const mostUriChars = 4_000;

/** What the view asks of the extension. */
export const fromChatView = z.discriminatedUnion("type", [
  /** The view listens; it wants a snapshot. */
  z.object({ type: z.literal("ready") }),
  /** Something was missing; it wants a snapshot again. */
  z.object({ type: z.literal("resync") }),
  z.object({ type: z.literal("ask"), question: z.string().trim().min(1).max(mostQuestionChars) }),
  /** End the run of this exchange. */
  z.object({ type: z.literal("stop"), exchange: exchangeId }),
  /** Ask the same again, perhaps under a higher limit; `mend`: what may mend its failure. */
  z.object({ type: z.literal("again"), exchange: exchangeId, how: z.enum(["same", "raised", "mend"]) }),
  /** A queued question: ask it now in place of the one before, or not at all. */
  z.object({ type: z.literal("askNow"), exchange: exchangeId }),
  z.object({ type: z.literal("remove"), exchange: exchangeId }),
  z.object({ type: z.literal("command"), command }),
  /** Attach a path of the workspace that was completed. */
  z.object({ type: z.literal("attachPath"), path: z.string().min(1) }),
  /** Attach what was dropped: URIs. */
  z.object({ type: z.literal("attachDropped"), uris: z.array(z.string().max(mostUriChars)).max(mostDropped) }),
  z.object({ type: z.literal("addWorkspace") }),
  z.object({ type: z.literal("detach"), chip: z.string() }),
  z.object({ type: z.literal("complete"), typed: z.string().max(1_000) }),
  /** Show a file with these lines selected: 1-based, inclusive. */
  z.object({ type: z.literal("open"), exchange: exchangeId, ...place }),
  /** What stands in these lines? */
  z.object({ type: z.literal("lines"), key: z.string(), exchange: exchangeId, ...place }),
  z.object({ type: z.literal("openLink"), url: z.url({ protocol: /^https?$/ }) }),
  z.object({ type: z.literal("openTrace"), exchange: exchangeId }),
  /** Show the whole answer in an editor. */
  z.object({ type: z.literal("openAnswer"), exchange: exchangeId }),
  z.object({ type: z.literal("copyAnswer"), exchange: exchangeId }),
  z.object({ type: z.literal("copy"), text: z.string() }),
  /** May the calls be made that the run asks for? */
  z.object({
    type: z.literal("decide"),
    exchange: exchangeId,
    asked: count,
    choice: z.enum(["all", "five", "stop"]),
  }),
]);
export type FromChatView = z.infer<typeof fromChatView>;
