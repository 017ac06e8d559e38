const deepest = 4;
const fewestFiles = 5;
const mostFolders = 200;
const alike = 0.8;

/** Pairs of folders whose files have the same names but for their endings, as `dist/esm` and `dist/cjs` have. */
export function similarFolders(paths: readonly string[]): [string, string][] {
  const folders = [...namesByFolder(paths)].filter(([, names]) => names.size >= fewestFiles);
  folders.sort((a, b) => b[1].size - a[1].size);
  const pairs: [string, string][] = [];
  const large = folders.slice(0, mostFolders);
  large.forEach(([a, names], i) => {
    for (const [b, others] of large.slice(i + 1)) {
      if (others.size < names.size * alike) break;
      if (inside(a, b) || inside(b, a) || pairs.some((pair) => covered(pair, a, b))) continue;
      if (overlap(names, others) >= alike) pairs.push(a < b ? [a, b] : [b, a]);
    }
  });
  return pairs;
}

/** For each folder the names of the files below it, relative to it and without their endings. */
function namesByFolder(paths: readonly string[]): Map<string, Set<string>> {
  const folders = new Map<string, Set<string>>();
  for (const path of paths) {
    const bare = path.replace(/(?:\.d)?\.[^./]+$/, "");
    let end = path.indexOf("/");
    for (let depth = 0; end > 0 && depth < deepest; depth += 1, end = path.indexOf("/", end + 1)) {
      const folder = path.slice(0, end);
      const names = folders.get(folder) ?? new Set();
      folders.set(folder, names.add(bare.slice(end + 1)));
    }
  }
  return folders;
}

function overlap(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  let both = 0;
  for (const name of a) if (b.has(name)) both += 1;
  return both / (a.size + b.size - both);
}

function inside(folder: string, outer: string): boolean {
  return folder.startsWith(`${outer}/`);
}

/** True where a pair of folders lies below a pair that is known. */
function covered([a, b]: readonly [string, string], x: string, y: string): boolean {
  const below = (folder: string) => folder === a || folder === b || inside(folder, a) || inside(folder, b);
  return below(x) && below(y);
}
