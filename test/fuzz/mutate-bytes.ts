import type { Random } from './random.js';

const INTERESTING = [
  0, 1, 0x0a, 0x1b, 0x1f, 0x20, 0x2e, 0x2f, 0x30, 0x37, 0x39, 0x3d, 0x7f, 0x80, 0xc0, 0xef, 0xfe, 0xff,
];
const NUMBERS = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];
const LONGEST_PIECE = 64;

/** `bytes` with some changes: bits, bytes, numbers, and pieces that go, come twice or change places. */
export function mutateBytes(random: Random, bytes: Uint8Array, changes: number = random.between(1, 4)): Buffer {
  let result: Buffer = Buffer.from(bytes);
  for (let i = 0; i < changes; i++) result = mutateOnce(random, result);
  return result;
}

function mutateOnce(random: Random, bytes: Buffer): Buffer {
  if (bytes.length === 0) return random.bytes(random.between(0, 16));
  const at = random.below(bytes.length);
  const length = Math.min(random.between(1, LONGEST_PIECE), bytes.length - at);
  const piece = bytes.subarray(at, at + length);
  const without = (): Buffer => Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
  const insert = (where: number, what: Uint8Array): Buffer =>
    Buffer.concat([bytes.subarray(0, where), what, bytes.subarray(where)]);
  switch (random.below(11)) {
    case 0:
      bytes[at] = (bytes[at] as number) ^ (1 << random.below(8));
      return bytes;
    case 1:
    case 2:
      bytes[at] = random.pick(INTERESTING);
      return bytes;
    case 3:
      bytes[at] = random.below(256);
      return bytes;
    case 4:
      return without();
    case 5:
      return insert(random.below(bytes.length + 1), Buffer.from(piece));
    case 6:
      return insert(at, random.chance(0.5) ? random.bytes(length) : Buffer.alloc(length, random.pick(INTERESTING)));
    case 7:
      return bytes.subarray(0, at);
    case 8: {
      const other = random.below(bytes.length - length + 1);
      bytes.copyWithin(other, at, at + length);
      return bytes;
    }
    case 9: {
      const size = random.pick([1, 2, 4]);
      if (at + size > bytes.length) return bytes;
      const number = random.pick(NUMBERS) % 256 ** size;
      if (random.chance(0.5)) bytes.writeUIntLE(number, at, size);
      else bytes.writeUIntBE(number, at, size);
      return bytes;
    }
    default:
      return changeDigits(random, bytes, at);
  }
}

/** Changes the next number in decimal or octal digits, or the byte at `from` where none follows. */
function changeDigits(random: Random, bytes: Buffer, from: number): Buffer {
  const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 0x30 && byte <= 0x39;
  let at = from;
  while (at < bytes.length && !isDigit(bytes[at])) at++;
  if (at === bytes.length) {
    bytes[from] = 0x30 + random.below(10);
    return bytes;
  }
  bytes[at] = 0x30 + random.below(10);
  return bytes;
}
