import type { FilesSource } from "./collector-protocol.ts";
import type { Corpus } from "./corpus.ts";
import { CorpusBuilder, type Refusal } from "./corpus-builder.ts";
import { corpusOf } from "./corpus-parts.ts";
import { defaultMaxFileBytes } from "./entry-rules.ts";
import { isBinaryName } from "./file-kinds.ts";
import { HandedTree } from "./handed-tree.ts";
import { overlayTexts, takeNamedTexts } from "./overlays.ts";
import { isUnderSecret } from "./secret-names.ts";
import { shownPath } from "./shown-path.ts";
import { Tally } from "./tally.ts";
import { walk } from "./walk.ts";

/**
 * Takes files that were handed over, by the same rules as those on disk.
 * @throws ContextError `empty`
 */
export async function gatherFiles(
  source: FilesSource,
  progress: (files: number, bytes: number) => void,
): Promise<Corpus> {
  const builder = new CorpusBuilder();
  const tally = new Tally(source);
  const files = handedFiles(source);
  const options = { maxBytes: source.maxFileBytes ?? defaultMaxFileBytes, choosy: true };
  for (const { path, reason, bytes } of source.leftOut) {
    tally.leave(shownPath(path), isUnderSecret(path, path.endsWith("/"), () => false) ? "secret" : reason, bytes);
  }
  const take = (path: string): Refusal | null => {
    const bytes = files.get(path) ?? Buffer.alloc(0);
    if (isBinaryName(path)) return { reason: "binary", bytes: bytes.length };
    return builder.takeBytes(shownPath(path), bytes, options);
  };
  const isTakenOut = (path: string) => tally.isTakenOut(shownPath(path));
  walk(
    { tree: new HandedTree(files), root: "", real: "", exclude: [], isTakenOut },
    {
      onFile: (path) => {
        const refusal = take(path);
        if (refusal) tally.leave(shownPath(path), refusal.reason, refusal.bytes);
        else tally.take(shownPath(path));
      },
      onLeftOut: (path, _file, reason) => tally.leave(shownPath(path), reason, files.get(path)?.length ?? 0),
    },
  );
  const unnamed = takeNamedTexts(source.overlays, builder, tally, { ...options, choosy: false });
  const name = shownPath(source.name);
  const leftOut = tally.finish([name], source.mayBeEmpty);
  progress(builder.files, builder.bytes);
  return corpusOf([await builder.finish()], {
    kind: "files",
    name,
    leftOut,
    roots: [...(source.roots ?? []), ...unnamed],
  });
}

/** The bytes of each path, unsaved ones first. */
function handedFiles({ files, overlays }: FilesSource): Map<string, Buffer> {
  const handed = files.map(({ path, bytes }) => {
    return [tidy(path), Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)] as const;
  });
  const unsaved = [...overlayTexts(overlays, tidy)].map(([path, text]) => [path, Buffer.from(text)] as const);
  return new Map([...handed, ...unsaved]);
}

function tidy(path: string): string {
  return path.split("/").filter(Boolean).join("/");
}
