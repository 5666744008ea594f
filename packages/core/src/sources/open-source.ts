import { createReadStream, type Stats } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { decompress } from '../bytes/decompress.js';
import { type CompressionFormat, SNIFF_BYTES, sniffCompression } from '../bytes/sniff.js';
import { READ_CHUNK_BYTES } from '../bytes/stream.js';
import { OciDiffError, throwIfAborted, wrapError } from '../errors.js';
import type { BlobStore, SourceKind } from '../image/blob-store.js';
import {
  type EngineReference,
  type FileKind,
  type ImageReference,
  parseReference,
  type RegistryReference,
  registryName,
} from '../image/reference.js';
import type { Limits } from '../limits.js';
import type { Note } from '../notes.js';
import type { RegistryOptions } from '../options.js';
import { Archive } from './archive.js';
import type { FileTree } from './file-tree.js';
import { Folder, kindOf } from './folder.js';
import { ioError, systemCode } from './io-error.js';
import { openArchiveImage, openFolderImage } from './open-image.js';
import type { OpenedImage, OpenImageContext } from './opened-image.js';
import { readFully, readRange } from './read-range.js';
import { type SpoolOptions, spool } from './spool.js';
import { TreeStore } from './tree-store.js';

export interface OpenSourceOptions {
  readonly limits: Limits;
  readonly signal?: AbortSignal | undefined;
  /** What the image `-` is read from. */
  readonly stdin?: AsyncIterable<Uint8Array> | undefined;
  /** By which engines, credentials and proxies are found; default: none. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** How registries are reached. */
  readonly registry?: RegistryOptions | undefined;
  /** Folder for temporary files (standard input, images of engines, compressed archives); default: the system's. */
  readonly tmpDir?: string | undefined;
}

/** Streams that were taken for standard input; each can be read once. */
const taken = new WeakSet<AsyncIterable<Uint8Array>>();

/**
 * Opens the image that `reference` names; its kind is found by looking inside, and one that the reference states must
 * agree. Nothing but the documents of the medium itself (`index.json`, `manifest.json`) is read.
 * @throws {OciDiffError} with `reference` as its input: `ERR_REFERENCE_INVALID`, `ERR_NOT_FOUND`, `ERR_NOT_AN_IMAGE`,
 *   `ERR_AMBIGUOUS`, `ERR_ARCHIVE_INVALID`, `ERR_UNSUPPORTED`, `ERR_OPTION_INVALID` (no standard input, or twice),
 *   `ERR_DAEMON`, `ERR_UNAUTHORIZED`, `ERR_REGISTRY`, `ERR_IO`, `ERR_LIMIT_EXCEEDED`, `ERR_ABORTED`, and what is wrong with
 *   the medium's documents and compression
 */
export async function openSource(reference: string, options: OpenSourceOptions): Promise<BlobStore> {
  let tree: FileTree | undefined;
  try {
    throwIfAborted(options.signal);
    const parsed = await parseReference(reference, exists);
    if ('repository' in parsed) return await openInRegistry(reference, parsed, options);
    const notes: Note[] = [];
    const onNote = (note: Note): void => {
      notes.push(note);
    };
    const context = { limits: options.limits, signal: options.signal, onNote };
    let opened: OpenedImage;
    if ('engine' in parsed) {
      /* Loaded when needed: it brings HTTP and child processes. */
      const { spoolEngineImage } = await import('./engine/spool-engine-image.js');
      const { file, size, name } = await spoolEngineImage(parsed, options);
      tree = await openFile(file, size, name, options, onNote);
      opened = await openEngineImage(tree, parsed, name, { ...context, ref: null, notation: reference });
    } else {
      tree = await openTree(parsed, options, onNote);
      const place = { kind: parsed.kind, path: parsed.path ?? 'standard input' };
      const chosen = { ...context, ref: parsed.ref, notation: notationOf(parsed, tree) };
      opened = await (tree.medium === 'archive' ? openArchiveImage : openFolderImage)(tree, place, chosen);
    }
    return new TreeStore(reference, tree, opened, notes);
  } catch (error) {
    await tree?.close();
    throw wrapError(error, 'ERR_IO', { input: reference });
  }
}

/* What the engine has exported is an archive with the one image, but the medium is the engine. */
async function openEngineImage(
  tree: FileTree,
  { engine }: EngineReference,
  path: string,
  context: OpenImageContext,
): Promise<OpenedImage> {
  const kind: SourceKind = engine;
  return { ...(await openArchiveImage(tree, { kind: null, path }, context)), kind };
}

async function openInRegistry(
  reference: string,
  image: RegistryReference,
  options: OpenSourceOptions,
): Promise<BlobStore> {
  try {
    /* Loaded when needed: it brings a client for HTTP. */
    const { openRegistryImage } = await import('./registry/open-registry-image.js');
    return await openRegistryImage(reference, image, options);
  } catch (error) {
    const wrapped = wrapError(error, 'ERR_REGISTRY');
    if (image.otherwise === null || wrapped.code === 'ERR_ABORTED' || wrapped.code === 'ERR_OPTION_INVALID')
      throw wrapped;
    const name = registryName(image);
    const reason = wrapped.message.replace(`${name}: `, '');
    const message = `${image.otherwise}; read as an image in a registry (${name}): ${reason}`;
    throw new OciDiffError(wrapped.code, message, { location: wrapped.location, cause: wrapped.cause });
  }
}

async function exists(path: string): Promise<boolean> {
  return (await statOrNull(path)) !== null;
}

async function statOrNull(path: string): Promise<Stats | null> {
  try {
    return await stat(path);
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG') return null;
    throw ioError(error, path);
  }
}

async function openTree(
  { path, kind }: ImageReference,
  options: OpenSourceOptions,
  onNote: (note: Note) => void,
): Promise<FileTree> {
  if (path === null) return openSpooled(takeStdin(options), 'standard input', options, onNote);
  const stats = await statOrNull(path);
  if (stats === null) throw new OciDiffError('ERR_NOT_FOUND', `no such file or folder: ${path}`);
  refuseMedium(path, kind, stats.isDirectory());
  if (stats.isDirectory()) return new Folder(path);
  if (stats.isFile()) {
    let file: FileHandle;
    try {
      file = await open(path, 'r');
    } catch (error) {
      throw ioError(error, path);
    }
    return openFile(file, stats.size, path, options, onNote);
  }
  if (stats.isFIFO() || stats.isCharacterDevice()) {
    /* As a shell writes `<(zcat image.tar.gz)`. */
    return openSpooled(createReadStream(path, { highWaterMark: READ_CHUNK_BYTES }), path, options, onNote);
  }
  throw new OciDiffError('ERR_NOT_AN_IMAGE', `${path} is ${kindOf(stats)}, neither a file nor a folder`);
}

function refuseMedium(path: string, kind: FileKind | null, isFolder: boolean): void {
  if (isFolder && (kind === 'oci-archive' || kind === 'docker-archive')) {
    throw new OciDiffError(
      'ERR_NOT_AN_IMAGE',
      `${path} is a folder, not an archive; write oci:${path} or just ${path}`,
    );
  }
  if (!isFolder && (kind === 'oci' || kind === 'dir')) {
    throw new OciDiffError(
      'ERR_NOT_AN_IMAGE',
      `${path} is a file, not a folder; write oci-archive:${path} or just ${path}`,
    );
  }
}

function takeStdin({ stdin }: OpenSourceOptions): AsyncIterable<Uint8Array> {
  if (stdin === undefined) throw new OciDiffError('ERR_OPTION_INVALID', 'there is no standard input to read - from');
  if (taken.has(stdin)) {
    throw new OciDiffError('ERR_OPTION_INVALID', 'only one of the two images can be read from standard input');
  }
  taken.add(stdin);
  return stdin;
}

async function openSpooled(
  stream: AsyncIterable<Uint8Array>,
  name: string,
  options: OpenSourceOptions,
  onNote: (note: Note) => void,
): Promise<FileTree> {
  const { file, size } = await spool(stream, name, options);
  return openFile(file, size, name, options, onNote);
}

/** Opens an archive in a file, which is closed if that fails. */
async function openFile(
  file: FileHandle,
  size: number,
  name: string,
  options: OpenSourceOptions,
  onNote: (note: Note) => void,
): Promise<FileTree> {
  let current = { file, size };
  try {
    if (size === 0) throw new OciDiffError('ERR_NOT_AN_IMAGE', `${name} is empty`);
    const head = new Uint8Array(SNIFF_BYTES);
    const format = sniffCompression(head.subarray(0, await readFully(file, head, 0)));
    if (format !== 'none') {
      current = await unpack(file, size, name, format, options, onNote);
      await file.close();
    }
    return await openTar(current.file, current.size, name, options, onNote);
  } catch (error) {
    await current.file.close();
    if (current.file !== file) await file.close();
    throw ioError(error, name);
  }
}

async function unpack(
  file: FileHandle,
  size: number,
  name: string,
  format: CompressionFormat,
  options: SpoolOptions,
  onNote: (note: Note) => void,
): Promise<{ file: FileHandle; size: number }> {
  if (format !== 'gzip' && format !== 'zstd') {
    throw new OciDiffError(
      'ERR_COMPRESSION_UNSUPPORTED',
      `${name} is compressed with ${format}; gzip and zstd are read, anything else has to be decompressed first`,
    );
  }
  const { limits, signal } = options;
  const { stream } = decompress(() => readRange(file, 0, size, name, signal), {
    name,
    size,
    /* Bounded by spoolBytes, while it is written. */
    maxBytes: Number.MAX_SAFE_INTEGER,
    limits,
    ...(signal === undefined ? {} : { signal }),
    onNote,
  });
  return spool(stream, `${name}, decompressed`, options);
}

async function openTar(
  file: FileHandle,
  size: number,
  name: string,
  { limits, signal }: OpenSourceOptions,
  onNote: (note: Note) => void,
): Promise<FileTree> {
  try {
    return await Archive.open(file, size, { limits, signal, onNote });
  } catch (error) {
    if (!(error instanceof OciDiffError)) throw error;
    if (error.code !== 'ERR_TAR_INVALID' && error.code !== 'ERR_TAR_TRUNCATED') throw error;
    const atStart = (error.location.offset ?? 0) < 512;
    if (atStart)
      throw new OciDiffError('ERR_NOT_AN_IMAGE', `${name} is no tar archive: ${error.message}`, { cause: error });
    throw new OciDiffError('ERR_ARCHIVE_INVALID', `${name} is damaged: ${error.message}`, { cause: error });
  }
}

/* What stands before `:REF`, for the hint where one is missing. */
function notationOf({ path, kind }: ImageReference, tree: FileTree): string {
  const shown = kind ?? (tree.medium === 'archive' ? 'oci-archive' : 'oci');
  return `${shown}:${path ?? '-'}`;
}
