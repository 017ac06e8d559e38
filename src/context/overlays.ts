import type { Overlay } from "./collector-protocol.ts";
import type { CorpusRoot } from "./corpus.ts";
import type { CorpusBuilder, Refusal, TakeOptions } from "./corpus-builder.ts";
import { isUnderSecret } from "./secret-names.ts";
import { shownPath } from "./shown-path.ts";
import type { Tally } from "./tally.ts";

/** A text that is no file, as it is shown. */
interface NamedText {
  readonly shown: string;
  readonly text: string;
}

/** The texts that count over files, by the paths of these. */
export function overlayTexts(
  overlays: readonly Overlay[] | undefined,
  pathOf: (file: string) => string,
): Map<string, string> {
  const texts = (overlays ?? []).flatMap((overlay) => ("file" in overlay ? [overlay] : []));
  return new Map(texts.map(({ file, text }) => [pathOf(file), text]));
}

/**
 * Takes the texts that are no files at all yet.
 * @returns as which paths they are shown, and where they are
 */
export function takeNamedTexts(
  overlays: readonly Overlay[] | undefined,
  builder: CorpusBuilder,
  tally: Tally,
  options: TakeOptions,
): CorpusRoot[] {
  const texts = (overlays ?? []).flatMap((overlay) => ("name" in overlay ? [overlay] : []));
  return texts.flatMap(({ name, text, address = null }) => {
    const shown = freeName(shownPath(name), tally);
    return takeNamedText({ shown, text }, builder, tally, options) ? [{ shown, file: address }] : [];
  });
}

function takeNamedText(
  { shown, text }: NamedText,
  builder: CorpusBuilder,
  tally: Tally,
  options: TakeOptions,
): boolean {
  const isSecret = isUnderSecret(shown, false, () => false);
  const reason = isSecret ? "secret" : tally.isUnderTakenOut(shown) ? "ignored" : null;
  const refusal: Refusal | null = reason
    ? { reason, bytes: Buffer.byteLength(text) }
    : builder.takeText(shown, text, options);
  if (refusal) tally.leave(shown, refusal.reason, refusal.bytes);
  else tally.take(shown);
  return refusal === null;
}

/** A file may have the name already. */
function freeName(name: string, tally: Tally): string {
  let free = name;
  while (tally.has(free)) free = `${free} (unsaved)`;
  return free;
}
