import { OciDiffError } from '../errors.js';
import type { Note } from '../notes.js';
import type { BlobRef } from './blob-store.js';
import type { Descriptor } from './descriptor.js';
import { canonicalMediaType } from './media-type.js';

/** A blob, and the descriptor that names it; null where the medium has lost the manifest. */
export interface NamedBlob {
  readonly ref: BlobRef;
  readonly descriptor: Descriptor | null;
}

/** Characters of a URL that a message shows. */
const URL_CHARACTERS = 200;

/**
 * Whether `blob` is a foreign layer that the medium does not hold: one that its descriptor gives `urls`, or a media type
 * of layers that are not to be distributed, since it may lie elsewhere only. One that is there is a layer as any other.
 * Sources: image-spec, layer.md, "Non-Distributable Layers", descriptor.md, `urls`; Docker's manifest v2.2, `urls`.
 * @param store a medium; only asked where the descriptor says so
 */
export async function isAbsentForeign(
  { ref, descriptor }: NamedBlob,
  store: { stat(blob: BlobRef): Promise<number | null> },
): Promise<boolean> {
  if (descriptor === null) return false;
  const elsewhere = (descriptor.urls ?? []).length > 0 || canonicalMediaType(descriptor.mediaType).foreign;
  return elsewhere && (await store.stat(ref)) === null;
}

/** For a foreign layer that is absent where both sides name the same bytes: they are equal, and are not read. */
export function foreignNote({ ref, descriptor }: NamedBlob): Note {
  return {
    code: 'foreign-layer',
    message: `${ref.name}: a foreign layer, which is not here but ${whereabouts(descriptor)}; both sides name it, and it was not read`,
  };
}

/** For a foreign layer that is absent and would have to be read. */
export function foreignMissing({ ref, descriptor }: NamedBlob): OciDiffError {
  return new OciDiffError(
    'ERR_NOT_FOUND',
    `a foreign layer, which is not here but ${whereabouts(descriptor)}; ocidiff does not fetch it`,
    { location: { blob: ref.name } },
  );
}

function whereabouts(descriptor: Descriptor | null): string {
  const [first, ...others] = descriptor?.urls ?? [];
  if (first === undefined) return 'elsewhere, at an address that its manifest does not give';
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  return `at ${first.length > URL_CHARACTERS ? `${first.slice(0, URL_CHARACTERS)}…` : first}${more}`;
}
