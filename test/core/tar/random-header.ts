import {
  type BlockFields,
  base256,
  block,
  extended,
  type FieldValue,
  GNU,
  join,
  octal,
  padded,
  record,
  star,
  USTAR,
  V7,
} from '../../support/tar-build.js';

/** Header blocks of one entry, put together of parts that go together well or badly. Most of them can be read. */
export function randomHeader(random: () => number): Uint8Array {
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] as T;
  const often = (part: number): boolean => random() < part;
  const usual = often(0.5);
  const name = (): string =>
    pick([
      'a',
      'dir/',
      'dir/a',
      './a',
      './dir/a',
      '././a',
      'dir//a/./b',
      '/abs',
      '',
      'caf\xc3\xa9',
      'x\xff/y',
      `${'d'.repeat(98)}/f`,
      'n'.repeat(100),
    ]);
  const longName = (): string =>
    pick([
      name(),
      name(),
      `${'d'.repeat(99)}/f/g`,
      `${'\xc3\xa9'.repeat(60)}/caf\xc3\xa9`,
      `${'l'.repeat(60)}/${'m'.repeat(60)}`,
      'z'.repeat(5000),
      `${'s'.repeat(98)}//////x`,
    ]);
  const fitting = (text: string, length: number): string =>
    often(0.9) ? text.slice(0, length) : `${text.slice(0, length - 3)}\0xy`.slice(0, length);
  const small = (length: number): FieldValue =>
    usual
      ? pick([0, 1, 0o644, 0o755])
      : pick<FieldValue>([
          0,
          7,
          0o644,
          ' 7',
          '7 ',
          '007 ',
          '',
          '\0',
          ' '.repeat(length),
          '1\0x',
          base256(5n, length),
          '7'.repeat(length),
          '\x00007',
        ]);
  const time = (): FieldValue =>
    pick<FieldValue>([0, 5, 1677619260, base256(-5n, 12), base256(2n ** 40n, 12), usual ? 5 : '']);
  const magic = (): string => pick([USTAR, USTAR, USTAR, GNU, GNU, V7, 'ustar\0\0\0', 'ustar  x', 'ustar 00']);
  const fields = (path: string): BlockFields => {
    const dialect = magic();
    const prefix = pick(['', '', 'p', 'caf\xc3\xa9', `\0rest`, '12345670123/x']);
    const patches: NonNullable<BlockFields['patches']> = often(0.1)
      ? star({ atime: time(), ctime: time() })
      : dialect === GNU && often(0.3)
        ? [
            [345, time(), 12],
            [357, time(), 12],
          ]
        : often(0.1)
          ? [[500, pick(['x', '\0\0end'])]]
          : [];
    return {
      name: fitting(path, 100),
      mode: small(8),
      uid: small(8),
      gid: small(8),
      mtime: time(),
      linkName: often(0.3) ? fitting(longName(), 100) : '',
      magic: dialect,
      uname: pick(['', 'root', 'u'.repeat(32), 'r\0t']),
      gname: pick(['', 'root', 'caf\xc3\xa9']),
      devMajor: pick([0, 0, 5]),
      devMinor: pick([0, 0, 300]),
      prefix,
      patches,
      checksum: often(0.05) ? 'signed' : 'unsigned',
    };
  };
  const path = longName();
  const folder = pick(['PaxHeaders.0', 'PaxHeaders', 'PaxHeader', 'PaxHeaders.4711']);
  const split = path.replace(/\/+$/, '').lastIndexOf('/') + 1;
  const recordsName = fitting(
    pick([
      `${path.slice(0, split)}${folder}/${path.slice(split)}`,
      `./${folder}/${path}`,
      `${path}${folder}`,
      '././@PaxHeader',
      name(),
    ]),
    100,
  );
  const value = (): string =>
    pick(['', '1', '01', '7', '12.5', '-1.25', '0', '1677619260', path, 'caf\xc3\xa9', 'a\n=b', 'r']);
  const keys = [
    'path',
    'path',
    'linkpath',
    'uname',
    'gname',
    'uid',
    'gid',
    'mtime',
    'atime',
    'ctime',
    'size',
    'comment',
    'a;b',
    'a,b',
    '*',
    '%2a',
    'x(y)|z',
  ];
  const recordValue = (key: string): string => {
    if (key === 'path') return pick([path, path, '']);
    if (key === 'uid' || key === 'gid' || key === 'size') return pick(['0', '7', '07', '3000000', '']);
    if (key.endsWith('time')) return pick(['5', '5.0', '-1.25', '0', '1677619260.000000001', '', '05']);
    return value().replaceAll('\0', '');
  };
  const written = (text: string): string =>
    often(0.05) ? `0${Number.parseInt(text, 10) + 1}${text.slice(text.indexOf(' '))}` : text;
  const parts: Uint8Array[] = [];
  const type = pick(['0', '0', '0', '\0', '7', '1', '2', '3', '4', '5', '6', 'S', 'S', 'g']);
  const segments = Array.from({ length: pick([0, 1, 3, 4, 5, 25, 26]) }, (_, i) => [i * 10, 1] as const);
  const sparse = pick(['0.0', '0.1', '1.0', 'none', 'none', 'none', 'none']);
  const records: string[] = Array.from({ length: pick([0, 1, 1, 2, 3, 5]) }, () => pick(keys)).map((key) =>
    record(key, recordValue(key)),
  );
  if (often(0.5)) records.sort();
  const body: BlockFields = { ...fields(often(0.7) ? path : name()), type };
  let size = type === 'S' ? segments.length : pick([0, 0, 100]);
  let tail: Uint8Array = new Uint8Array(0);
  const canBeSparse = '0\x007'.includes(type);
  if (canBeSparse && sparse !== 'none') {
    size = segments.length;
    const pairs = segments.flatMap(([at, length]) => [
      record('GNU.sparse.offset', pick([String(at), String(at), `0${at}`].slice(0, usual ? 2 : 3))),
      record('GNU.sparse.numbytes', String(length)),
    ]);
    const named = often(0.6) ? [record('GNU.sparse.name', pick([path, name(), '']))] : [];
    const sized = [record('GNU.sparse.size', '1000'), record('GNU.sparse.numblocks', String(segments.length))];
    if (sparse === '0.0') records.push(...sized, ...named, ...pairs);
    if (sparse === '0.1')
      records.push(
        record('GNU.sparse.major', '0'),
        record('GNU.sparse.minor', '1'),
        ...named,
        ...sized,
        record('GNU.sparse.map', segments.flat().join(',')),
      );
    if (sparse === '1.0') {
      records.push(
        record('GNU.sparse.major', '1'),
        record('GNU.sparse.minor', '0'),
        ...named,
        record('GNU.sparse.realsize', '1000'),
      );
      const zero = usual ? '' : pick(['', '0']);
      tail = padded(
        `${zero}${segments.length}\n${segments.map(([at, length]) => `${at}\n${zero}${length}\n`).join('')}${usual ? '' : pick(['', 'x', '\0x'])}`,
      );
      size += tail.length;
      if (named.length > 0) body.name = `${path.slice(0, split)}GNUSparseFile.4711/${path.slice(split)}`.slice(0, 100);
    }
    if (often(0.1)) records.reverse();
  }
  const makers: Readonly<Record<string, () => Uint8Array>> = {
    x: () =>
      join(
        headerOnly('x', records.map(written).join(''), {
          ...fields(recordsName),
          ...(often(0.5)
            ? { mode: body.mode ?? 0, uid: body.uid ?? 0, uname: body.uname ?? '', mtime: body.mtime ?? 0 }
            : {}),
          name: recordsName,
        }),
      ),
    L: () =>
      headerOnly('L', `${path.replaceAll('\0', '') || 'n'}${pick(['\0', '\0', '', '\0\0', '\0x'])}`, {
        ...fields('././@LongLink'),
        name: '././@LongLink',
      }),
    K: () =>
      headerOnly('K', `${pick(['t', 't'.repeat(150), 'l'])}${pick(['\0', ''])}`, {
        ...fields('././@LongLink'),
        name: '././@LongLink',
      }),
  };
  const headerOnly = (flag: 'x' | 'L' | 'K', data: string, more: BlockFields): Uint8Array => {
    const all = extended(flag, data, { ...more, size: data.length });
    if (often(0.05) && data.length % 512 !== 0) all[all.length - 1] = 7;
    return all;
  };
  if (type !== 'g') {
    const kinds = [records.length > 0 || often(0.05) ? 'x' : '', often(0.2) ? 'L' : '', often(0.15) ? 'K' : ''].filter(
      (kind) => kind !== '',
    );
    if (often(0.5)) kinds.reverse();
    for (const kind of kinds) parts.push((makers[kind] as () => Uint8Array)());
  } else {
    const data = records.join('');
    return extended('g', data, { ...body, size: data.length, type: 'g' });
  }
  if (type === 'S') {
    const inHeader = pick([4, 4, 4, 2, 0]);
    const first = segments.slice(0, inHeader);
    const rest = segments.slice(inHeader);
    const blocks: Uint8Array[] = [];
    for (let i = 0; i < rest.length || (blocks.length === 0 && often(0.2)); i += 21)
      blocks.push(moreMap(rest.slice(i, i + 21)));
    for (const each of blocks.slice(0, -1)) each.fill(pick([1, 1, 1, 2]), 504, 505);
    const elements = first.flatMap(
      ([at, length], i) =>
        [
          [386 + i * 24, pick([octal(at, 12), octal(at, 12), base256(BigInt(at), 12)])],
          [398 + i * 24, octal(length, 12)],
        ] as const,
    );
    const flags = [
      [482, blocks.length > 0 ? pick(['\x01', '\x01', '\xff']) : ''],
      [483, octal(1000, 12)],
    ] as const;
    parts.push(block({ ...body, magic: GNU, prefix: '', size, patches: [...elements, ...flags] }), ...blocks);
  } else {
    parts.push(block({ ...body, size: usual || often(0.8) ? size : base256(BigInt(size), 12) }));
  }
  return join(...parts, tail);
}

function moreMap(segments: readonly (readonly [number, number])[]): Uint8Array {
  const bytes = new Uint8Array(512);
  segments.forEach(([at, length], i) => {
    bytes.set(octal(at, 12), i * 24);
    bytes.set(octal(length, 12), i * 24 + 12);
  });
  return bytes;
}
