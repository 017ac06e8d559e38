import type { Corpus } from "../context/corpus.ts";

/** What a search looks for; as in `search_codebase`. */
export interface SearchQuery {
  readonly pattern: string;
  readonly glob?: string | undefined;
  readonly ignoreCase?: boolean | undefined;
  readonly limit?: number | undefined;
}

export interface Found {
  /** Notes and hits, grouped by file. */
  readonly text: string;
  readonly total: number;
  readonly files: number;
  readonly truncated: boolean;
}

export interface ToSearchThread {
  readonly corpus: Corpus;
  readonly query: SearchQuery;
}

export type FromSearchThread =
  | { readonly type: "found"; readonly found: Found }
  | { readonly type: "error"; readonly message: string };
