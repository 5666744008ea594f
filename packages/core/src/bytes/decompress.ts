import { OciDiffError, throwIfAborted } from '../errors.js';
import { checkLimit, type Limits } from '../limits.js';
import type { Note, NoteSink } from '../notes.js';
import { ByteReader } from './byte-reader.js';
import type { Compression, GzipInfo, TrailingData, ZstdInfo } from './compression.js';
import { unsupported } from './compression-error.js';
import { gunzipByMember, type MemberOutcome } from './gzip/by-member.js';
import { gunzipAtOnce } from './gzip/fast.js';
import { peekGzipHeader } from './gzip/header.js';
import { SNIFF_BYTES, sniffCompression } from './sniff.js';
import type { ByteStream } from './stream.js';
import { unzstd } from './zstd/decompress.js';
import type { FrameDecoder } from './zstd/frame-decoder.js';

export type { Compression } from './compression.js';

export interface DecompressOptions {
  /** The blob, for messages. */
  readonly name: string;
  /** Bytes as stored; null where not known. */
  readonly size: number | null;
  /** The limit `layerBytes`. */
  readonly maxBytes: number;
  readonly limits: Limits;
  readonly signal?: AbortSignal | undefined;
  readonly onNote: NoteSink;
  /** What decodes zstd; the fastest decoder of this Node unless a test wants another. */
  readonly zstdDecoder?: FrameDecoder | undefined;
}

/** A blob's content, and how it was compressed. */
export interface Decompressed {
  /** To be read once. */
  readonly stream: ByteStream;
  /** How the bytes were compressed: `format` from the first chunk on, all of it once the stream has ended. */
  compression(): Compression;
}

/**
 * The content of a blob that may be compressed with gzip or zstd; told by its first bytes, never by a label.
 *
 * The blob is read to its end before the stream ends, whatever follows the compressed data, so where `open` gives a
 * verified stream it is verified. What follows the last gzip member is no content: it is told by a note and in
 * `compression().trailing`.
 *
 * @param open the blob's bytes, each time anew, already passed through `verify`. It is called a second time for gzip
 *   that zlib alone cannot judge: trailing data, or damage
 * @throws {OciDiffError} while iterating. `ERR_COMPRESSION_INVALID` and `ERR_COMPRESSION_UNSUPPORTED`, with the offset
 *   in the compressed bytes; but what `open`'s stream throws (`ERR_DIGEST_MISMATCH`) is thrown instead where both hold,
 *   since it is the reason. `ERR_LIMIT_EXCEEDED` for more content than `maxBytes`. `ERR_ABORTED`.
 *   `location.blob` is the name.
 */
export function decompress(open: () => ByteStream, options: DecompressOptions): Decompressed {
  const decompression = new Decompression(open, options);
  return { stream: decompression.run(), compression: () => decompression.compression };
}

/** Content after which timers and signals get their turn, where a decoder never waits for anything. */
const BYTES_WITHOUT_TURN = 16 * 1024 * 1024;

class Decompression {
  compression: Compression = { format: 'none' };
  readonly #open: () => ByteStream;
  readonly #options: DecompressOptions;
  readonly #limits: Limits;

  constructor(open: () => ByteStream, options: DecompressOptions) {
    this.#open = open;
    this.#options = options;
    this.#limits = { ...options.limits, layerBytes: options.maxBytes };
  }

  async *run(): AsyncGenerator<Uint8Array, void, void> {
    const { name, signal } = this.#options;
    let produced = 0;
    let nextTurn = BYTES_WITHOUT_TURN;
    try {
      for await (const chunk of this.#content()) {
        throwIfAborted(signal);
        produced += chunk.length;
        checkLimit(this.#limits, 'layerBytes', produced, 'the uncompressed content');
        yield chunk;
        if (produced < nextTurn) continue;
        nextTurn = produced + BYTES_WITHOUT_TURN;
        await new Promise((resolve) => setImmediate(resolve));
      }
    } catch (error) {
      /* Only what consumers throw into a generator is no OciDiffError. */
      throw error instanceof OciDiffError ? error.at({ blob: name }) : error;
    }
  }

  async *#content(): AsyncGenerator<Uint8Array, void, void> {
    const whole = yield* this.#read((reader) => this.#firstPass(reader));
    if (whole.complete) return;
    yield* this.#read((reader) => this.#gzipSecondPass(reader, whole.produced));
  }

  /** Opens the blob for one pass over it, to its end also where the pass fails. */
  async *#read<T>(
    pass: (reader: ByteReader) => AsyncGenerator<Uint8Array, T, void>,
  ): AsyncGenerator<Uint8Array, T, void> {
    const { name, signal } = this.#options;
    const reader = new ByteReader(this.#open(), name, signal);
    try {
      return yield* pass(reader);
    } catch (error) {
      if (error instanceof OciDiffError && COMPRESSION_ERRORS.has(error.code)) await reader.drain();
      throw error;
    } finally {
      await reader.close();
    }
  }

  async *#firstPass(reader: ByteReader): AsyncGenerator<Uint8Array, PassResult, void> {
    await reader.fill(SNIFF_BYTES);
    const format = sniffCompression(reader.view(Math.min(reader.available, SNIFF_BYTES)));
    switch (format) {
      case 'gzip':
        return yield* this.#gzipFirstPass(reader);
      case 'zstd': {
        const onInfo = (zstd: ZstdInfo): void => {
          this.compression = { format, zstd };
        };
        yield* unzstd(reader, onInfo, this.#limits, this.#options.zstdDecoder);
        return COMPLETE;
      }
      case 'none':
        for (let chunk = await reader.next(); chunk !== null; chunk = await reader.next()) yield chunk;
        return COMPLETE;
      default:
        throw unsupported(`compressed with ${format}; ocidiff reads gzip, zstd and uncompressed data`, 0);
    }
  }

  async *#gzipFirstPass(reader: ByteReader): AsyncGenerator<Uint8Array, PassResult, void> {
    const { info } = await peekGzipHeader(reader);
    this.#tellGzip(info, null);
    let produced = 0;
    const outcome = { complete: false };
    for await (const chunk of gunzipAtOnce(reader, outcome, this.#options.size)) {
      produced += chunk.length;
      yield chunk;
    }
    return { complete: outcome.complete, produced };
  }

  /** The rest of the content, when the first pass has given `produced` bytes of it. */
  async *#gzipSecondPass(reader: ByteReader, produced: number): AsyncGenerator<Uint8Array, void, void> {
    const { info } = await peekGzipHeader(reader);
    let left = produced;
    const outcome: MemberOutcome = { trailing: null };
    for await (const chunk of gunzipByMember(reader, outcome, this.#limits)) {
      const known = Math.min(left, chunk.length);
      left -= known;
      if (known < chunk.length) yield chunk.subarray(known);
    }
    this.#tellGzip(info, outcome.trailing);
  }

  #tellGzip(gzip: GzipInfo, trailing: TrailingData | null): void {
    this.compression = { format: 'gzip', gzip, ...(trailing === null ? {} : { trailing }) };
    if (trailing !== null) this.#options.onNote(trailingNote(this.#options.name, trailing));
  }
}

interface PassResult {
  readonly complete: boolean;
  /** Bytes of content given. */
  readonly produced: number;
}

const COMPLETE: PassResult = { complete: true, produced: 0 };
const COMPRESSION_ERRORS: ReadonlySet<string> = new Set(['ERR_COMPRESSION_INVALID', 'ERR_COMPRESSION_UNSUPPORTED']);

/** What is told of bytes after the last gzip member of the blob `name`. */
export function trailingNote(name: string, trailing: TrailingData): Note {
  const message = `${name}: ${describeTrailing(trailing)} after the last gzip member, not read as content`;
  return { code: 'trailing-data', message };
}

function describeTrailing({ kind, bytes }: TrailingData): string {
  switch (kind) {
    case 'zero-padding':
      return `${bytes} zero bytes`;
    case 'garbage':
      return `${bytes} bytes that are no gzip`;
    case 'member-after-padding':
      return `${bytes} bytes, zeros and then what looks like another gzip member,`;
    case 'member-after-garbage':
      return `${bytes} bytes, garbage and then what looks like another gzip member,`;
  }
}
