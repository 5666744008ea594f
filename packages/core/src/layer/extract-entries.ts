import { decompress } from '../bytes/decompress.js';
import type { ByteStream } from '../bytes/stream.js';
import { Sha256 } from '../digest.js';
import { OciDiffError, throwIfAborted, wrapError } from '../errors.js';
import type { BlobStore } from '../image/blob-store.js';
import type { Layer } from '../image/load.js';
import type { Limits } from '../limits.js';
import type { TarHeader } from '../tar/entry.js';
import { TarReader } from '../tar/reader.js';

/** An entry on its way out of a layer. */
export interface ExtractedEntry {
  readonly entry: TarHeader;
  /** Its content, holes as zeros; to be read to its end before the callback resolves. */
  readonly content: ByteStream;
}

export interface ExtractOptions {
  readonly limits: Limits;
  readonly signal: AbortSignal;
}

/** What the tar reader told of one pushed chunk, in order. */
type Event =
  | { readonly what: 'header'; readonly entry: TarHeader }
  | { readonly what: 'content'; readonly chunk: Uint8Array }
  | { readonly what: 'hole'; readonly length: number }
  | { readonly what: 'end' };

/** What an entry was when it was compared: sha256 of its header blocks and of its content, as in `LayerIndex`. */
export interface ComparedEntry {
  readonly headerDigest: string;
  /** '' for what is no file. */
  readonly contentDigest: string;
}

const ZEROS: Uint8Array = new Uint8Array(1024 * 1024);

/**
 * Reads a layer again and hands out the entries at the given positions, in stream order; reading stops after the last.
 * The layer as a whole is not verified again; what is handed out is: each entry's header blocks and content against the
 * digests they had when they were compared.
 * @param wanted by position: the entry as it was compared
 * @throws {OciDiffError} `ERR_DIGEST_MISMATCH` where the content has changed since; else as `readLayer`
 */
export async function extractEntries(
  store: BlobStore,
  layer: Layer,
  wanted: ReadonlyMap<number, ComparedEntry>,
  options: ExtractOptions,
  take: (extracted: ExtractedEntry) => Promise<void>,
): Promise<void> {
  const events = eventsOf(store, layer, wanted, options);
  try {
    for (;;) {
      const next = await events.next();
      if (next.done === true) break;
      if (next.value.what !== 'header') continue;
      const { entry } = next.value;
      const compared = wanted.get(entry.position) as ComparedEntry;
      if (entry.headerDigest !== compared.headerDigest) throw changed(layer);
      const content = contentOf(events, compared.contentDigest, layer, options.signal);
      await take({ entry, content });
    }
  } finally {
    await events.return(undefined);
  }
}

async function* contentOf(
  events: AsyncGenerator<Event, void, void>,
  expected: string,
  layer: Layer,
  signal: AbortSignal,
): ByteStream {
  const hash = new Sha256();
  for (;;) {
    const next = await events.next();
    if (next.done === true || next.value.what === 'end') break;
    if (next.value.what === 'content') {
      hash.update(next.value.chunk);
      yield next.value.chunk;
    } else if (next.value.what === 'hole') {
      for (let left = next.value.length; left > 0; left -= ZEROS.length) {
        const zeros = left >= ZEROS.length ? ZEROS : ZEROS.subarray(0, left);
        throwIfAborted(signal);
        hash.update(zeros);
        yield zeros;
      }
    }
  }
  if (expected !== '' && hash.bytes() !== expected) throw changed(layer);
}

function changed(layer: Layer): OciDiffError {
  return new OciDiffError('ERR_DIGEST_MISMATCH', 'the layer has changed while it was compared', {
    location: { blob: layer.ref.name },
  });
}

/* The last entry may end with the stream, without padding. The layer has been read to its end before. */
function endOf(reader: TarReader, layer: Layer): void {
  try {
    reader.end();
  } catch {
    throw changed(layer);
  }
}

/* Events of wanted entries only; chunks stay valid since the next one is pulled after they were consumed. */
async function* eventsOf(
  store: BlobStore,
  layer: Layer,
  wanted: ReadonlyMap<number, ComparedEntry>,
  { limits, signal }: ExtractOptions,
): AsyncGenerator<Event, void, void> {
  const { name, size } = layer.ref;
  /* A layer may have more entries than a call can have arguments. */
  let last = -1;
  for (const position of wanted.keys()) last = Math.max(last, position);
  let events: Event[] = [];
  let inside = false;
  let current = -1;
  let done = false;
  const tell = (event: Event): void => {
    if (inside) events.push(event);
  };
  const reader = new TarReader(
    {
      header: (entry) => {
        current = entry.position;
        inside = wanted.has(current);
        tell({ what: 'header', entry });
      },
      content: (chunk) => tell({ what: 'content', chunk }),
      hole: (length) => tell({ what: 'hole', length }),
      entryEnd: () => {
        tell({ what: 'end' });
        inside = false;
        done ||= current === last;
      },
    },
    limits,
  );
  const open = (): ByteStream => store.open(layer.ref, signal);
  const decompressed = decompress(open, { name, size, maxBytes: limits.layerBytes, limits, signal, onNote: () => {} });
  try {
    for await (const chunk of decompressed.stream) {
      reader.push(chunk);
      const ready = events;
      events = [];
      for (const event of ready) yield event;
      if (done) return;
    }
    endOf(reader, layer);
    for (const event of events) yield event;
    if (!done) throw changed(layer);
  } catch (error) {
    throw wrapError(error, 'ERR_IO', { blob: name });
  }
}
