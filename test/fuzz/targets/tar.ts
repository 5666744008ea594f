import { DEFAULT_LIMITS, type Limits } from '../../../packages/core/src/limits.js';
import { indexArchive } from '../../../packages/core/src/tar/index-archive.js';
import { parsePaxRecords } from '../../../packages/core/src/tar/pax.js';
import { TarReader } from '../../../packages/core/src/tar/reader.js';
import { parsePaxSparse } from '../../../packages/core/src/tar/sparse.js';
import { type Blocks, blocksOf, mutated } from '../../core/tar/mutate.js';
import { randomHeader } from '../../core/tar/random-header.js';
import {
  BLOCK,
  block,
  extended,
  GNU,
  join,
  octal,
  padded,
  record,
  setChecksum,
  zeros,
} from '../../support/tar-build.js';
import { mutateBytes } from '../mutate-bytes.js';
import { changeField, mutateRecords, mutateTar } from '../mutate-tar.js';
import { check, failed, outcome, outcomeOf } from '../oracle.js';
import type { Random } from '../random.js';
import { readSeeds } from '../seeds.js';
import type { Target } from '../target.js';

/** Small, so that cases reach them. */
const LIMITS: Limits = {
  ...DEFAULT_LIMITS,
  extendedHeaderBytes: 64 * 1024,
  paxRecords: 100,
  layerEntries: 1000,
  sparseSegments: 200,
  layerMetadataBytes: 256 * 1024,
};

interface Read {
  /** All that was told, in order; content as its number of bytes. */
  readonly events: string;
  readonly bytes: number;
}

/** What the reader tells of `bytes`, pushed in chunks that `cut` gives the lengths of. */
function readAll(bytes: Uint8Array, cut: () => number): Read {
  const events: string[] = [];
  let told = 0;
  let content = 0;
  const endContent = (): void => {
    if (content > 0) events.push(`content ${content}`);
    content = 0;
  };
  const reader = new TarReader(
    {
      header: ({ path, type, size, storedSize, headerBytes, headerDigest, style, mtime, mode, uid, gid }) => {
        for (const number of [size, storedSize, mode, uid, gid, mtime.seconds]) {
          check(Number.isSafeInteger(number), `the number ${number}`);
        }
        check(size >= 0 && storedSize >= 0, `the sizes ${size} and ${storedSize}`);
        told += headerBytes;
        events.push(
          `${type} ${path} ${size} ${storedSize} ${headerDigest} ${style} ${mtime.seconds}.${mtime.nanoseconds}`,
        );
      },
      content: (chunk) => {
        content += chunk.length;
        told += chunk.length;
      },
      hole: (length) => {
        check(length > 0 && Number.isSafeInteger(length), `a hole of ${length} bytes`);
        endContent();
        events.push(`hole ${length}`);
      },
      entryEnd: (padding) => {
        endContent();
        events.push(`end ${padding === null ? '' : Buffer.from(padding).toString('hex')}`);
      },
    },
    LIMITS,
  );
  for (let at = 0; at < bytes.length; ) {
    const length = cut();
    reader.push(bytes.subarray(at, at + length));
    at += length;
  }
  const trailer = reader.end();
  events.push(`trailer ${trailer.offset} ${trailer.bytes} ${trailer.zero}`);
  return { events: events.join('\n'), bytes: told };
}

/** Reads `bytes` at once, and perhaps in pieces: the chunks change nothing, not even an error. */
function readInPieces(random: Random, bytes: Uint8Array): void {
  const whole = outcome(() => readAll(bytes, () => bytes.length));
  /* In some cases, since it takes the longest. */
  if (!random.chance(0.3)) return;
  const most = random.pick(bytes.length > 4096 ? [511, 513, 4096] : [1, 7, 511, 512, 513]);
  const parts = outcome(() => readAll(bytes, () => random.between(1, most)));
  const told = (read: typeof whole): string => (failed(read) ? `${read.code} ${read.message}` : read.events);
  check(told(whole) === told(parts), () => `chunks change what is read:\n${told(whole)}\n---\n${told(parts)}`);
}

const tarHeader: Target = {
  name: 'tar-header',
  cases: 20_000,
  prepare: async () => {
    const { tars } = await readSeeds();
    const known: Blocks[] = tars.flatMap((tar) => {
      const blocks: Blocks[] = [];
      for (let at = 0; at < tar.length && tar[at] !== 0; ) {
        const found = blocksOf('fixture', tar.subarray(at));
        const last = found.headersAt[found.headersAt.length - 1] as number;
        const size = Number.parseInt(tar.toString('latin1', at + last + 124, at + last + 136), 8) || 0;
        blocks.push({ ...found, bytes: tar.subarray(at, at + last + BLOCK) });
        at += last + BLOCK + Math.ceil(size / BLOCK) * BLOCK;
      }
      return blocks;
    });
    return {
      run: (random) => {
        const blocks = random.chance(0.5)
          ? random.pick(known)
          : outcome(() => blocksOf('random', randomHeader(random.fraction)));
        if (failed(blocks)) return;
        let { bytes } = mutated(blocks, random.between(0, 4), random.fraction);
        if (random.chance(0.4)) {
          const at = random.pick(blocks.headersAt);
          if (at + BLOCK <= bytes.length) changeField(random, Buffer.from(bytes.buffer, bytes.byteOffset + at, BLOCK));
        }
        if (random.chance(0.05)) bytes = mutateBytes(random, bytes);
        readInPieces(random, join(bytes, zeros(random.pick([0, 1, 2, 3]))));
      },
    };
  },
};

const tarStream: Target = {
  name: 'tar-stream',
  cases: 10_000,
  prepare: async () => {
    const { tars } = await readSeeds();
    return {
      run: (random) => {
        const tar = mutateTar(random, random.pick(tars));
        const read = outcome(() => readAll(tar, () => tar.length));
        /* Header blocks, stored content, padding and trailer are the stream: none of its bytes is read twice. */
        if (!failed(read)) check(read.bytes <= tar.length, `${read.bytes} bytes were read of ${tar.length}`);
      },
    };
  },
};

const tarIndex: Target = {
  name: 'tar-index',
  cases: 8_000,
  prepare: async () => {
    const images = (await readSeeds()).images.flatMap(({ bytes }) => bytes ?? []);
    return {
      run: async (random) => {
        const tar = mutateTar(random, random.pick(images));
        const read = async (at: number, length: number): Promise<Uint8Array> => {
          check(at >= 0 && length >= 0, `reads ${length} bytes at ${at}`);
          return tar.subarray(at, at + length);
        };
        const members = await outcomeOf(() => indexArchive(read, tar.length, LIMITS));
        if (failed(members)) return;
        for (const { offset, size } of members) {
          check(offset >= 0 && size >= 0 && offset + size <= tar.length, `a member of ${size} bytes at ${offset}`);
        }
      },
    };
  },
};

const START = Buffer.from(
  record('path', 'some/where/a') + record('mtime', '1677619260.5') + record('SCHILY.xattr.user.k', 'v'),
  'latin1',
);

const paxRecords: Target = {
  name: 'pax',
  cases: 20_000,
  prepare: () => ({
    run: (random) => {
      let data = mutateRecords(random, START);
      if (random.chance(0.3)) data = mutateRecords(random, data);
      const records = outcome(() => parsePaxRecords(data, 512, LIMITS));
      if (failed(records)) return;
      if (records.style === '') {
        const written = records.list.map(([key, value]) => record(key, value)).join('');
        check(written === data.toString('latin1'), () => `read as ${JSON.stringify(records.list)}`);
      }
      outcome(() => parsePaxSparse(records.list, 512, LIMITS));
      readInPieces(random, join(extended('x', data.toString('latin1')), block({ size: 0 }), zeros()));
    },
  }),
};

/** Maps of sparse files, in each of their forms, with segments that fit the stored bytes or do not. */
function sparseFile(random: Random): Uint8Array {
  const count = random.pick([0, 1, 2, 4, 5, 25, 26, 60]);
  const step = random.pick([1, 10, 512, 2 ** 20, 2 ** 33]);
  const segments = Array.from({ length: count }, (_, i): [number, number] => [
    i * step,
    random.chance(0.9) ? 1 : random.below(step + 2),
  ]);
  const realSize = random.chance(0.8) ? count * step + 1 : random.pick([0, 1, 2 ** 32, Number.MAX_SAFE_INTEGER]);
  const stored = random.chance(0.9)
    ? Math.min(
        8 ** 11 - 1,
        segments.reduce((sum, [, length]) => sum + length, 0),
      )
    : random.below(2000);
  const content = padded('x'.repeat(Math.min(stored, 4096)));
  const sizes = record('GNU.sparse.size', String(realSize)) + record('GNU.sparse.numblocks', String(count));
  switch (random.below(4)) {
    case 0: {
      const records = segments.map(
        ([at, length]) => record('GNU.sparse.offset', String(at)) + record('GNU.sparse.numbytes', String(length)),
      );
      return join(extended('x', sizes + records.join('')), block({ size: stored }), content, zeros());
    }
    case 1:
      return join(
        extended(
          'x',
          record('GNU.sparse.major', '0') +
            record('GNU.sparse.minor', '1') +
            sizes +
            record('GNU.sparse.map', segments.flat().join(',')),
        ),
        block({ size: stored }),
        content,
        zeros(),
      );
    case 2: {
      const map = padded(`${count}\n${segments.map(([at, length]) => `${at}\n${length}\n`).join('')}`);
      return join(
        extended(
          'x',
          record('GNU.sparse.major', '1') +
            record('GNU.sparse.minor', '0') +
            record('GNU.sparse.realsize', String(realSize)),
        ),
        block({ size: Math.min(8 ** 11 - 1, stored + map.length) }),
        map,
        content,
        zeros(),
      );
    }
    default: {
      const elements = segments.map(([at, length]) => join(octal(at % 8 ** 11, 12), octal(length % 8 ** 11, 12)));
      const header = block({
        type: 'S',
        magic: GNU,
        size: stored,
        patches: [
          ...elements.slice(0, 4).map((bytes, i): [number, Uint8Array] => [386 + i * 24, bytes]),
          [482, count > 4 ? '\x01' : '', 1],
          [483, octal(realSize % 8 ** 11, 12)],
        ],
      });
      const more: Uint8Array[] = [];
      for (let i = 4; i < count; i += 21) {
        const each = new Uint8Array(BLOCK);
        elements.slice(i, i + 21).forEach((bytes, j) => {
          each.set(bytes, j * 24);
        });
        each[504] = i + 21 < count ? 1 : 0;
        more.push(each);
      }
      return join(header, ...more, content, zeros());
    }
  }
}

const sparseMaps: Target = {
  name: 'tar-sparse',
  cases: 8_000,
  prepare: () => ({
    run: (random) => {
      let bytes: Uint8Array = sparseFile(random);
      if (random.chance(0.5)) {
        bytes = mutateBytes(random, bytes, random.between(1, 3));
        for (const at of headersOf(bytes)) {
          if (at + BLOCK <= bytes.length && random.chance(0.9)) setChecksum(bytes, at);
        }
      }
      readInPieces(random, bytes);
    },
  }),
};

/** Where the header blocks of an entry are, by the size of an extended header. */
function headersOf(bytes: Uint8Array): number[] {
  const headersAt = [0];
  if (bytes[156] === 0x78) {
    const size = Number.parseInt(Buffer.from(bytes.subarray(124, 136)).toString('latin1'), 8) || 0;
    headersAt.push(BLOCK + Math.ceil(size / BLOCK) * BLOCK);
  }
  return headersAt;
}

export const TAR_TARGETS: readonly Target[] = [tarHeader, tarStream, tarIndex, paxRecords, sparseMaps];
