import { OciDiffError } from './errors.js';

/**
 * Bounds on what an input may make ocidiff hold or do. Defaults are far above what real images need (30 GB, a million
 * files); each can be raised by the option `--max-…` of its name in kebab case.
 */
export interface Limits {
  /** Bytes of one JSON document (index, manifest, config, manifest.json). */
  readonly documentBytes: number;
  /** Bytes of the names (JSON Pointers in UTF-16) of all fields that differ in one pair of documents. */
  readonly documentDifferenceBytes: number;
  /** Depth of nested arrays and objects in one JSON document. */
  readonly jsonDepth: number;
  /** Values in one JSON document: each array, object, text, number and literal. */
  readonly jsonValues: number;
  /**
   * Bytes of memory that the index, manifests and configs of one image may take together, about: 3 for a byte, 200 for
   * a value. An index of a few kilobytes can name thousands of documents.
   */
  readonly documentMemoryBytes: number;
  /** Members of an outer archive. */
  readonly archiveMembers: number;
  /** Bytes spooled to a temporary file for one input (standard input, a compressed archive). */
  readonly spoolBytes: number;
  /** Bytes of one layer's uncompressed stream; those of holes in sparse files are counted once more by themselves. */
  readonly layerBytes: number;
  /** Members of one gzip blob and frames of one zstd blob, where they are read one by one. */
  readonly compressedParts: number;
  /** Entries of one layer. */
  readonly layerEntries: number;
  /** Bytes of the extended headers (PAX, GNU long names) of one tar entry. */
  readonly extendedHeaderBytes: number;
  /** Records of one PAX extended header; the offsets and lengths of a sparse file are counted as its segments. */
  readonly paxRecords: number;
  /** Bytes of memory that the records of one layer may take, about: 400 for an entry, and its names and PAX records. */
  readonly layerMetadataBytes: number;
  /** The same of all layers of one image whose records are held at once. */
  readonly imageMetadataBytes: number;
  /** Segments of one sparse file's map. */
  readonly sparseSegments: number;
  /** Bytes of one sparse file, holes included: they are hashed though they are not stored. */
  readonly sparseFileBytes: number;
  /** Files of one image's file system, those that later layers remove included. */
  readonly treeNodes: number;
  /**
   * Bytes of the paths of those files together: entries with few bytes can stand for long ones, by folders that nothing
   * names or by symbolic links.
   */
  readonly treePathBytes: number;
  /** Steps of a file's name; Linux takes 2,048 in one call. */
  readonly pathSteps: number;
  /** Layers of one image. */
  readonly layers: number;
  /** Descriptors in one index, all levels together. */
  readonly indexManifests: number;
  /** Depth of indexes within indexes. */
  readonly indexDepth: number;
  /** Bytes of the largest file whose content is looked into, once it differs. */
  readonly inFileBytes: number;
  /** Bytes that what was found in contents may take in one report; of further files only a summary is told. */
  readonly inFileReportBytes: number;
  /** Of differing files: depth of containers (compressed files and archives) that are opened, one within the other. */
  readonly inFileDepth: number;
  /** Bytes that the containers of one differing file may expand to, both sides together. */
  readonly inFileExpandedBytes: number;
  /** Members of all containers of one differing file, both sides together. */
  readonly inFileMembers: number;
  /** Bytes of a differing file that is compared line by line; larger ones are compared as bytes. */
  readonly inFileTextBytes: number;
  /** Lines of one that are compared. */
  readonly inFileTextLines: number;
  /** Bytes that the cache of layers may take on the disk. */
  readonly cacheBytes: number;
}

export const DEFAULT_LIMITS: Limits = {
  documentBytes: 8 * 1024 ** 2,
  documentDifferenceBytes: 256 * 1024 ** 2,
  jsonDepth: 100,
  jsonValues: 1_000_000,
  documentMemoryBytes: 1024 ** 3,
  archiveMembers: 1_000_000,
  spoolBytes: 256 * 1024 ** 3,
  layerBytes: 256 * 1024 ** 3,
  compressedParts: 10_000_000,
  layerEntries: 10_000_000,
  extendedHeaderBytes: 16 * 1024 ** 2,
  paxRecords: 2_000,
  layerMetadataBytes: 1024 ** 3,
  imageMetadataBytes: 1024 ** 3,
  sparseSegments: 1_000_000,
  sparseFileBytes: 64 * 1024 ** 3,
  treeNodes: 20_000_000,
  treePathBytes: 1024 ** 3,
  pathSteps: 4096,
  layers: 10_000,
  indexManifests: 10_000,
  indexDepth: 8,
  inFileBytes: 64 * 1024 ** 2,
  inFileReportBytes: 64 * 1024 ** 2,
  inFileDepth: 4,
  inFileExpandedBytes: 256 * 1024 ** 2,
  inFileMembers: 100_000,
  inFileTextBytes: 64 * 1024 ** 2,
  inFileTextLines: 2_000_000,
  cacheBytes: 1024 ** 3,
};

/** The most layers that can be read at once. */
export const MAX_JOBS = 64;

/** The option that raises a limit: `layerBytes` → `--max-layer-bytes`. */
export function limitOption(name: keyof Limits): string {
  return `--max-${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/**
 * Throws when `actual` is above the limit `name`.
 * @throws {OciDiffError} `ERR_LIMIT_EXCEEDED`, naming the limit, its value and the option that raises it
 */
export function checkLimit(limits: Limits, name: keyof Limits, actual: number, what: string): void {
  if (actual <= limits[name]) return;
  throw new OciDiffError(
    'ERR_LIMIT_EXCEEDED',
    `${what}: more than ${limits[name]}, the limit ${name} (raise it with ${limitOption(name)})`,
  );
}

/**
 * The limits in force: `given` over the defaults.
 * @throws {OciDiffError} `ERR_OPTION_INVALID` for a limit that does not exist or is no positive whole number
 */
export function limitsFrom(given: Partial<Limits>): Limits {
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(DEFAULT_LIMITS, name)) throw new OciDiffError('ERR_OPTION_INVALID', `there is no limit ${name}`);
    if (!Number.isSafeInteger(value) || value < 1) {
      const given = typeof value === 'number' ? value : `of the type ${typeof value}`;
      throw new OciDiffError('ERR_OPTION_INVALID', `the limit ${name} is not a positive whole number: ${given}`);
    }
  }
  return { ...DEFAULT_LIMITS, ...given };
}
