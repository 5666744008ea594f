import type { Compression } from '../bytes/decompress.js';
import { type DiffId, type Digest, Sha256, sha256Bytes } from '../digest.js';
import type { LayerReading } from '../layer/read-layer.js';
import type { Limits } from '../limits.js';
import { VERSION } from '../version.js';
import { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';
import { decodeIndex } from './decode-index.js';
import { encodeIndex } from './encode-index.js';
import { DIGEST_BYTES } from './entry-format.js';

/**
 * To be raised with every change of the format, and of what a reading holds: a test compares the bytes of one layer with
 * those of this version.
 */
export const FORMAT_VERSION = 1;
const MAGIC = 'ocidiff layer\n';

/** Which reading of a layer it is. Blob and diffID have been held against each other when it was kept. */
export interface ReadingKey {
  /** Of the blob as stored. */
  readonly digest: Digest;
  readonly diffId: DiffId;
  readonly depth: 'diff-id' | 'index';
  /** Whether how it is compressed was looked into. */
  readonly examined: boolean;
}

/** The limits that decide whether a layer can be read. */
const LIMITS: readonly (keyof Limits)[] = [
  'layerBytes',
  'compressedParts',
  'layerEntries',
  'extendedHeaderBytes',
  'paxRecords',
  'layerMetadataBytes',
  'sparseSegments',
  'sparseFileBytes',
];

/** One line that no other reading has, and no other version of ocidiff writes. */
function lineOf({ digest, diffId, depth, examined }: ReadingKey): string {
  return `format ${FORMAT_VERSION}, ocidiff ${VERSION}: ${digest} ${diffId} ${depth}${examined ? ' examined' : ''}`;
}

/** The name of the file that keeps the reading of `key`. */
export function fileNameOf(key: ReadingKey): string {
  return `${Buffer.from(sha256Bytes(Buffer.from(lineOf(key))), 'latin1').toString('hex')}.layer`;
}

/**
 * Writes a reading: a magic, the line of its key, the reading, a sha256 of all of that.
 * @param limits those under which it was read
 * @throws what `sink` throws; {RangeError} for what the format has no place for
 */
export function encodeReading(
  key: ReadingKey,
  reading: LayerReading,
  limits: Limits,
  sink: (chunk: Uint8Array) => void,
): void {
  const hash = new Sha256();
  const writer = new ByteWriter((chunk) => {
    hash.update(chunk);
    sink(chunk);
  });
  writer.raw(MAGIC);
  writer.text(lineOf(key));
  for (const name of LIMITS) writer.number(limits[name]);
  writer.number(reading.storedBytes);
  writer.text(Buffer.from(JSON.stringify(reading.compression), 'utf8').toString('latin1'));
  writer.byte(reading.index === null ? 0 : 1);
  if (reading.index !== null) encodeIndex(reading.index, writer);
  writer.flush();
  sink(Buffer.from(hash.bytes(), 'latin1'));
}

/** What `decodeReading` found: `damaged` bytes are of no use to anybody, `unfit` ones not under these limits. */
export type Decoded = LayerReading | 'damaged' | 'unfit';

/**
 * What `encodeReading` wrote for the same key; nothing is thrown.
 * @param limits in force: the reading is no answer if one is lower than when it was made, for it might fail today
 */
export function decodeReading(key: ReadingKey, limits: Limits, bytes: Buffer): Decoded {
  try {
    const body = bytes.subarray(0, Math.max(0, bytes.length - DIGEST_BYTES));
    if (sha256Bytes(body) !== bytes.toString('latin1', body.length)) return 'damaged';
    const reader = new ByteReader(body);
    if (reader.raw(MAGIC.length) !== MAGIC || reader.text() !== lineOf(key)) return 'damaged';
    let fit = true;
    for (const name of LIMITS) fit = reader.number() <= limits[name] && fit;
    if (!fit) return 'unfit';
    const storedBytes = reader.number();
    const compression = JSON.parse(Buffer.from(reader.text(), 'latin1').toString('utf8')) as Compression | null;
    const index = reader.byte() === 1 ? decodeIndex(key.diffId, reader) : null;
    if (!reader.atEnd || (index === null) !== (key.depth === 'diff-id')) return 'damaged';
    return { compression, storedBytes, index };
  } catch {
    return 'damaged';
  }
}
