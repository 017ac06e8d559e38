import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { CoverageArea } from "../../rlm/events.ts";
import { formatCount, formatNumberOf } from "../../rlm/format.ts";
import { Icon } from "../ui/icon.tsx";
import { useWidth } from "../ui/use-width.ts";
import { useHost } from "./actions.ts";
import { foldersTo, type Look, lookOf, looks, nameOf, sumAreas, type Tile, tilesOf } from "./treemap.ts";

interface CoverageMapProps {
  readonly areas: readonly CoverageArea[];
  /** Null: as the width says. */
  readonly open: boolean | null;
  readonly setOpen: (open: boolean) => void;
  /** The folder that is shown; empty for all. */
  readonly folder: string;
  readonly setFolder: (folder: string) => void;
}

/** Below this width it begins folded (pixels). */
const opensFrom = 700;
const height = 148;
/** A tile of this size shows its name (pixels). */
const namedFrom = { width: 56, height: 16 };

/** The files of the context by size, shaded by how closely each was looked at. */
export function CoverageMap({ areas, open, setOpen, folder, setFolder }: CoverageMapProps) {
  const element = useRef<HTMLElement>(null);
  const width = useWidth(element);
  const isOpen = open ?? width >= opensFrom;
  const shown = folder !== "" && areas.some(({ path }) => path.startsWith(folder)) ? folder : "";
  const total = sumAreas(shown, shown === "" ? areas : areas.filter(({ path }) => path.startsWith(shown)));
  return (
    <section class="coverage" aria-label="Coverage" ref={element}>
      <div class="coverage-head">
        <button type="button" class="fold" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          <Icon name={isOpen ? "chevron-down" : "chevron-right"} />
          <h2>Coverage</h2>
        </button>
        {isOpen && <Crumbs folder={shown} setFolder={setFolder} />}
        <CoverageLegend area={total} />
      </div>
      {isOpen && <Treemap areas={areas} folder={shown} setFolder={setFolder} width={width} />}
    </section>
  );
}

/** The way from the whole context to the folder that is shown. */
function Crumbs({ folder, setFolder }: Pick<CoverageMapProps, "folder" | "setFolder">) {
  if (folder === "") return null;
  return (
    <nav class="crumbs" aria-label="Folder">
      <button type="button" class="link" onClick={() => setFolder("")}>
        All files
      </button>
      {foldersTo(folder).map((path) => (
        <>
          <Icon name="chevron-right" />
          {path === folder ? (
            <span aria-current="true">{nameOf(path)}</span>
          ) : (
            <button type="button" class="link" onClick={() => setFolder(path)}>
              {nameOf(path)}
            </button>
          )}
        </>
      ))}
    </nav>
  );
}

function CoverageLegend({ area }: { area: CoverageArea }) {
  return (
    <ul class="legend" aria-label="Files by how closely they were looked at">
      {(["listed", "searched", "read", "shown"] as const).map((look) => (
        <li>
          <span class={`swatch look-${look}`} aria-hidden="true" />
          {formatCount(area[look])} {lookWords[look]}
        </li>
      ))}
      <li>of {formatNumberOf(area.files, "file")}</li>
    </ul>
  );
}

const lookWords: Readonly<Record<Look, string>> = {
  none: "not looked at",
  listed: "listed",
  searched: "searched",
  read: "read by code",
  shown: "shown to a model",
};

interface TreemapProps extends Pick<CoverageMapProps, "areas" | "folder" | "setFolder"> {
  readonly width: number;
}

function Treemap({ areas, folder, setFolder, width }: TreemapProps) {
  const { post, isEditor } = useHost();
  const element = useRef<HTMLDivElement>(null);
  const tiles = useMemo(() => tilesOf(areas, folder, width - 24, height), [areas, folder, width]);
  const [active, setActive] = useState(0);
  const [hovered, setHovered] = useState<Tile | null>(null);
  const at = Math.min(active, tiles.length - 1);
  useLayoutEffect(() => setActive(0), [folder]);

  const open = (tile: Tile | undefined) => {
    if (!tile) return;
    if (tile.isGroup) setFolder(tile.path);
    else if (isEditor && isFile(tile)) post({ type: "open", path: tile.path, from: 1, to: 1 });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const tile = tiles[at];
    if (event.key === "Enter" || event.key === " ") open(tile);
    else if ((event.key === "Escape" || event.key === "Backspace") && folder !== "") {
      setFolder(foldersTo(folder).at(-2) ?? "");
    } else {
      const next = tile ? neighbour(tiles, at, event.key) : null;
      if (next === null) return;
      setActive(next);
    }
    setHovered(null);
    event.preventDefault();
  };
  const current = tiles[at];
  const told = hovered && tiles.includes(hovered) ? hovered : current;
  return (
    <>
      <div
        class="treemap"
        role="listbox"
        aria-label="Files by size"
        tabIndex={0}
        ref={element}
        style={{ height: `${height}px` }}
        aria-activedescendant={current && tileId(at)}
        onKeyDown={onKeyDown}
        onMouseLeave={() => setHovered(null)}
      >
        {tiles.map((tile, index) => (
          <TileBox
            key={`${tile.path}${tile.isGroup}`}
            id={tileId(index)}
            tile={tile}
            active={index === at}
            opens={tile.isGroup || (isEditor && isFile(tile))}
            hover={() => setHovered(tile)}
            open={() => {
              setActive(index);
              open(tile);
            }}
          />
        ))}
      </div>
      {told && <p class="note tile-line">{describe(told)}</p>}
    </>
  );
}

interface TileBoxProps {
  readonly id: string;
  readonly tile: Tile;
  readonly active: boolean;
  readonly opens: boolean;
  readonly hover: () => void;
  readonly open: () => void;
}

function TileBox({ id, tile, active, opens, hover, open }: TileBoxProps) {
  const { left, top, width, height: high, name, isGroup, area } = tile;
  const named = width >= namedFrom.width && high >= namedFrom.height;
  const look = isGroup ? "tile-group" : `look-${lookOf(area)}`;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the map around it has the keyboard
    // biome-ignore lint/a11y/useFocusableInteractive: the map names its tile by aria-activedescendant
    <div
      id={id}
      role="option"
      aria-selected={active}
      aria-label={describe(tile)}
      title={describe(tile)}
      class={`tile ${look}${active ? " active" : ""}${opens ? " opens" : ""}`}
      style={{ left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${high}px` }}
      onClick={open}
      onMouseEnter={hover}
    >
      {named && <span class="tile-name">{name === "" ? "rest" : name}</span>}
    </div>
  );
}

/** `src/net/retry.ts · shown to a model`, `src/net/ · 12 files: 12 listed, 3 read by code` */
function describe({ path, area, isGroup }: Tile): string {
  const name = path === "" ? "All other files" : path;
  if (!isGroup && area.files === 1 && isPathOfFile(path)) return `${name} · ${lookWords[lookOf(area)]}`;
  const counts = looks
    .filter((look) => look !== "none")
    .flatMap((look) => (area[look] > 0 ? [`${formatCount(area[look])} ${lookWords[look]}`] : []));
  return `${name} · ${formatNumberOf(area.files, "file")}: ${counts.join(", ") || lookWords.none}`;
}

function isFile({ path, isGroup }: Tile): boolean {
  return !isGroup && isPathOfFile(path);
}

function isPathOfFile(path: string): boolean {
  return path !== "" && !path.endsWith("/");
}

/** The tile that an arrow key leads to from another: the nearest one whose middle lies that way; null for other keys. */
function neighbour(tiles: readonly Tile[], at: number, key: string): number | null {
  if (key === "Home") return 0;
  if (key === "End") return tiles.length - 1;
  const way = ways[key];
  const from = tiles[at];
  if (!way || !from) return null;
  const [x, y] = middleOf(from);
  let best = at;
  let least = Number.POSITIVE_INFINITY;
  for (const [index, tile] of tiles.entries()) {
    if (index === at) continue;
    const [dx, dy] = [middleOf(tile)[0] - x, middleOf(tile)[1] - y];
    const along = dx * way[0] + dy * way[1];
    const aside = Math.abs(dx * way[1]) + Math.abs(dy * way[0]);
    if (along <= 0 || along + 2 * aside >= least) continue;
    least = along + 2 * aside;
    best = index;
  }
  return best;
}

const ways: Readonly<Record<string, readonly [x: number, y: number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

function middleOf({ left, top, width, height: high, isGroup }: Tile): readonly [number, number] {
  // A folder is its name, above its files.
  return [left + width / 2, isGroup ? top + 8 : top + high / 2];
}

function tileId(index: number): string {
  return `tile-${index}`;
}
