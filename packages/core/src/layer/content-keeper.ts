import type { Layer } from '../image/load.js';
import type { TarHeader } from '../tar/entry.js';

/** Is told of each file of a layer as it is indexed. */
export interface ContentTap {
  /** A file's content begins; `content` follows in pieces, or `lost`, then `end`. */
  begin(file: TarHeader): void;
  content(piece: Uint8Array): void;
  /** What comes is no content as stored (holes): this file cannot be kept. */
  lost(): void;
  /** @param digest sha256 of the content, as in `LayerIndex` */
  end(file: TarHeader, path: string, digest: string): void;
}

/** Content of one side that is at hand. */
const WINDOW_BYTES = 4 * 1024 * 1024;
/** Larger files go by: one of them would push out all others. */
const FILE_BYTES = WINDOW_BYTES / 2;
/** Pairs of layers that can pass at once; of any more, nothing is kept. */
const PAIRS = 3;
/** What is kept of all layers together. */
const KEPT_BYTES = 16 * 1024 * 1024;
/** An empty file takes its place, too, so that the number of files at hand is bounded. */
const LEAST_BYTES = 512;
/* V8 before March 2026 (CVE-2026-21717) hashes a string of digits to its number: with a mark, names cannot collide. */
const MARK = '/';

/**
 * Keeps contents of files that differ, so that the report folder need not decompress their layers a second time. While
 * two aligned layers pass, the last few megabytes of each are at hand; a file of one path that turns out to be another
 * on the other side is copied from there. It is a matter of luck: what has gone by, or would take too much memory, is
 * read again by `extractEntries`.
 */
export class ContentKeeper {
  /** Windows of pairs that are over. */
  readonly #free: Windows[] = Array.from({ length: PAIRS }, () => [new Window(), new Window()]);
  readonly #taken = new Map<readonly [ContentTap, ContentTap], Windows>();
  readonly #kept = new Map<Layer, Map<number, Uint8Array>>();
  #keptBytes = 0;

  /** Taps for a pair of layers, to be given back; undefined where too many pairs are under way. */
  pair(layer0: Layer, layer1: Layer): readonly [ContentTap, ContentTap] | undefined {
    const windows = this.#free.pop();
    if (windows === undefined) return undefined;
    const [window0, window1] = windows;
    const taps = [this.#tap(window0, window1, layer0, layer1), this.#tap(window1, window0, layer1, layer0)] as const;
    this.#taken.set(taps, windows);
    return taps;
  }

  /** Takes the taps of a pair back; they are not told of anything any more. */
  release(taps: readonly [ContentTap, ContentTap]): void {
    const windows = this.#taken.get(taps);
    if (windows === undefined) return;
    this.#taken.delete(taps);
    for (const window of windows) window.clear();
    this.#free.push(windows);
  }

  /** The content of the entry at `position`, if it was kept. */
  contentOf(layer: Layer, position: number): Uint8Array | undefined {
    return this.#kept.get(layer)?.get(position);
  }

  #tap(window: Window, opposite: Window, own: Layer, other: Layer): ContentTap {
    return {
      begin: (file) => window.begin(file.size),
      content: (piece) => window.add(piece),
      lost: () => window.skip(),
      end: (file, path, digest) => {
        const key = MARK + path;
        const partner = opposite.take(key);
        const passed = window.end(key, file.position, digest, partner === undefined);
        if (partner === undefined || passed === undefined || partner.digest === digest) return;
        this.#keep(own, window, passed);
        this.#keep(other, opposite, partner);
      },
    };
  }

  #keep(layer: Layer, window: Window, passed: Passed): void {
    if (this.#keptBytes + passed.length > KEPT_BYTES) return;
    const bytes = window.copy(passed);
    if (bytes === null) return;
    this.#keptBytes += bytes.length;
    const kept = this.#kept.get(layer);
    if (kept === undefined) this.#kept.set(layer, new Map([[passed.position, bytes]]));
    else kept.set(passed.position, bytes);
  }
}

/** A file that has passed, and where in the window its content began. */
interface Passed {
  readonly key: string;
  readonly position: number;
  readonly digest: string;
  /** Bytes into all that was ever written to the window. */
  readonly start: number;
  readonly length: number;
}

type Windows = readonly [Window, Window];

/** The last bytes of content of one side, in a ring, and which files they are. */
class Window {
  #ring: Uint8Array | null = null;
  #written = 0;
  #start = 0;
  #skipping = false;
  /** Files whose content may still be in the ring, oldest first from `#oldest` on. */
  #queue: Passed[] = [];
  #oldest = 0;
  readonly #byKey = new Map<string, Passed>();

  clear(): void {
    this.#queue = [];
    this.#oldest = 0;
    this.#byKey.clear();
  }

  begin(size: number): void {
    this.#start = this.#written;
    this.#skipping = size > FILE_BYTES;
  }

  skip(): void {
    this.#skipping = true;
  }

  add(piece: Uint8Array): void {
    if (this.#skipping) return;
    this.#ring ??= new Uint8Array(WINDOW_BYTES);
    const at = this.#written % WINDOW_BYTES;
    const first = Math.min(piece.length, WINDOW_BYTES - at);
    this.#ring.set(first === piece.length ? piece : piece.subarray(0, first), at);
    if (first < piece.length) this.#ring.set(piece.subarray(first), 0);
    this.#written += piece.length;
  }

  /** @param waits whether the other side's file of this path may still come */
  end(key: string, position: number, digest: string, waits: boolean): Passed | undefined {
    if (this.#skipping) return undefined;
    const passed = { key, position, digest, start: this.#start, length: this.#written - this.#start };
    this.#written = Math.max(this.#written, this.#start + LEAST_BYTES);
    if (!waits) return passed;
    this.#queue.push(passed);
    this.#byKey.set(key, passed);
    this.#dropOld();
    return passed;
  }

  take(key: string): Passed | undefined {
    const passed = this.#byKey.get(key);
    if (passed !== undefined) this.#byKey.delete(key);
    return passed;
  }

  /** A file's content; null where it has been written over. */
  copy({ start, length }: Passed): Uint8Array | null {
    if (start < this.#written - WINDOW_BYTES || (this.#ring === null && length > 0)) return null;
    const bytes = new Uint8Array(length);
    if (this.#ring === null) return bytes;
    const at = start % WINDOW_BYTES;
    const first = Math.min(length, WINDOW_BYTES - at);
    bytes.set(this.#ring.subarray(at, at + first));
    if (first < length) bytes.set(this.#ring.subarray(0, length - first), first);
    return bytes;
  }

  #dropOld(): void {
    const limit = this.#written - WINDOW_BYTES;
    for (;;) {
      const oldest = this.#queue[this.#oldest];
      if (oldest === undefined || oldest.start >= limit) break;
      if (this.#byKey.get(oldest.key) === oldest) this.#byKey.delete(oldest.key);
      this.#oldest++;
    }
    if (this.#oldest < 1024 || this.#oldest * 2 < this.#queue.length) return;
    this.#queue = this.#queue.slice(this.#oldest);
    this.#oldest = 0;
  }
}
