/** What passages weigh by their file's path, the first that fits: sources before tests, declarations and change logs. */
const shares: readonly (readonly [path: RegExp, share: number])[] = [
  [/(?:^|\/)(?:change(?:s|log)|history|licen[cs]e|notice|copying)[^/]*$/i, 0.3],
  [/\.(?:map|lock|svg|csv|snap)$|lock\.(?:json|yaml)$/i, 0.3],
  [/(?:^|\/)(?:tests?|__tests__|spec|fixtures|examples?|bench\w*)\/|[._-](?:test|spec|bench)\.\w+$/i, 0.5],
  [/\.d\.[cm]?ts$/i, 0.65],
  [/(?:^|\/)_?vendor(?:ed)?\//i, 0.65],
  [/\.(?:md|mdx|rst|txt|adoc)$/i, 0.75],
  [/(?:^|\/)(?:src|lib|app)\//, 1.1],
];

/** What a passage weighs by its file's path; 1 where the path says nothing. */
export function pathShare(path: string): number {
  return shares.find(([pattern]) => pattern.test(path))?.[1] ?? 1;
}

/** `pathShare` as an expression for a cell. */
export const pathShareCode = `(path) => [${shares
  .map(([pattern, share]) => `[${pattern}, ${share}]`)
  .join(", ")}].find(([pattern]) => pattern.test(path))?.[1] ?? 1`;

/** True where one of the files that a question names has this path, or this path below some folder. */
export function isNamed(path: string, named: readonly string[]): boolean {
  return named.some((file) => path === file || path.endsWith(`/${file}`));
}

/** True where a path lies in one of the folders that a question names. */
export function isInFolder(path: string, folders: readonly string[]): boolean {
  const lower = `/${path.toLowerCase()}`;
  return folders.some((folder) => lower.includes(`/${folder.toLowerCase()}/`));
}

/** A file's name without its ending, after its folder's where many folders have a file of that name. */
export function telling(path: string): string {
  const parts = path.replace(/(?:\.d)?\.\w+$/, "").split("/");
  return parts.slice(/^(?:index|main|mod|lib|__init__|README)$/i.test(parts.at(-1) ?? "") ? -2 : -1).join("/");
}
