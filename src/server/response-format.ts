import * as z from "zod";
import type { JsonSchema } from "../rlm/model.ts";
import { schemaProblem } from "../sandbox/schema-problem.ts";
import { badField } from "./api-error.ts";

const where = "response_format.json_schema";
/** Characters of a schema as JSON; each question carries it. */
const mostChars = 64 * 1024;
const anyObject: JsonSchema = { type: "object" };

/** The forms that OpenAI's API has: https://platform.openai.com/docs/guides/structured-outputs. */
const format = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("text") }),
  z.strictObject({ type: z.literal("json_object") }),
  z.strictObject({
    type: z.literal("json_schema"),
    json_schema: z.strictObject({
      name: z.string().regex(/^[\w-]{1,64}$/),
      description: z.string().nullish(),
      schema: z.record(z.string(), z.unknown()).nullish(),
      // An answer that does not match is refused either way.
      strict: z.boolean().nullish(),
    }),
  }),
]);

/**
 * Reads the form that an answer is to have.
 * @returns the schema that it has to match, as JSON; null where it may be any text
 * @throws ApiError 400 that names the field
 */
export function readResponseFormat(value: unknown): JsonSchema | null {
  if (value === undefined) return null;
  const parsed = format.safeParse(value);
  if (!parsed.success) throw refusalOf(parsed.error);
  if (parsed.data.type === "text") return null;
  if (parsed.data.type === "json_object") return anyObject;
  const { name, description, schema } = parsed.data.json_schema;
  const named = { title: name, ...(description ? { description } : {}), ...(schema ?? anyObject) };
  checkSchema(named);
  return named;
}

function refusalOf({ issues }: z.ZodError) {
  const [issue] = issues;
  const param = ["response_format", ...(issue?.path ?? [])].map(String).join(".").slice(0, 200);
  const code = issue?.code === "invalid_union" ? "unsupported_parameter" : "invalid_value";
  const takes = "text, json_object, or json_schema with a name and a schema";
  return badField(param, `"response_format" takes ${takes}; "${param}" is not in order.`, code);
}

function checkSchema(schema: JsonSchema): void {
  const param = `${where}.schema`;
  try {
    // One that is nested too deep to be written fails here too.
    if (JSON.stringify(schema).length <= mostChars) schemaProblem(schema, null);
    else throw new RangeError(`it may be ${mostChars} characters of JSON at the most.`);
  } catch (error) {
    throw badField(param, `"${param}" can't be used: ${error instanceof Error ? error.message : String(error)}`);
  }
}
