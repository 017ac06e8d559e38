import * as z from "zod";
import { mostDropped, mostUriChars } from "./protocol.ts";

// What VS Code puts into a drag of the explorer, of editor tabs, and of other programs.
const lists = ["application/vnd.code.uri-list", "text/uri-list"];
const resources = ["resourceurls", "codefiles"];
const texts = z.array(z.string());

/** True where files may be among what is dragged: their names are told only when they are dropped. */
export function mayBeDropped({ types }: Pick<DataTransfer, "types">): boolean {
  const known = types.map((type) => type.toLowerCase());
  return [...lists, ...resources].some((type) => known.includes(type));
}

/** The addresses of what was dropped, each once; no more than are taken at once. */
export function droppedUris(data: Pick<DataTransfer, "getData">): string[] {
  const listed = lists.flatMap((type) => data.getData(type).split(/\r?\n/));
  const named = data.getData("resourceurls");
  const paths = parsed(data.getData("codefiles")).map((path) => `file://${encodeURI(path)}`);
  const all = [...listed.filter((line) => !line.startsWith("#")), ...parsed(named), ...paths];
  const unique = new Set(all.filter((uri) => /^[a-z][a-z0-9+.-]*:/i.test(uri)).map(decoded));
  return [...unique].filter((uri) => uri.length <= mostUriChars).slice(0, mostDropped);
}

/** The same address is written with more or fewer escapes in each list. */
function decoded(uri: string): string {
  try {
    return encodeURI(decodeURI(uri));
  } catch {
    return uri;
  }
}

function parsed(json: string): string[] {
  try {
    return texts.safeParse(JSON.parse(json)).data ?? [];
  } catch {
    return [];
  }
}
