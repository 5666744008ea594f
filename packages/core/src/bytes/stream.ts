/**
 * The only currency for bytes: pulled by the reader, so pulling is back-pressure; ending the loop early cancels.
 * Chunks are never empty and belong to the reader until it asks for the next one.
 */
export type ByteStream = AsyncIterable<Uint8Array>;

/** Bytes a read asks of a medium at once: large enough that per-chunk costs vanish (docs/decisions.md). */
export const READ_CHUNK_BYTES: number = 1024 * 1024;
