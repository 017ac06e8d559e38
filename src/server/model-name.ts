import { ApiError } from "./api-error.ts";

/** Who answers: `rlm-<base>`, or `rlm-<root>+<sub>`. */
export interface ModelName {
  readonly root: string;
  readonly sub: string;
}

const prefix = "rlm-";

/** Reads a model's name; the sub-model stands behind the last `+`. @throws ApiError 404 */
export function readModelName(model: string): ModelName {
  const base = model.startsWith(prefix) ? model.slice(prefix.length) : "";
  if (base.trim() === "") {
    const message = `There is no model "${model.slice(0, 100)}". Names begin with rlm-, such as rlm-offline or rlm-gpt-5-mini.`;
    throw new ApiError({ status: 404, code: "model_not_found", param: "model", message });
  }
  const plus = base.lastIndexOf("+");
  // A plus at the end is a part of the name.
  if (plus <= 0 || plus === base.length - 1) return { root: base, sub: base };
  return { root: base.slice(0, plus), sub: base.slice(plus + 1) };
}

/** The name that a response tells: of the models that were asked. */
export function modelNameOf({ root, sub }: ModelName): string {
  return root === sub ? `${prefix}${root}` : `${prefix}${root}+${sub}`;
}
