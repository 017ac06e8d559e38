import type { CellCall, ChildQuestion } from "../rlm/sandbox.ts";
import type { ContextFunctions } from "./host-functions.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Reads what a guest hands over for its calls, and finds what its children are asked about. @throws Error, GuestError */
export async function readCall(json: string, context: ContextFunctions): Promise<CellCall> {
  const { kind, prompts, items, model, schema, fresh } = fieldsOf(JSON.parse(json));
  const again = fresh === true ? { fresh } : {};
  if (kind === "rlm" && Array.isArray(items)) {
    const questions = items.map((item: unknown) => childQuestion(fieldsOf(item), context));
    return { kind, items: await Promise.all(questions), ...again };
  }
  if (kind !== "llm" || !isTexts(prompts)) throw new TypeError("llm_query: the prompt must be a string.");
  return {
    kind,
    prompts,
    ...(typeof model === "string" ? { model } : {}),
    ...(schema === undefined ? {} : { schema: fieldsOf(schema) }),
    ...again,
  };
}

async function childQuestion({ question, sub }: Fields, context: ContextFunctions): Promise<ChildQuestion> {
  if (typeof question !== "string") throw new TypeError("rlm_query: the question must be a string.");
  if (sub === null || sub === undefined) return { question, context: null, contextKey: null, madeUp: false };
  const { corpus, key, madeUp } = await context.subContext(sub);
  return { question, context: corpus, contextKey: key, madeUp };
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === "string");
}

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}
