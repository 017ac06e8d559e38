import type { Model } from "../rlm/model.ts";
import type { PriceOf } from "./savings.ts";

/** The models that a run may ask; a run's `AskParts` are such. */
export interface AskedModels {
  readonly root: Model;
  readonly sub: Model;
  /** A model that a cell asks for by name. */
  readonly named: (id: string) => Model;
  readonly children?: { readonly root: Model; readonly sub: Model };
}

/** The prices of the models of a run, those that only its cells name too; null where none is stated for one. */
export function pricesOf({ root, sub, children, named }: AskedModels): PriceOf {
  const models = [root, sub, ...(children ? [children.root, children.sub] : [])];
  return (id) => {
    try {
      return (models.find((model) => model.id === id) ?? named(id)).price;
    } catch {
      // A name that no model has.
      return null;
    }
  };
}
