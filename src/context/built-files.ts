const modulePath = /^(.*?)(\.d)?\.([cm]?)([jt])sx?$/;
const builtFolder = /(^|\/)(?:dist|build|out|lib|esm|cjs|umd|types)(?=\/)/g;
const sourceFolder = /(^|\/)(?:src|source)(?=\/)/g;

interface ModuleFile {
  /** The path without its ending. */
  readonly stem: string;
  /** The stem without what differs between a source and the files built of it. */
  readonly form: string;
  /** How far a file is from the source: 0 is the source itself. */
  readonly distance: number;
  readonly declares: boolean;
  readonly typed: boolean;
}

/**
 * Which of the paths are built of others: a module beside its TypeScript source, its copies under `dist` or `esm`, a
 * second module format, the declarations of a TypeScript source. A folder is taken for a built one only where most of
 * its modules have a source elsewhere. Other languages keep all of theirs.
 */
export function builtFiles(paths: readonly string[]): ReadonlySet<string> {
  const modules = new Map<string, ModuleFile>();
  const nearest = new Map<string, ModuleFile>();
  for (const path of paths) {
    const file = moduleFile(path);
    if (file === null) continue;
    modules.set(path, file);
    const key = keyOf(file);
    if (file.distance < (nearest.get(key)?.distance ?? Number.POSITIVE_INFINITY)) nearest.set(key, file);
  }
  const sourceOf = (file: ModuleFile) => sourceIn(nearest, file);
  const mirrors = mirrorFolders(modules.values(), sourceOf);
  const built = [...modules].filter(([, file]) => {
    const source = sourceOf(file);
    return source !== null && (source.stem === file.stem || mirrors.has(folderOf(file)));
  });
  return new Set(built.map(([path]) => path));
}

/** The file that another was built of; null where it is a source itself. */
function sourceIn(nearest: ReadonlyMap<string, ModuleFile>, file: ModuleFile): ModuleFile | null {
  if (file.typed) return null;
  const module = nearest.get(file.form);
  if (file.declares && module?.typed) return module;
  const same = nearest.get(keyOf(file));
  return same !== undefined && same.distance < file.distance ? same : null;
}

/** The folders of which more than half of the modules have a source. */
function mirrorFolders(
  files: Iterable<ModuleFile>,
  sourceOf: (file: ModuleFile) => ModuleFile | null,
): ReadonlySet<string> {
  const excess = new Map<string, number>();
  for (const file of files) {
    const folder = folderOf(file);
    excess.set(folder, (excess.get(folder) ?? 0) + (sourceOf(file) === null ? -1 : 1));
  }
  return new Set([...excess].filter(([, more]) => more > 0).map(([folder]) => folder));
}

function moduleFile(path: string): ModuleFile | null {
  const [, stem, declares, format, language] = modulePath.exec(path) ?? [];
  if (stem === undefined) return null;
  const folders = stem.match(builtFolder)?.length ?? 0;
  const typed = language === "t" && declares === undefined;
  const form = stem.replace(builtFolder, "").replace(sourceFolder, "").replace(/^\//, "");
  const distance = folders * 4 + (language === "t" ? 0 : 2) + (format === "" ? 0 : 1);
  return { stem, form, distance, declares: declares !== undefined, typed };
}

function keyOf({ form, declares }: ModuleFile): string {
  return declares ? `${form}.d` : form;
}

function folderOf({ stem }: ModuleFile): string {
  return stem.slice(0, stem.lastIndexOf("/") + 1);
}
