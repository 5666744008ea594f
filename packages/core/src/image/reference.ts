import { type Digest, parseDigest } from '../digest.js';
import { OciDiffError } from '../errors.js';
import { normalizeImageName, parseImageName } from './image-name.js';

/** Kinds that a user can name; each is an archive or a folder. */
export type FileKind = 'oci-archive' | 'docker-archive' | 'oci' | 'dir';

/** An image as a user wrote it, understood. */
export interface ImageReference {
  /** Null is standard input. */
  readonly path: string | null;
  /** As given; null where it is to be found by looking inside. */
  readonly kind: FileKind | null;
  /** Which image of several: a tag, a full name, `@N` or a digest. */
  readonly ref: string | null;
}

/** Engines whose images are read. */
export type EngineKind = 'docker' | 'podman' | 'containerd';

/** An image in a local engine. */
export interface EngineReference {
  readonly engine: EngineKind;
  /** As given; not empty. */
  readonly name: string;
}

/** An image in a registry. */
export interface RegistryReference {
  /** As names have it: `docker.io`, `localhost:5000`. */
  readonly registry: string;
  /** `library/debian` */
  readonly repository: string;
  /** Null with a digest, which wins over a tag, as it does in Docker. */
  readonly tag: string | null;
  readonly digest: Digest | null;
  /** What the same text could mean besides, as a sentence that says that it does not; null where it cannot. */
  readonly otherwise: string | null;
}

/**
 * Understands one of the notations for images. A colon may separate a path from a `REF` or be part of either, so what
 * exists decides, the longest path first. What is neither a path nor of a kind is an image in a registry, if it reads
 * as one.
 * @param exists whether there is anything at a path
 * @throws {OciDiffError} `ERR_REFERENCE_INVALID`, `ERR_NOT_FOUND`, `ERR_DIGEST_INVALID`
 */
export async function parseReference(
  text: string,
  exists: (path: string) => Promise<boolean>,
): Promise<ImageReference | EngineReference | RegistryReference> {
  if (text === '') throw new OciDiffError('ERR_REFERENCE_INVALID', 'an empty text names no image');
  if (text.includes('\0')) throw new OciDiffError('ERR_REFERENCE_INVALID', 'the name of an image holds a zero byte');
  if (text === '-') return { path: null, kind: null, ref: null };
  if (await exists(text)) return { path: text, kind: null, ref: null };
  const prefix = /^(oci-archive|docker-archive|oci|dir):(?!\/\/)/.exec(text);
  if (prefix !== null) return withKind(prefix[1] as FileKind, text.slice(prefix[0].length), exists);
  const engine = /^(docker|podman|containerd):\/\/(.*)$/s.exec(text);
  if (engine !== null) {
    const [, kind, name = ''] = engine;
    if (name === '') throw new OciDiffError('ERR_REFERENCE_INVALID', `${text} is not followed by the name of an image`);
    return { engine: kind as EngineKind, name };
  }
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text);
  if (scheme !== null) {
    throw new OciDiffError('ERR_REFERENCE_INVALID', `${text} is no way to name an image: ${scheme[0]} is not known`);
  }
  return inRegistry(text, exists);
}

async function withKind(
  kind: FileKind,
  rest: string,
  exists: (path: string) => Promise<boolean>,
): Promise<ImageReference> {
  if (rest === '' || rest.startsWith(':')) {
    throw new OciDiffError('ERR_REFERENCE_INVALID', `${kind}: is not followed by a path`);
  }
  if (kind === 'dir') {
    if (await exists(rest)) return { path: rest, kind, ref: null };
    throw new OciDiffError('ERR_NOT_FOUND', `no such folder: ${rest}`);
  }
  for (const [path, ref] of splits(rest)) {
    const stdin = path === '-' && kind !== 'oci';
    if (!stdin && !(await exists(path))) continue;
    if (ref === '') {
      throw new OciDiffError('ERR_REFERENCE_INVALID', `${kind}:${rest} ends with a colon; after it a REF is missing`);
    }
    return { path: stdin ? null : path, kind, ref };
  }
  const paths = splits(rest).map(([path]) => path);
  const also = paths.length > 1 ? `, nor ${paths.slice(1).join(' or ')}` : '';
  throw new OciDiffError('ERR_NOT_FOUND', `no such ${kind === 'oci' ? 'folder' : 'file'}: ${paths[0]}${also}`);
}

/** Colons that can part a path from its REF; there are two in a REF at most, in `localhost:5000/a:1`, plus a digest's. */
const MAX_SPLITS = 64;

/** All ways to part `text` at a colon, the longest path first; the first is all of it. */
function splits(text: string): [path: string, ref: string | null][] {
  const found: [string, string | null][] = [[text, null]];
  for (let at = text.lastIndexOf(':'); at > 0 && found.length < MAX_SPLITS; at = text.lastIndexOf(':', at - 1)) {
    found.push([text.slice(0, at), text.slice(at + 1)]);
  }
  return found;
}

/** What archives are called: a text that names one which is there, with a colon behind it, hardly means a registry. */
const ARCHIVE_NAME = /\.(?:tar|tgz|oci|docker|gz|zst)$/;

async function inRegistry(text: string, exists: (path: string) => Promise<boolean>): Promise<RegistryReference> {
  const parsed = /^[./]/.test(text) ? null : parseImageName(text);
  for (const [path, ref] of splits(text).slice(1)) {
    if ((parsed !== null && !ARCHIVE_NAME.test(path)) || !(await exists(path))) continue;
    throw new OciDiffError(
      'ERR_NOT_FOUND',
      `no such file or folder: ${text}; to choose the image ${ref} in ${path}, put its kind before it, as in oci-archive:${text}`,
    );
  }
  if (parsed === null) throw new OciDiffError('ERR_NOT_FOUND', `no such file or folder: ${text}`);
  const { digest, tag, hasDomain } = parsed;
  const name = parseImageName(normalizeImageName(text))?.name ?? parsed.name;
  const slash = name.indexOf('/');
  return {
    registry: name.slice(0, slash),
    repository: name.slice(slash + 1),
    tag: digest === null ? (tag ?? 'latest') : null,
    digest: digest === null ? null : parseDigest(digest),
    otherwise: digest !== null || (hasDomain && tag !== null) ? null : `no such file or folder: ${text}`,
  };
}

/** The whole name: `docker.io/library/debian:12`. */
export function registryName({ registry, repository, tag, digest }: RegistryReference): string {
  return `${registry}/${repository}${digest === null ? `:${tag}` : `@${digest}`}`;
}
