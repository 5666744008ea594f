import { base256, block, extended, GNU, join, octal, padded, record, star, V7 } from '../../support/tar-build.js';
import { type Blocks, blocksOf } from './mutate.js';

const long = (letter: string, length: number): string => `${letter.repeat(50)}/${letter.repeat(length - 51)}`;
const element = (offset: number, length: number): Uint8Array => join(octal(offset, 12), octal(length, 12));
const sparse10 =
  record('GNU.sparse.major', '1') +
  record('GNU.sparse.minor', '0') +
  record('GNU.sparse.name', 'sparse') +
  record('GNU.sparse.realsize', '1000');

/** Headers that no writer at hand writes, or that two writers write differently: where styles could collide. */
export function byHand(): Blocks[] {
  const headers: Record<string, Uint8Array> = {
    'star with times': block({ prefix: 'prefix', patches: star({ atime: 5, ctime: 7 }) }),
    'star without times': block({ patches: star() }),
    'star, then PAX': join(
      extended('x', record('atime', '5.5') + record('path', long('p', 140)), { patches: star() }),
      block({ patches: star({ atime: 5 }) }),
    ),
    'old Go prefix': block({ magic: GNU, prefix: 'usr/share/doc' }),
    'GNU with times': block({
      magic: GNU,
      patches: [
        [345, 5, 12],
        [357, base256(-7n, 12)],
      ],
    }),
    'GNU with times, then PAX': join(
      extended('x', record('atime', '5'), { magic: GNU }),
      block({ magic: GNU, patches: [[345, 5, 12]] }),
    ),
    'V7 folder': block({ magic: V7, type: '\0', name: 'dir/' }),
    'V7 with bytes where USTAR has fields': block({
      magic: V7,
      patches: [
        [257, 'notustar'],
        [345, 'prefix'],
        [500, 'end'],
      ],
    }),
    'signed checksum': block({ name: 'caf\xe9', checksum: 'signed' }),
    'spaces in numbers': block({ mode: '   644 ', uid: '     0 ', size: '          0 ', mtime: '14377470074 ' }),
    'numbers not padded': block({ mode: '644', uid: '0', gid: ' 0', mtime: '17\0junk' }),
    'base 256': block({ uid: base256(5n, 8), gid: base256(5_000_000n, 8), mtime: base256(-5n, 12) }),
    'bytes after names': block({ name: 'name\0rest', linkName: '\0rest', uname: 'u\0r', gname: '\0r', prefix: 'p\0r' }),
    'bytes in unused areas': block({
      patches: [
        [345, '\0unused'],
        [500, 'end'],
      ],
    }),
    'folder with size, link target, device': block({ type: '5', size: 77, linkName: 'link', devMajor: 3, devMinor: 4 }),
    'records out of order and repeated': join(
      extended('x', record('b', '1') + record('a', '1') + record('b', '2') + record('a', '2')),
      block(),
    ),
    'records repeated': join(
      extended('x', record('a', '1') + record('a', '2') + record('b', '1') + record('c', '1')),
      block(),
    ),
    'records with zeros before lengths': join(extended('x', `008 a=b\n${record('c', 'd')}08 ef=g\n`), block()),
    'records with odd keys': join(
      extended('x', record('b;,|()%', '1') + record('a=', '2') + record('a,b', '3')),
      block(),
    ),
    'path twice, the whole split in the header': join(
      extended('x', record('path', long('p', 150))),
      block({ prefix: 'p'.repeat(50), name: 'p'.repeat(99) }),
    ),
    'path twice, cut and split in the header': join(
      extended('x', record('path', long('p', 150))),
      block({ prefix: 'p'.repeat(50), name: 'p'.repeat(49) }),
    ),
    'path twice, cut in the header': join(
      extended('x', record('path', long('p', 150))),
      block({ name: long('p', 150).slice(0, 100) }),
    ),
    'path and times of nothing': join(
      extended('x', record('path', '') + record('mtime', '') + record('size', '')),
      block(),
    ),
    'every record': join(
      extended(
        'x',
        ['path', 'linkpath', 'uname', 'gname'].map((key) => record(key, `of ${key}`)).join('') +
          ['uid', 'gid', 'size', 'mtime', 'atime', 'ctime'].map((key, i) => record(key, String(i))).join(''),
      ),
      block({ type: '2', linkName: 'raw', uname: 'raw', gname: 'raw', uid: 9, gid: 9, mtime: 9 }),
    ),
    'padding of records': join(block({ type: 'x', size: 6, name: 'x' }), padded('6 a=b\nrest'), block()),
    'padding of a long name': join(
      block({ type: 'L', size: 5, name: '././@LongLink', magic: GNU }),
      padded('name\0rest'),
      block({ magic: GNU, name: 'name' }),
    ),
    'K then L': join(
      extended('K', `${'t'.repeat(120)}\0`),
      extended('L', `${'n'.repeat(120)}\0`),
      block({ type: '2', magic: GNU }),
    ),
    'L then K': join(
      extended('L', `${'n'.repeat(120)}\0`),
      extended('K', `${'t'.repeat(120)}\0`),
      block({ type: '2', magic: GNU }),
    ),
    'x then L': join(extended('x', record('path', 'other')), extended('L', 'name\0'), block({ magic: GNU })),
    'L then x': join(extended('L', 'name\0'), extended('x', record('path', 'other')), block({ magic: GNU })),
    'L of a sparse file with a name': join(
      extended('L', 'name\0'),
      extended('x', sparse10),
      block({ size: 512, magic: GNU }),
      padded('0\n'),
    ),
    'K of a file': join(extended('K', 'target\0'), block({ magic: GNU })),
    'name of records with ./': join(
      extended('x', record('a', 'b'), { name: './PaxHeaders/name' }),
      block({ name: './name' }),
    ),
    'name of records in ././': join(
      extended('x', record('a', 'b'), { name: '././PaxHeaders/name' }),
      block({ name: './name' }),
    ),
    'name of records without ./': join(
      extended('x', record('a', 'b'), { name: 'PaxHeaders/name' }),
      block({ name: './name' }),
    ),
    'name of records of a folder': join(
      extended('x', record('a', 'b'), { name: 'dir/PaxHeaders.0' }),
      block({ name: 'dir/', type: '5' }),
    ),
    'header of records with the fields of its entry': join(
      extended('x', record('a', 'b'), { mode: 0o755, uid: 5, gid: 6, mtime: 7, uname: 'u', gname: 'g' }),
      block({ mode: 0o755, uid: 5, gid: 6, mtime: 7, uname: 'u', gname: 'g' }),
    ),
    'header of records with other fields': join(
      extended('x', record('a', 'b'), {
        mode: 0o755,
        uid: 5,
        gid: 6,
        mtime: 7,
        uname: 'u',
        gname: 'g',
        linkName: 'l',
        prefix: 'p',
        devMajor: 1,
      }),
      block(),
    ),
    'GNU sparse': block({
      type: 'S',
      magic: GNU,
      size: 2,
      patches: [
        [386, element(0, 1)],
        [410, element(10, 1)],
        [483, octal(100, 12)],
      ],
    }),
    'GNU sparse, more map': join(
      block({
        type: 'S',
        magic: GNU,
        size: 2,
        patches: [
          [386, element(0, 1)],
          [482, '\x01'],
          [483, octal(100, 12)],
        ],
      }),
      join(element(10, 1), new Uint8Array(512 - 24)),
    ),
    'GNU sparse, more map twice': join(
      block({
        type: 'S',
        magic: GNU,
        size: 0,
        patches: [
          [482, '\x01'],
          [483, octal(100, 12)],
        ],
      }),
      join(new Uint8Array(504), '\x01', new Uint8Array(7)),
      new Uint8Array(512),
    ),
    'sparse 0.0': join(
      extended(
        'x',
        record('GNU.sparse.size', '100') +
          record('GNU.sparse.numblocks', '2') +
          record('GNU.sparse.offset', '0') +
          record('GNU.sparse.numbytes', '1') +
          record('GNU.sparse.offset', '10') +
          record('GNU.sparse.numbytes', '1'),
      ),
      block({ size: 2 }),
    ),
    'sparse 0.0, zeros before numbers': join(
      extended(
        'x',
        record('GNU.sparse.size', '100') +
          record('GNU.sparse.numblocks', '2') +
          record('GNU.sparse.offset', '00') +
          record('GNU.sparse.numbytes', '1') +
          record('GNU.sparse.offset', '10') +
          record('GNU.sparse.numbytes', '01'),
      ),
      block({ size: 2 }),
    ),
    'sparse size twice': join(
      extended(
        'x',
        record('GNU.sparse.size', '99') +
          record('GNU.sparse.size', '100') +
          record('GNU.sparse.numblocks', '1') +
          record('GNU.sparse.map', '0,2'),
      ),
      block({ size: 2 }),
    ),
    'sparse 1.0': join(extended('x', sparse10), block({ size: 514 }), padded('2\n0\n1\n10\n1\n')),
    'sparse 1.0, zeros before numbers': join(
      extended('x', sparse10),
      block({ size: 514 }),
      padded('02\n0\n1\n010\n1\nrest'),
    ),
    'sparse 1.0, size in records': join(
      extended('x', sparse10 + record('size', '514')),
      block({ size: 7 }),
      padded('2\n0\n1\n10\n1\n'),
    ),
  };
  return Object.entries(headers).map(([name, bytes]) => blocksOf(name, bytes));
}
