import { latin1 } from '../bytes/latin1.js';
import type { LayerIndex } from '../layer/layer-index.js';
import type { TarHeader, TarTime } from '../tar/entry.js';
import type { ByteWriter } from './byte-writer.js';
import { EMPTY_DIGEST, endOf, Flag, FORMATS, type Template, TYPES } from './entry-format.js';

/**
 * Writes `index` but for its diffID, so that `decodeIndex` gives the same again.
 * @throws {RangeError} for a number that the format has no place for
 */
export function encodeIndex(index: LayerIndex, writer: ByteWriter): void {
  writer.number(index.bytes);
  writer.number(index.trailer.offset);
  writer.number(index.trailer.bytes);
  writer.byte(index.trailer.zero ? 1 : 0);
  writer.raw(index.trailer.digest);
  writer.number(index.entries.length);
  new EntryEncoder(writer).encode(index);
}

class EntryEncoder {
  readonly #writer: ByteWriter;
  readonly #strings = new Map<string, number>();
  readonly #templates = new Map<string, number>();
  /** The templates used last, as entries of a layer come in runs. */
  #recent: readonly { readonly template: Template; readonly number: number }[] = [];

  constructor(writer: ByteWriter) {
    this.#writer = writer;
  }

  encode({ entries, contentDigests, paddings }: LayerIndex): void {
    let [mtime, end]: [TarTime | null, number] = [null, 0];
    for (let position = 0; position < entries.length; position++) {
      const entry = entries[position] as TarHeader;
      const padding = paddings.get(position) ?? null;
      this.#entry(entry, contentDigests[position] as string, padding, mtime, end);
      mtime = entry.mtime;
      end = endOf(entry);
    }
  }

  #entry(entry: TarHeader, digest: string, padding: Uint8Array | null, before: TarTime | null, expected: number): void {
    const writer = this.#writer;
    const { mtime, atime, ctime, pax, sparse, size, storedSize, linkTarget, devMajor, devMinor } = entry;
    const sameTime = before !== null && mtime.seconds === before.seconds && mtime.nanoseconds === before.nanoseconds;
    const flags =
      (sameTime ? Flag.SameTime : 0) |
      (atime === null ? 0 : Flag.Atime) |
      (ctime === null ? 0 : Flag.Ctime) |
      (pax === null ? 0 : Flag.Pax) |
      (sparse === null ? 0 : Flag.Sparse) |
      (linkTarget === '' ? 0 : Flag.LinkTarget) |
      (digest === '' ? 0 : digest === EMPTY_DIGEST ? Flag.EmptyContent : Flag.Content) |
      (entry.offset === expected ? 0 : Flag.Offset) |
      (storedSize === size ? 0 : Flag.StoredSize) |
      (devMajor === 0 && devMinor === 0 ? 0 : Flag.Device) |
      (padding === null ? 0 : Flag.Padding);
    writer.byte(flags & 0xff);
    writer.byte(flags >> 8);
    this.#template(entry);
    writer.raw(entry.headerDigest);
    writer.text(entry.path);
    writer.number(size);
    if (!sameTime) this.#time(mtime);
    if (atime !== null) this.#time(atime);
    if (ctime !== null) this.#time(ctime);
    if (pax !== null) this.#records(pax);
    if (sparse !== null) {
      writer.number(sparse.length);
      for (const number of sparse) writer.number(number);
    }
    if (linkTarget !== '') writer.text(linkTarget);
    if ((flags & Flag.Content) !== 0) writer.raw(digest);
    if ((flags & Flag.Offset) !== 0) writer.number(entry.offset);
    if ((flags & Flag.StoredSize) !== 0) writer.number(storedSize);
    if ((flags & Flag.Device) !== 0) {
      writer.double(devMajor);
      writer.double(devMinor);
    }
    if (padding !== null) writer.text(latin1(padding));
  }

  /** The number of a template; 0 where a new one follows. */
  #template(entry: TarHeader): void {
    const recent = this.#recent.find(({ template }) => isSame(template, entry));
    if (recent !== undefined) {
      this.#writer.number(recent.number);
      return;
    }
    const { format, type, headerBytes, mode, uid, gid, uname, gname, style } = entry;
    const key = JSON.stringify([format, type, headerBytes, mode, uid, gid, uname, gname, style]);
    const known = this.#templates.get(key);
    const number = known ?? this.#templates.size + 1;
    this.#recent = [{ template: entry, number }, ...this.#recent.slice(0, RECENT - 1)];
    if (known !== undefined) {
      this.#writer.number(known);
      return;
    }
    this.#templates.set(key, number);
    this.#writer.number(0);
    this.#writer.byte(FORMATS.indexOf(format));
    this.#writer.byte(TYPES.indexOf(type));
    this.#writer.number(headerBytes);
    for (const field of [mode, uid, gid]) this.#writer.double(field);
    for (const field of [uname, gname, style]) this.#string(field);
  }

  /** The number of a string; 0 where a new one follows. */
  #string(text: string): void {
    /* With a mark, for keys from the input (CVE-2026-21717). */
    const key = `/${text}`;
    const known = this.#strings.get(key);
    this.#writer.number(known ?? 0);
    if (known !== undefined) return;
    this.#strings.set(key, this.#strings.size + 1);
    this.#writer.text(text);
  }

  #time({ seconds, nanoseconds }: TarTime): void {
    this.#writer.double(seconds);
    this.#writer.number(nanoseconds);
  }

  #records(pax: ReadonlyMap<string, string>): void {
    this.#writer.number(pax.size);
    for (const [key, value] of pax) {
      this.#string(key);
      this.#writer.text(value);
    }
  }
}

const RECENT = 6;

function isSame(a: Template, b: Template): boolean {
  return (
    a.mode === b.mode &&
    a.type === b.type &&
    a.headerBytes === b.headerBytes &&
    a.uid === b.uid &&
    a.gid === b.gid &&
    a.format === b.format &&
    a.uname === b.uname &&
    a.gname === b.gname &&
    a.style === b.style
  );
}
