import type { Encoder, GzipBlocks, GzipInfo, Spread } from '../compression.js';

/**
 * What wrote a gzip stream, told by how it cuts the data into blocks, which depends on the program and hardly on the
 * data; by the last block; and by the header. Null where the bytes fit none or more than one of the encoders below, so
 * also for most small blobs.
 *
 * Tried on tar streams of text, programs and zeros, and on a few kilobytes:
 *
 * | encoder, versions | full blocks | flushes | last block | shortest, farthest match | OS, XFL |
 * |---|---|---|---|---|---|
 * | zlib 1.2.13, Chromium's of Node 20, zlib-ng: Python, `zstd --format=gzip`, bsdtar | 16,383 symbols (memLevel 8; 32,767 with 9) | – | any with content | 3, 32,506 | 3 or 255; 2 level 9, 4 level 1 |
 * | pigz 2.6 | the same | each 131,072 bytes (`-b`), by an empty stored block or empty fixed ones, whichever is due | | 3, 32,506 | 3; the same |
 * | GNU gzip 1.12 | 32,767 symbols; from level 3 on any multiple of 4,096 | – | | 3, 32,506 | 3; the same |
 * | Go 1.26 compress/flate | levels 2–9: 16,384 symbols; level 1: 65,535 bytes | – | empty stored | 4, 32,768 | 255; the same |
 * | klauspost/compress 1.11, 1.16, 1.18, 1.20 | levels 1–6: n · 65,535 bytes; 7–9: 32,768 symbols, before 1.14 16,384 | – | empty fixed | 4, 32,768 | 255; the same |
 * | klauspost/pgzip 1.2.5, 1.2.6, 1.3.0 | the same | each 1 MiB, and before the end; 256 KiB in umoci | empty fixed | 4, 32,768 | the same |
 * | libdeflate 1.14, bgzip 1.16, igzip 2.30, zopfli 1.0.3, `pigz -11`, 7-Zip 16.02, miniz_oxide (flate2 1.1) | by the data, none of the above | – | with content | 3 or 4, 32,768 | any |
 *
 * BuildKit's layers in fixtures/ (Docker Engine 28.5.2) are, but for MTIME, byte for byte what klauspost/compress 1.18
 * makes of their content at level 6, those of `gzip9` at level 9.
 *
 * Sources: zlib deflate.c (`lit_bufsize`, `MAX_DIST`), gzip trees.c (`LIT_BUFSIZE`, `ct_tally`), Go's and klauspost's
 * deflate.go (`maxFlateBlockTokens`, `maxStoreBlockSize`, `close`), pgzip gzip.go (`defaultBlockSize`), pigz.c.
 */
export function describeEncoder(gzip: GzipInfo, blocks: GzipBlocks): Encoder | null {
  /* What stores only is too much alike. */
  if (blocks.blocks.dynamic + blocks.blocks.fixed === 0) return null;
  return zlibOrPigz(gzip, blocks) ?? gnuGzip(gzip, blocks) ?? goOrKlauspost(gzip, blocks);
}

/** One block may have a telling size by chance. */
const ENOUGH_BLOCKS = 2;

/** XFL: the writer's level, or at least its claim. */
const BEST = 2;
const FASTEST = 4;
const UNIX = 3;
const UNKNOWN_OS = 255;

/** zlib and GNU gzip keep this much of the window of 32,768 bytes free (`MAX_DIST`). */
const ZLIB_FARTHEST = 32_768 - 262;
const ZLIB_SYMBOLS = 16_383;
const PIGZ_BLOCK_BYTES = 131_072;

function zlibOrPigz(
  gzip: GzipInfo,
  { blocks, fullSymbols, flushedContent, farthestMatch }: GzipBlocks,
): Encoder | null {
  if (fullSymbols === null || fullSymbols.count < ENOUGH_BLOCKS) return null;
  if (fullSymbols.max !== ZLIB_SYMBOLS || fullSymbols.commonest !== ZLIB_SYMBOLS) return null;
  if ((farthestMatch ?? 0) > ZLIB_FARTHEST) return null;
  const symbols = `full blocks of 16,383 symbols, no match farther than ${ZLIB_FARTHEST} bytes`;
  /* Where a piece happens to end at a byte, pigz puts no flush, and the block before it looks full. */
  const flushes = multiples(flushedContent, PIGZ_BLOCK_BYTES) && blocks.emptyStored > 0 && blocks.emptyFixed > 0;
  if (flushes && gzip.os === UNIX) {
    return encoder('pigz', level(gzip, '1', '2–8', '9'), `${symbols}, flushed every 128 KiB in two ways`);
  }
  if (fullSymbols.min !== ZLIB_SYMBOLS) return null;
  /* A header with another system's number may be the work of another program, and so is what it says of the level. */
  const told = gzip.os === UNIX && (farthestMatch ?? 0) > 1 && blocks.dynamic > 0;
  return encoder('zlib', told ? level(gzip, '1', null, '9') : null, symbols);
}

const GNU_SYMBOLS = 32_767;
const GNU_STEP = 4096;

/* Levels 1 and 2 have only blocks of 32,767 symbols, and so has zlib with memLevel 9. */
function gnuGzip(gzip: GzipInfo, { blocks, fullSymbols, shortestMatch, farthestMatch }: GzipBlocks): Encoder | null {
  if (gzip.os !== UNIX || fullSymbols === null || fullSymbols.count < ENOUGH_BLOCKS) return null;
  if (blocks.emptyStored + blocks.emptyFixed > 0 || shortestMatch !== 3) return null;
  if ((farthestMatch ?? 0) > ZLIB_FARTHEST) return null;
  const { min, max, commonest } = fullSymbols;
  if (min % GNU_STEP !== 0 || max > GNU_SYMBOLS) return null;
  if (![max, commonest].every((symbols) => symbols === GNU_SYMBOLS || symbols % GNU_STEP === 0)) return null;
  const evidence = `full blocks of 32,767 symbols or multiples of 4,096, no match farther than ${ZLIB_FARTHEST} bytes`;
  return encoder('GNU gzip', level(gzip, null, '3–8', '9'), evidence);
}

/** The zero of Go's `time.Time`, in the 32 bits of MTIME: klauspost's writers, and Go's own before 1.8, write it. */
const GO_ZERO_TIME = 0x886e0900;
const GO_BLOCK_BYTES = 65_535;
const GO_SYMBOLS = 16_384;
const KLAUSPOST_SYMBOLS = 32_768;

function goOrKlauspost(gzip: GzipInfo, blocks: GzipBlocks): Encoder | null {
  if (gzip.os !== UNKNOWN_OS || (blocks.shortestMatch ?? 4) < 4) return null;
  return byLastBlock(gzip, blocks) ?? byFullBlocks(gzip, blocks);
}

function byLastBlock(gzip: GzipInfo, all: GzipBlocks): Encoder | null {
  const { blocks, complete, members, lastBlock } = all;
  if (!complete || members !== 1) return null;
  if (lastBlock === 'empty-stored' && blocks.emptyStored === 1 && blocks.emptyFixed === 0) {
    const which = all.shortestMatch === null ? null : level(gzip, '1', '2–8', '9');
    return encoder(GO, which, 'the last block is stored and empty, no match shorter than 4 bytes');
  }
  if (lastBlock !== 'empty-fixed' || blocks.emptyFixed !== 1) return null;
  /* zlib's last block is of that kind after a flush. */
  if (blocks.emptyStored > 0 && gzip.mtime !== GO_ZERO_TIME) return null;
  const which = all.shortestMatch === null ? null : level(gzip, '1', '2–8', '9');
  return klauspost(gzip, all, which, 'the last block is empty and has the fixed code, no match shorter than 4 bytes');
}

function byFullBlocks(gzip: GzipInfo, all: GzipBlocks): Encoder | null {
  const { fullSymbols, fullContent, shortestMatch } = all;
  if (shortestMatch === null || fullSymbols === null || fullContent === null) return null;
  if (fullSymbols.count < ENOUGH_BLOCKS) return null;
  if (multiples(fullContent, GO_BLOCK_BYTES)) {
    /* Go's level 1 has only blocks of 65,535 bytes; klauspost's levels join what one code serves. */
    const joined = fullContent.max > GO_BLOCK_BYTES;
    if (gzip.xfl === BEST || (gzip.xfl === FASTEST && !joined)) return null;
    return klauspost(gzip, all, level(gzip, '1', '2–6', null), 'full blocks of 65,535 bytes or multiples of it');
  }
  if (gzip.xfl === FASTEST) return null;
  if (multiples(fullSymbols, KLAUSPOST_SYMBOLS)) {
    return klauspost(gzip, all, level(gzip, null, '7–8', '9'), 'full blocks of 32,768 symbols');
  }
  if (fullSymbols.min !== GO_SYMBOLS || fullSymbols.max !== GO_SYMBOLS) return null;
  return encoder(
    `${GO}, or ${KLAUSPOST} before 1.14`,
    level(gzip, null, '2–8', '9'),
    'full blocks of 16,384 symbols, no match shorter than 4 bytes',
  );
}

const GO = 'Go compress/flate';
const KLAUSPOST = 'klauspost/compress';

/** Flushes at equal distances are those of pgzip, which compresses the pieces side by side with klauspost/compress. */
function klauspost(gzip: GzipInfo, { flushedContent }: GzipBlocks, which: string | null, evidence: string): Encoder {
  const zeroTime = gzip.mtime === GO_ZERO_TIME;
  const text = `${evidence}${zeroTime ? ", MTIME is the zero of Go's time.Time" : ''}`;
  /* The last of the whole data may be nearer. */
  if (flushedContent === null || flushedContent.count < 2 || flushedContent.commonest !== flushedContent.max) {
    return encoder(KLAUSPOST, which, text);
  }
  return encoder('klauspost/pgzip', which, `${text}, flushed every ${flushedContent.max} bytes`);
}

function level({ xfl }: GzipInfo, fastest: string | null, between: string | null, best: string | null): string | null {
  if (xfl === FASTEST) return fastest;
  if (xfl === BEST) return best;
  return xfl === 0 ? between : null;
}

function multiples(spread: Spread | null, of: number): boolean {
  return spread !== null && [spread.min, spread.max, spread.commonest].every((value) => value % of === 0);
}

function encoder(name: string, which: string | null, evidence: string): Encoder {
  return { name, level: which, evidence };
}
