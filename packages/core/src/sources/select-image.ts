import { isDigest } from '../digest.js';
import { OciDiffError } from '../errors.js';
import { normalizeImageName, tagOf } from '../image/image-name.js';

/** One of the images in an archive or layout. */
export interface Candidate {
  /** From 0, in the document that lists the images: `@N`. */
  readonly position: number;
  /** Full names and tags, as they are written. */
  readonly names: readonly string[];
  /** What the image is known by; candidates with one digest are one image. Null where there is none. */
  readonly digest: string | null;
}

/** Candidates that an error lists. */
const MAX_LISTED = 20;

/**
 * The image that `ref` picks: a digest, `@N`, a full name, or a tag; without it the only one.
 * A name as written wins over one with its registry filled in (`debian:12` for `docker.io/library/debian:12`), and that
 * over a tag, so that a more exact match is never ambiguous with a less exact one.
 * @param notation how a REF is written for this input: `oci-archive:a.tar`
 * @throws {OciDiffError} `ERR_AMBIGUOUS` with a list, `ERR_NOT_FOUND` with a list
 */
export function selectImage<C extends Candidate>(candidates: readonly C[], ref: string | null, notation: string): C {
  const all = distinct(candidates);
  if (ref === null) {
    const [only] = all;
    if (all.length === 1 && only !== undefined) return only;
    throw new OciDiffError(
      'ERR_AMBIGUOUS',
      `there are ${all.length} images in it, choose one with ${notation}:REF: ${list(candidates)}`,
    );
  }
  const matching = distinct(matches(candidates, ref));
  const [first] = matching;
  if (first === undefined) {
    throw new OciDiffError('ERR_NOT_FOUND', `no image ${ref} in it, only ${list(candidates)}`);
  }
  if (matching.length > 1) {
    throw new OciDiffError('ERR_AMBIGUOUS', `${matching.length} images in it match ${ref}: ${list(matching)}`);
  }
  return first;
}

function matches<C extends Candidate>(candidates: readonly C[], ref: string): C[] {
  const index = /^@(\d{1,15})$/.exec(ref);
  if (index !== null) return candidates.filter(({ position }) => position === Number(index[1]));
  const digest = ref.startsWith('@') ? ref.slice(1) : ref;
  if (isDigest(digest)) return candidates.filter((candidate) => candidate.digest === digest);
  const full = normalizeImageName(ref);
  const ways: ((name: string) => boolean)[] = [
    (name) => name === ref,
    (name) => normalizeImageName(name) === full,
    (name) => tagOf(name) === ref,
  ];
  for (const way of ways) {
    const found = candidates.filter(({ names }) => names.some(way));
    if (found.length > 0) return found;
  }
  return [];
}

/* The first of those with one digest. */
function distinct<C extends Candidate>(candidates: readonly C[]): C[] {
  const seen = new Set<string>();
  return candidates.filter(({ digest }) => {
    if (digest === null) return true;
    const known = seen.has(digest);
    seen.add(digest);
    return !known;
  });
}

function list(candidates: readonly Candidate[]): string {
  const told = candidates.slice(0, MAX_LISTED).map(({ position, names, digest }) => {
    const parts = [`@${position}`, ...new Set(names), ...(digest === null ? [] : [digest])];
    return parts.join(' ');
  });
  const more = candidates.length > MAX_LISTED ? `; and ${candidates.length - MAX_LISTED} more` : '';
  return `${told.join('; ')}${more}`;
}
