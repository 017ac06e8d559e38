import { type Interval, Intervals } from "./intervals.ts";

/** Lines of a file, from one to another, both included. */
export interface LineRange {
  readonly path: string;
  readonly from: number;
  readonly to: number;
}

/** Ranges that one event names at most. */
export const seenAtMost = 200;

/** How closely code has looked at a file; bits. `listed`: at its name. `searched`: for something. `read`: at its text. */
export const looks = { listed: 1, searched: 2, read: 4 } as const;

/** How much of a context a run and its children have looked at; numbers of files, and of lines. */
export interface CoverageCounts {
  readonly files: number;
  readonly listed: number;
  readonly searched: number;
  readonly read: number;
  /** Files of which a model was shown at least a line. */
  readonly shown: number;
  readonly lines: number;
  readonly shownLines: number;
}

/** What is known of one file. */
interface Look {
  levels: number;
  readonly shown: Intervals;
}

/** How closely one file was looked at; each includes those before it, but for `shown`. */
export interface FileLook {
  readonly listed: boolean;
  readonly searched: boolean;
  readonly read: boolean;
  /** A model was shown at least one of its lines. */
  readonly shown: boolean;
}

/** What a run and those of its children that share its paths have looked at. */
export class Coverage {
  readonly #files = new Map<string, Look>();
  /** @param levels for each path, its bits of `looks` */
  look(paths: readonly string[], levels: Uint8Array): void {
    levels.forEach((level, i) => {
      const path = paths[i];
      if (level !== 0 && path !== undefined) this.#file(path).levels |= level;
    });
  }

  /** A model was shown these lines, which no code may have read: a small context goes to it whole. */
  show(ranges: readonly LineRange[]): void {
    for (const { path, from, to } of ranges) {
      const file = this.#file(path);
      file.levels |= looks.read;
      file.shown.add(from, to);
    }
  }

  /** True where a model was shown all these lines. */
  wasShown({ path, from, to }: LineRange): boolean {
    return this.#files.get(path)?.shown.covers(from, to) === true;
  }

  /** The lines of a file that a model was shown. */
  shownOf(path: string): readonly Interval[] {
    return this.#files.get(path)?.shown.list ?? [];
  }

  /** What is known of one file. */
  lookOf(path: string): FileLook {
    const { levels = 0, shown } = this.#files.get(path) ?? {};
    const [listed, searched, read] = [levels >= looks.listed, levels >= looks.searched, levels >= looks.read];
    return { listed, searched, read, shown: shown !== undefined && shown.size > 0 };
  }

  /** @param paths those of the context */
  counts(paths: readonly string[], lines: number): CoverageCounts {
    const known = paths.map((path) => this.#files.get(path)).filter((file) => file !== undefined);
    const atLeast = (level: number) => known.filter((file) => file.levels >= level).length;
    return {
      files: paths.length,
      listed: atLeast(looks.listed),
      searched: atLeast(looks.searched),
      read: atLeast(looks.read),
      shown: known.filter((file) => file.shown.size > 0).length,
      lines,
      shownLines: known.reduce((sum, file) => sum + file.shown.size, 0),
    };
  }

  #file(path: string): Look {
    const known = this.#files.get(path);
    if (known) return known;
    const file = { levels: 0, shown: new Intervals() };
    this.#files.set(path, file);
    return file;
  }
}
