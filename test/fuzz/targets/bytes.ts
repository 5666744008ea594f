import { deflateRawSync, gunzipSync, gzipSync, constants as zlibConstants } from 'node:zlib';
import { decompress } from '../../../packages/core/src/bytes/decompress.js';
import { examineCompression } from '../../../packages/core/src/bytes/examine.js';
import { walkGzipBlocks } from '../../../packages/core/src/bytes/gzip/blocks.js';
import type { ByteStream } from '../../../packages/core/src/bytes/stream.js';
import type { FrameDecoder } from '../../../packages/core/src/bytes/zstd/frame-decoder.js';
import { JavaScriptFrameDecoder } from '../../../packages/core/src/bytes/zstd/javascript-decoder.js';
import { hasNativeDecoder, NativeFrameDecoder } from '../../../packages/core/src/bytes/zstd/native-decoder.js';
import { DEFAULT_LIMITS } from '../../../packages/core/src/limits.js';
import { zstdStored } from '../../support/images.js';
import { mutateBytes } from '../mutate-bytes.js';
import { mutateText } from '../mutate-text.js';
import { check, checkNote, failed, outcomeOf } from '../oracle.js';
import type { Random } from '../random.js';
import { readSeeds } from '../seeds.js';
import type { Target } from '../target.js';

/** Bytes of content; what says it has more ends there. */
const MAX_BYTES = 4 * 1024 ** 2;

async function* chunks(random: Random, bytes: Uint8Array): ByteStream {
  const most = random.pick([bytes.length || 1, 1024, 100, 17]);
  for (let at = 0; at < bytes.length; ) {
    const length = random.between(1, most);
    /* A copy: a chunk is the reader's until the next is asked for, and nobody's after that. */
    yield Buffer.from(bytes.subarray(at, at + length));
    at += length;
  }
}

interface Content {
  readonly bytes: Buffer;
  readonly trailing: boolean;
}

async function contentOf(random: Random, stored: Uint8Array, zstdDecoder?: FrameDecoder): Promise<Content> {
  const { stream, compression } = decompress(() => chunks(random, stored), {
    name: 'blob',
    size: stored.length,
    maxBytes: MAX_BYTES,
    limits: DEFAULT_LIMITS,
    onNote: ({ message }) => checkNote(message),
    zstdDecoder,
  });
  const parts: Uint8Array[] = [];
  for await (const chunk of stream) parts.push(Buffer.from(chunk));
  const told = compression();
  examineCompression(told, { bytes: stored, whole: true } as Parameters<typeof examineCompression>[1]);
  return { bytes: Buffer.concat(parts), trailing: told.trailing !== undefined };
}

/** gzip members with every part of a header. Source: RFC 1952, section 2.3. */
function gzipMember(random: Random, content: Buffer): Buffer {
  const level = random.pick([0, 1, 6, 9]);
  const strategy = random.pick([zlibConstants.Z_DEFAULT_STRATEGY, zlibConstants.Z_FIXED, zlibConstants.Z_HUFFMAN_ONLY]);
  if (random.chance(0.5)) return gzipSync(content, { level, strategy });
  const flags = random.below(32);
  const parts: Buffer[] = [
    Buffer.from([0x1f, 0x8b, 8, flags, ...random.bytes(4), random.pick([0, 2, 4]), random.below(256)]),
  ];
  if ((flags & 4) !== 0) {
    const extra = random.bytes(random.below(20));
    const length = Buffer.alloc(2);
    length.writeUInt16LE(extra.length);
    parts.push(length, extra);
  }
  if ((flags & 8) !== 0) parts.push(Buffer.from('na\xefme\0', 'latin1'));
  if ((flags & 16) !== 0) parts.push(Buffer.from('comment\0'));
  if ((flags & 2) !== 0) parts.push(random.bytes(2));
  const plain = gzipSync(content, { level, strategy });
  parts.push(deflateRawSync(content, { level, strategy }), plain.subarray(-8));
  return Buffer.concat(parts);
}

function someContent(random: Random): Buffer {
  switch (random.below(4)) {
    case 0:
      return Buffer.alloc(random.pick([0, 1, 1000, 70_000]), 'a');
    case 1:
      return random.bytes(random.below(300));
    default:
      return Buffer.from(mutateText(random, 'the same words again and again '.repeat(random.below(40))));
  }
}

const gzip: Target = {
  name: 'gzip',
  cases: 8_000,
  prepare: async () => {
    const { gzips } = await readSeeds();
    return {
      run: async (random) => {
        const members = Array.from({ length: random.pick([1, 1, 1, 2, 3]) }, () =>
          random.chance(0.3) ? random.pick(gzips) : gzipMember(random, someContent(random)),
        );
        if (random.chance(0.2)) members.push(random.pick([Buffer.alloc(600), Buffer.from('junk'), random.bytes(30)]));
        const whole = Buffer.concat(members);
        const stored = random.chance(0.9) ? mutateBytes(random, whole, random.between(1, 3)) : whole;
        const read = await outcomeOf(() => contentOf(random, stored));
        if (failed(read) || !(stored[0] === 0x1f && stored[1] === 0x8b)) return;
        /* What zlib reads as well, it reads as the same; what follows the last member it takes for damage, or not. */
        let expected: Buffer;
        try {
          expected = gunzipSync(stored, { maxOutputLength: MAX_BYTES });
        } catch {
          check(read.trailing, 'read, though zlib says that it is damaged and nothing trails');
          return;
        }
        check(read.bytes.equals(expected), 'other content than by zlib');
      },
    };
  },
};

const gzipBlocks: Target = {
  name: 'gzip-blocks',
  cases: 10_000,
  prepare: async () => {
    const { gzips } = await readSeeds();
    return {
      run: (random) => {
        const start = random.chance(0.3) ? random.pick(gzips) : gzipMember(random, someContent(random));
        const bytes = random.chance(0.9) ? mutateBytes(random, start, random.between(1, 3)) : start;
        const blocks = walkGzipBlocks(bytes, random.chance(0.8));
        check(
          blocks.examinedBytes >= 0 && blocks.examinedBytes <= bytes.length,
          `${blocks.examinedBytes} bytes examined`,
        );
        check(
          blocks.contentBytes >= 0 && Number.isSafeInteger(blocks.contentBytes),
          `${blocks.contentBytes} of content`,
        );
      },
    };
  },
};

/** Frames by the words of RFC 8878, section 3.1: any header, blocks of every type, skippable frames between. */
function zstdFrame(random: Random): Buffer {
  if (random.chance(0.1)) {
    const content = random.bytes(random.below(20));
    const header = Buffer.alloc(8);
    header.writeUInt32LE(0x184d2a50 + random.below(16), 0);
    header.writeUInt32LE(content.length, 4);
    return Buffer.concat([header, content]);
  }
  if (random.chance(0.2)) return zstdStored(someContent(random));
  const parts: Buffer[] = [
    Buffer.from([0x28, 0xb5, 0x2f, 0xfd, random.chance(0.8) ? 0 : random.below(256), random.below(60)]),
  ];
  const count = random.between(1, 3);
  for (let i = 0; i < count; i++) {
    const type = random.below(3);
    const content = random.bytes(random.between(type === 2 ? 3 : 0, 40));
    const size = type === 1 ? random.below(1000) : content.length;
    const header = Buffer.alloc(4);
    header.writeUInt32LE((i === count - 1 ? 1 : 0) | (type << 1) | (size << 3));
    parts.push(header.subarray(0, 3), type === 1 ? Buffer.from('x') : content);
  }
  return Buffer.concat(parts);
}

const zstd: Target = {
  name: 'zstd',
  cases: 8_000,
  prepare: async () => {
    const { zstds } = await readSeeds();
    return {
      run: async (random) => {
        const frames = Array.from({ length: random.pick([1, 1, 2, 3]) }, () =>
          random.chance(0.5) ? random.pick(zstds) : zstdFrame(random),
        );
        const whole = Buffer.concat(frames);
        const stored = random.chance(0.9) ? mutateBytes(random, whole, random.between(1, 3)) : whole;
        const read = await outcomeOf(() => contentOf(random, stored, new JavaScriptFrameDecoder()));
        if (!hasNativeDecoder) return;
        const native = await outcomeOf(() => contentOf(random, stored, new NativeFrameDecoder()));
        check(failed(read) === failed(native), () => `JavaScript: ${String(read)}, native: ${String(native)}`);
        if (!failed(read) && !failed(native)) check(read.bytes.equals(native.bytes), 'the decoders give other content');
      },
    };
  },
};

export const BYTES_TARGETS: readonly Target[] = [gzip, gzipBlocks, zstd];
