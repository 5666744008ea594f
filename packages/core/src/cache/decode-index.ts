import { latin1Bytes } from '../bytes/latin1.js';
import type { DiffId } from '../digest.js';
import type { LayerIndex } from '../layer/layer-index.js';
import type { TarEntryType, TarFormat, TarHeader, TarTime } from '../tar/entry.js';
import type { ByteReader } from './byte-reader.js';
import { DIGEST_BYTES, EMPTY_DIGEST, endOf, Flag, FORMATS, type Template, TYPES } from './entry-format.js';

/**
 * What `encodeIndex` wrote.
 * @throws {RangeError} where the bytes are not such
 */
export function decodeIndex(diffId: DiffId, reader: ByteReader): LayerIndex {
  const bytes = reader.number();
  const trailer = {
    offset: reader.number(),
    bytes: reader.number(),
    zero: reader.byte() === 1,
    digest: reader.raw(DIGEST_BYTES),
  };
  const decoder = new EntryDecoder(reader);
  decoder.decode(reader.number());
  const { entries, contentDigests, paddings } = decoder;
  return { diffId, bytes, entries, contentDigests, paddings, trailer };
}

class EntryDecoder {
  readonly entries: TarHeader[] = [];
  readonly contentDigests: string[] = [];
  readonly paddings = new Map<number, Uint8Array>();
  readonly #reader: ByteReader;
  readonly #strings: string[] = [];
  readonly #templates: Template[] = [];

  constructor(reader: ByteReader) {
    this.#reader = reader;
  }

  decode(count: number): void {
    let [mtime, end]: [TarTime, number] = [{ seconds: 0, nanoseconds: 0 }, 0];
    for (let position = 0; position < count; position++) {
      const entry = this.#entry(position, mtime, end);
      this.entries.push(entry);
      mtime = entry.mtime;
      end = endOf(entry);
    }
  }

  /* In the order of the encoder; the fields in the order of EntryBuilder, so that all entries have one hidden class. */
  #entry(position: number, before: TarTime, expected: number): TarHeader {
    const reader = this.#reader;
    const flags = reader.byte() | (reader.byte() << 8);
    const { format, type, headerBytes, mode, uid, gid, uname, gname, style } = this.#template();
    const headerDigest = reader.raw(DIGEST_BYTES);
    const path = reader.text();
    const size = reader.number();
    const mtime = (flags & Flag.SameTime) !== 0 ? before : this.#time();
    const atime = (flags & Flag.Atime) !== 0 ? this.#time() : null;
    const ctime = (flags & Flag.Ctime) !== 0 ? this.#time() : null;
    const pax = (flags & Flag.Pax) !== 0 ? this.#records() : null;
    const sparse = (flags & Flag.Sparse) !== 0 ? this.#numbers() : null;
    const linkTarget = (flags & Flag.LinkTarget) !== 0 ? reader.text() : '';
    const digest = (flags & Flag.Content) !== 0 ? reader.raw(DIGEST_BYTES) : null;
    this.contentDigests.push(digest ?? ((flags & Flag.EmptyContent) !== 0 ? EMPTY_DIGEST : ''));
    const offset = (flags & Flag.Offset) !== 0 ? reader.number() : expected;
    const storedSize = (flags & Flag.StoredSize) !== 0 ? reader.number() : size;
    const hasDevice = (flags & Flag.Device) !== 0;
    const devMajor = hasDevice ? reader.double() : 0;
    const devMinor = hasDevice ? reader.double() : 0;
    if ((flags & Flag.Padding) !== 0) this.paddings.set(position, Uint8Array.from(latin1Bytes(reader.text())));
    return {
      position,
      offset,
      headerBytes,
      headerDigest,
      format,
      type,
      path,
      linkTarget,
      mode,
      uid,
      gid,
      uname,
      gname,
      size,
      storedSize,
      mtime,
      atime,
      ctime,
      devMajor,
      devMinor,
      pax,
      sparse,
      style,
    };
  }

  #template(): Template {
    const reader = this.#reader;
    const number = reader.number();
    if (number > 0) return known(this.#templates[number - 1]);
    const format: TarFormat = known(FORMATS[reader.byte()]);
    const type: TarEntryType = known(TYPES[reader.byte()]);
    const headerBytes = reader.number();
    const [mode, uid, gid] = [reader.double(), reader.double(), reader.double()];
    const [uname, gname, style] = [this.#string(), this.#string(), this.#string()];
    const template = { format, type, headerBytes, mode, uid, gid, uname, gname, style };
    this.#templates.push(template);
    return template;
  }

  #string(): string {
    const number = this.#reader.number();
    if (number > 0) return known(this.#strings[number - 1]);
    const text = this.#reader.text();
    this.#strings.push(text);
    return text;
  }

  #time(): TarTime {
    return { seconds: this.#reader.double(), nanoseconds: this.#reader.number() };
  }

  #records(): ReadonlyMap<string, string> {
    const records = new Map<string, string>();
    for (let left = this.#reader.number(); left > 0; left--) records.set(this.#string(), this.#reader.text());
    return records;
  }

  #numbers(): number[] {
    const numbers: number[] = [];
    for (let left = this.#reader.number(); left > 0; left--) numbers.push(this.#reader.number());
    return numbers;
  }
}

function known<T>(value: T | undefined): T {
  if (value === undefined) throw new RangeError('a number that stands for nothing');
  return value;
}
