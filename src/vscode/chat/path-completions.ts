/** A path of the workspace that a typed text may mean. */
export interface Completion {
  readonly path: string;
  readonly icon: "file" | "folder";
}

const mostItems = 20;

/** A glob that finds the paths which hold a typed text, in capitals or not. */
export function globFor(typed: string): string {
  const anyCase = [...typed].map((char) => {
    const [lower, upper] = [char.toLowerCase(), char.toUpperCase()];
    if (/[\p{L}]/u.test(char)) return lower === upper || upper.length > 1 ? char : `[${lower}${upper}]`;
    // What means something in a glob stands for any one character.
    return /[\w./ -]/.test(char) ? char : "?";
  });
  const text = anyCase.join("").replace(/^\/+/, "");
  return text === "" ? "**/*" : `{**/*${text}*,**/*${text}*/**}`;
}

/** The files among the found paths that hold the text, and the folders above them that do, the likeliest first. */
export function rankPaths(paths: readonly string[], typed: string): Completion[] {
  const wanted = typed.toLowerCase().replace(/^\/+/, "");
  const folders = new Set(paths.flatMap(foldersAbove));
  const all: Completion[] = [
    ...[...folders].map((path) => ({ path, icon: "folder" as const })),
    ...[...new Set(paths)].map((path) => ({ path, icon: "file" as const })),
  ];
  const ranked = all.flatMap((item) => {
    const rank = rankOf(item.path.toLowerCase(), wanted);
    return rank === null ? [] : [{ item, rank }];
  });
  ranked.sort(
    (a, b) => a.rank - b.rank || a.item.path.length - b.item.path.length || (a.item.path < b.item.path ? -1 : 1),
  );
  return ranked.slice(0, mostItems).map(({ item }) => item);
}

/** 0: the name is it; 1: it begins so; 2: it holds it; 3: the path does; null: it does not. */
function rankOf(path: string, wanted: string): number | null {
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (name === wanted) return 0;
  if (name.startsWith(wanted)) return 1;
  if (name.includes(wanted)) return 2;
  return path.includes(wanted) ? 3 : null;
}

function foldersAbove(path: string): string[] {
  const parts = path.split("/").slice(0, -1);
  return parts.map((_, i) => parts.slice(0, i + 1).join("/"));
}
