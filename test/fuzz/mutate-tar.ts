import { randomHeader } from '../core/tar/random-header.js';
import { BLOCK, base256, octal, record, setChecksum } from '../support/tar-build.js';
import { mutateBytes } from './mutate-bytes.js';
import type { Random } from './random.js';

/** A header block and the blocks of its data. */
interface Piece {
  readonly header: Buffer;
  content: Buffer;
}

/** Fields of a header block. Source: POSIX.1-2017 pax, "ustar Interchange Format". */
const FIELDS = [
  { at: 0, length: 100, kind: 'text' },
  { at: 100, length: 8, kind: 'number' },
  { at: 108, length: 8, kind: 'number' },
  { at: 116, length: 8, kind: 'number' },
  { at: 124, length: 12, kind: 'number' },
  { at: 136, length: 12, kind: 'number' },
  { at: 156, length: 1, kind: 'type' },
  { at: 157, length: 100, kind: 'text' },
  { at: 257, length: 8, kind: 'magic' },
  { at: 265, length: 32, kind: 'text' },
  { at: 297, length: 32, kind: 'text' },
  { at: 329, length: 8, kind: 'number' },
  { at: 337, length: 8, kind: 'number' },
  { at: 345, length: 155, kind: 'text' },
] as const;
const TYPES = '0\x001234567xgLKSDMNVA9 ';
const MAGICS = ['ustar\x0000', 'ustar  \0', '\0\0\0\0\0\0\0\0', 'ustar\0\0\0', 'USTAR\x0000', 'ustar 00'];
const NAMES = [
  '',
  '.',
  '..',
  '/',
  './',
  '../x',
  '/etc/passwd',
  'a/../../b',
  'etc/.wh.passwd',
  '.wh..wh..opq',
  'opt/.wh..wh..opq',
  '.wh.',
  '.wh..wh.plnk',
  'dir/',
  'a//b',
  'a/./b',
  '\xff\xfe',
  '\x1b[2J',
  'x\ny',
  'NUL',
  'a\\b',
  'etc',
  'etc/machine-id',
  'var/log/build.log',
  '__proto__',
  '12345',
];
const RECORDS: readonly (readonly [string, string])[] = [
  ['path', 'a'],
  ['path', ''],
  ['path', 'x\0y'],
  ['linkpath', '../..'],
  ['size', '0'],
  ['size', '99999999999'],
  ['mtime', '1677619260.123456789'],
  ['mtime', '-1.5'],
  ['atime', '99999999999999999999'],
  ['uid', '9007199254740993'],
  ['SCHILY.xattr.user.a', '\xff\0\n'],
  ['SCHILY.xattr.', ''],
  ['GNU.sparse.major', '1'],
  ['GNU.sparse.minor', '0'],
  ['GNU.sparse.map', '0,1,2'],
  ['GNU.sparse.numblocks', '1'],
  ['GNU.sparse.size', '10'],
  ['GNU.sparse.realsize', '1000000'],
  ['GNU.sparse.offset', '0'],
  ['GNU.sparse.numbytes', '1'],
  ['GNU.sparse.name', 'sparse'],
  ['hdrcharset', 'BINARY'],
  ['__proto__', 'x'],
  ['comment', 'x'.repeat(300)],
  ['=', '='],
];

/** The entries of an archive whose sizes are right, and what follows them. */
function piecesOf(tar: Buffer): { pieces: Piece[]; end: Buffer } {
  const pieces: Piece[] = [];
  let at = 0;
  while (at + BLOCK <= tar.length && tar[at] !== 0) {
    const size = Number.parseInt(tar.toString('latin1', at + 124, at + 136), 8) || 0;
    const next = Math.min(tar.length, at + BLOCK + Math.ceil(size / BLOCK) * BLOCK);
    pieces.push({
      header: Buffer.from(tar.subarray(at, at + BLOCK)),
      content: Buffer.from(tar.subarray(at + BLOCK, next)),
    });
    at = next;
  }
  return { pieces, end: Buffer.from(tar.subarray(at)) };
}

/** `tar`, an archive whose sizes are right, with entries, fields, records or bytes changed; checksums mostly right. */
export function mutateTar(random: Random, tar: Buffer): Buffer {
  if (random.chance(0.08)) return mutateBytes(random, tar);
  const parts = piecesOf(tar);
  const { pieces } = parts;
  let { end } = parts;
  const changes = random.between(1, 4);
  for (let i = 0; i < changes; i++) {
    const at = random.below(pieces.length + 1);
    const piece = pieces[at];
    switch (piece === undefined ? 10 : random.below(12)) {
      case 0:
        pieces.splice(at, 1);
        break;
      case 1:
        pieces.splice(random.below(pieces.length + 1), 0, copyOf(piece as Piece));
        break;
      case 2:
        pieces.splice(random.below(pieces.length), 0, ...pieces.splice(at, 1));
        break;
      case 3:
        pieces.splice(at, 0, { header: Buffer.from(randomHeader(random.fraction)), content: Buffer.alloc(0) });
        break;
      case 4:
        (piece as Piece).content = mutateBytes(random, (piece as Piece).content, 1);
        break;
      case 5:
        changeRecords(random, piece as Piece);
        break;
      case 6:
        pieces.splice(at, 0, recordsPiece(random));
        break;
      case 10:
        end = random.pick([
          Buffer.alloc(0),
          Buffer.alloc(BLOCK),
          Buffer.alloc(BLOCK * 20),
          mutateBytes(random, end),
          end,
        ]);
        break;
      default:
        changeField(random, (piece as Piece).header);
    }
  }
  const all = Buffer.concat([...pieces.flatMap(({ header, content }) => [header, content]), end]);
  return random.chance(0.05) ? Buffer.from(all.subarray(0, random.below(all.length + 1))) : all;
}

function copyOf({ header, content }: Piece): Piece {
  return { header: Buffer.from(header), content: Buffer.from(content) };
}

/** Changes one field of a header block; its checksum is right after it, but for a few. */
export function changeField(random: Random, header: Buffer): void {
  const { at, length, kind } = random.pick(FIELDS);
  const put = (bytes: Uint8Array | string): void => {
    header.fill(0, at, at + length);
    header.set(Buffer.from(bytes as string, 'latin1').subarray(0, length), at);
  };
  switch (kind) {
    case 'text':
      put(
        random.chance(0.7)
          ? random.pick(NAMES)
          : mutateBytes(random, header.subarray(at, at + length)).toString('latin1'),
      );
      break;
    case 'type':
      put(random.pick([...TYPES]));
      break;
    case 'magic':
      put(random.pick(MAGICS));
      break;
    default:
      put(numberField(random, length));
  }
  if (random.chance(0.95)) setChecksum(header, 0, random.chance(0.05) ? 'signed' : 'unsigned');
}

function numberField(random: Random, length: number): Uint8Array | string {
  const most = 8 ** (length - 1) - 1;
  switch (random.below(8)) {
    case 0:
      return octal(random.pick([0, 1, 0o644, 511, 512, 513, most]), length);
    case 1:
      return octal(random.below(2 ** 20) % most, length);
    case 2:
      return base256(random.pick([0n, 1n, -1n, 2n ** 53n, 2n ** 62n, -(2n ** 63n), 2n ** 40n]), length);
    case 3:
      return random.pick(['', ' '.repeat(length), '8', '-1', '0x1', '1 1', '\x80', '+1', '07\0junk']);
    case 4:
      return '7'.repeat(length);
    case 5:
      return random.bytes(length).toString('latin1');
    default:
      return `${random.below(1000).toString(8)} `.padStart(length, random.pick([' ', '0']));
  }
}

/** Changes the data of an extended header; elsewhere one is put in their place. */
function changeRecords(random: Random, piece: Piece): void {
  if (piece.header[156] !== 0x78) {
    const records = recordsPiece(random);
    piece.header.set(records.header);
    piece.content = records.content;
    return;
  }
  const size = Number.parseInt(piece.header.toString('latin1', 124, 136), 8) || 0;
  setRecords(random, piece, mutateRecords(random, piece.content.subarray(0, size)));
}

function recordsPiece(random: Random): Piece {
  const piece = { header: Buffer.from(randomHeader(random.fraction).subarray(0, BLOCK)), content: Buffer.alloc(0) };
  piece.header[156] = random.chance(0.9) ? 0x78 : 0x67;
  setRecords(random, piece, mutateRecords(random, Buffer.from(record('path', 'a/b'))));
  return piece;
}

function setRecords(random: Random, piece: Piece, data: Buffer): void {
  piece.content = Buffer.alloc(Math.ceil(data.length / BLOCK) * BLOCK);
  piece.content.set(data);
  piece.header.set(octal(random.chance(0.95) ? data.length : random.below(2000), 12), 124);
  setChecksum(piece.header, 0);
}

/** `data`, records of an extended header, with records changed, added, dropped; their lengths mostly right. */
export function mutateRecords(random: Random, data: Buffer): Buffer {
  if (random.chance(0.15)) return mutateBytes(random, data);
  const records = splitRecords(data);
  const changes = random.between(1, 3);
  for (let i = 0; i < changes; i++) {
    const at = random.below(records.length + 1);
    const old = records[at];
    switch (old === undefined ? 0 : random.below(6)) {
      case 0:
        records.splice(at, 0, [...random.pick(RECORDS)]);
        break;
      case 1:
        records.splice(at, 1);
        break;
      case 2:
        records.splice(at, 0, [...(old as [string, string])]);
        break;
      case 3:
        (old as [string, string])[1] = mutateBytes(
          random,
          Buffer.from((old as [string, string])[1], 'latin1'),
          1,
        ).toString('latin1');
        break;
      case 4:
        (old as [string, string])[0] = random.pick(RECORDS)[0];
        break;
      default:
        (old as [string, string])[1] = random.pick(RECORDS)[1];
    }
  }
  const texts = records.map(([key, value]) => record(key, value));
  const written = Buffer.from(texts.join(''), 'latin1');
  return random.chance(0.2) ? mutateBytes(random, written, 1) : written;
}

function splitRecords(data: Buffer): [string, string][] {
  const records: [string, string][] = [];
  const text = data.toString('latin1');
  for (let at = 0; at < text.length; ) {
    const length = Number.parseInt(text.slice(at), 10);
    if (!(length > 0)) break;
    const line = text.slice(text.indexOf(' ', at) + 1, at + length - 1);
    const equals = line.indexOf('=');
    records.push([line.slice(0, equals), line.slice(equals + 1)]);
    at += length;
  }
  return records;
}
