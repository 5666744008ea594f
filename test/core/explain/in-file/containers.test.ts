import { mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { requireTool } from '../../../support/tools.js';
import { compare, inFolder, member, run, swapped, wordless } from './support.js';

type Files = Record<string, string>;

/** What a program makes of files, all with one time, in a folder. */
function made(files: Files, make: (folder: string) => Buffer, time = 1_600_000_000): Buffer {
  return inFolder((folder) => {
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), content);
      utimesSync(join(folder, name), time, time);
    }
    return make(folder);
  });
}

const PYTHON = requireTool('python3');

/** Output of a Python program with `out` to write to. */
function python(program: string, folder?: string): Buffer {
  const head = 'import io, sys\nout = io.BytesIO()\n';
  const options = folder === undefined ? {} : { cwd: folder };
  return run('python3', ['-c', `${head}${program}\nsys.stdout.buffer.write(out.getvalue())`], options);
}

function zip(body: string): Buffer {
  return python(`import zipfile
def info(name, date=(2024, 1, 2, 3, 4, 6), method=8, mode=0o644):
  i = zipfile.ZipInfo(name, date)
  i.compress_type = method
  i.external_attr = mode << 16
  i.create_system = 3
  return i
z = zipfile.ZipFile(out, 'w')
${body}
z.close()`);
}

function tar(body: string): Buffer {
  return python(`import tarfile
def add(name, content=b'', **fields):
  i = tarfile.TarInfo(name)
  i.size = len(content)
  for k, v in fields.items(): setattr(i, k, v)
  t.addfile(i, io.BytesIO(content))
t = tarfile.open(fileobj=out, mode='w', format=tarfile.USTAR_FORMAT)
${body}
t.close()`);
}

describe('gzip', () => {
  const gzip = (content: string, mtime = 0, level = 9): Buffer => {
    const bytes = gzipSync(content, { level });
    bytes.writeUInt32LE(mtime, 4);
    return bytes;
  };

  test('a time in the header', async () => {
    expect(await compare(gzip('hello', 1), gzip('hello', 2))).toEqual({
      format: 'gzip',
      summary: 'mtime differs, the content is the same',
      equalBut: ['metadata'],
      fields: [{ name: 'mtime', values: ['1.000000000', '2.000000000'] }],
    });
  });

  test('the content', async () => {
    const difference = await compare(gzip('a\nb\n'), gzip('a\nc\n'));
    expect(difference).toMatchObject({ format: 'gzip', summary: 'the content: 1 of 2 lines differs' });
    expect(member(difference, '(content)').content?.text?.hunks[0]?.lines).toEqual([' a', '-b', '+c']);
  });

  test('the level', async () => {
    const text = Array.from({ length: 500 }, (_, i) => `${i * i}`).join(' ');
    expect(await compare(gzip(text, 0, 1), gzip(text, 0, 9))).toMatchObject({
      equalBut: ['compression', 'metadata'],
      fields: [{ name: 'xfl', values: [4, 2] }],
    });
  });

  test('damage is said, and the bytes are compared', async () => {
    const bytes = gzip('hello');
    const broken = Buffer.from(bytes);
    broken[12] = 0xff;
    const difference = await compare(bytes, broken);
    expect(difference.format).toBe('bytes');
    expect(difference.omitted?.[0]).toMatch(/^input 1 is not understood as gzip: /);
  });
});

describe.skipIf(!requireTool('zstd'))('zstd', () => {
  test('the content', async () => {
    const zstd = (content: string, level: number): Buffer => run('zstd', ['-c', `-${level}`], { input: content });
    expect((await compare(zstd('a\nb\n', 3), zstd('a\nc\n', 3))).summary).toBe('the content: 1 of 2 lines differs');
    const text = Array.from({ length: 5000 }, (_, i) => `${i * i}`).join(' ');
    expect((await compare(zstd(text, 1), zstd(text, 19))).equalBut).toContain('compression');
  });
});

describe.skipIf(!requireTool('xz'))('xz', () => {
  const xz = (content: string | Uint8Array, ...options: string[]): Buffer =>
    run('xz', ['-c', ...options], { input: content });

  test('the content', async () => {
    const difference = await compare(xz('a\nb\n'), xz('a\nc\n', '--check=crc32'));
    expect(difference).toMatchObject({ format: 'xz', summary: 'the content: 1 of 2 lines differs' });
  });

  test('several streams, many blocks', async () => {
    const text = Array.from({ length: 50_000 }, (_, i) => `line ${i}\n`).join('');
    const blocks = xz(text, '-0', '--block-size=50000');
    const streams = Buffer.concat([xz(text.slice(0, 1000), '-0'), xz(text.slice(1000), '-0')]);
    expect(await compare(blocks, streams)).toMatchObject({ format: 'xz', equalBut: ['compression'] });
  });

  test('what is not read is said', async () => {
    const one = xz('hello hello hello');
    const lines = [
      xz('hello', '--check=sha256'),
      one.subarray(0, one.length - 20),
      Buffer.concat([one.subarray(0, 30), one]),
    ];
    for (const other of lines) {
      const difference = await compare(one, other);
      expect(difference.format).toBe('bytes');
      expect(difference.omitted?.[0]).toMatch(/^input 1 is not understood as xz: /);
    }
  });

  test('a bomb', async () => {
    const bomb = xz(Buffer.alloc(20_000_000));
    const difference = await compare(bomb, xz('hello'), 'x', { inFileExpandedBytes: 1_000_000 });
    expect(difference.omitted?.[0]).toContain('more content than 1000000 bytes');
    expect((await compare(xz('a\n'), xz('b\n'))).summary).toBe('the content: 1 of 1 line differs');
  });
});

describe.skipIf(!PYTHON)('tar', () => {
  test('metadata of a member', async () => {
    const side = (mtime: number): Buffer => tar(`add('d/f', b'x', mtime=${mtime}, mode=0o640)`);
    expect(await compare(side(5), side(6))).toEqual({
      format: 'tar',
      summary: '1 of 1 member differs: metadata of 1',
      equalBut: ['metadata'],
      members: [
        { name: 'd/f', change: 'modified', fields: [{ name: 'mtime', values: ['5.000000000', '6.000000000'] }] },
      ],
    });
  });

  test('contents, members of one side, and the order', async () => {
    const side0 = tar(`for n in 'abcd': add(n, n.encode())\nadd('e', b'1\\n')`);
    const side1 = tar(`for n in 'dabc': add(n, n.encode())\nadd('e', b'2\\n')\nadd('é', b'')`);
    const difference = await compare(side0, side1);
    expect(difference.summary).toContain('3 of 6 members differ: content of 1, 1 on one side only, order of 1');
    expect(difference.equalBut).toBeUndefined();
    expect(member(difference, 'd').fields).toEqual([{ name: 'position', values: [3, 0] }]);
    expect(member(difference, 'e').content?.summary).toBe('1 of 1 line differs');
    expect(member(difference, 'é').change).toBe('added');
  });

  test('a link that leads elsewhere is no metadata', async () => {
    const side = (target: string): Buffer => tar(`add('l', type=tarfile.SYMTYPE, linkname='${target}')`);
    const difference = await compare(side('a'), side('b'));
    expect(difference.equalBut).toBeUndefined();
    expect(member(difference, 'l').fields).toEqual([{ name: 'linkTarget', values: ['a', 'b'] }]);
  });

  test('members of one name pair in their order', async () => {
    const side = (second: string): Buffer => tar(`add('f', b'1\\n')\nadd('f', b'${second}\\n')`);
    const difference = await compare(side('2'), side('3'));
    expect(difference.members).toHaveLength(1);
    expect(difference.members?.[0]?.content?.text?.hunks[0]?.lines).toEqual(['-2', '+3']);
  });

  test('swapped sides give the swapped report', async () => {
    const side0 = tar(`for n in 'abcdefg': add(n, b'1\\n', mtime=ord(n))\nadd('a', b'x')`);
    const side1 = tar(`for n in 'cbafdez': add(n, b'2\\n' if n in 'ab' else b'1\\n')`);
    expect(swapped(await compare(side0, side1))).toEqual(wordless(await compare(side1, side0)));
  });

  test('only the trailer', async () => {
    const side = tar(`add('f', b'x')`);
    const difference = await compare(side, Buffer.concat([side, Buffer.alloc(512)]));
    expect(difference).toMatchObject({
      summary: 'no member differs; trailer of the archive differs',
      equalBut: ['metadata'],
    });
  });
});

describe.skipIf(!PYTHON)('zip', () => {
  test('times, in both forms', async () => {
    const side = (second: number): Buffer =>
      zip(`i = info('f', (2024, 1, 2, 3, 4, ${second}))
i.extra = b'UT\\x05\\x00\\x01' + (1000 + ${second}).to_bytes(4, 'little')
z.writestr(i, b'hello')`);
    const difference = await compare(side(6), side(8));
    expect(difference).toMatchObject({ format: 'zip', equalBut: ['metadata'] });
    expect(member(difference, 'f').fields).toEqual([
      { name: 'mtime', values: ['2024-01-02 03:04:06', '2024-01-02 03:04:08'] },
      { name: 'extended mtime', values: ['1006.000000000', '1008.000000000'] },
      { name: 'local extended mtime', values: ['1006.000000000', '1008.000000000'] },
    ]);
  });

  test('the content, the mode and the comment', async () => {
    const side0 = zip(`z.writestr(info('pkg/m.py'), b'a\\nb\\n')`);
    const side1 = zip(`z.writestr(info('pkg/m.py', mode=0o755), b'a\\nc\\n')\nz.comment = b'hi'`);
    const difference = await compare(side0, side1, 'x.whl');
    expect(difference.fields).toEqual([{ name: 'comment', values: [null, 'hi'] }]);
    expect(member(difference, 'pkg/m.py')).toMatchObject({
      fields: [{ name: 'mode', values: ['0644', '0755'] }],
      content: { format: 'text', summary: '1 of 2 lines differs' },
    });
  });

  test('the same content stored and deflated', async () => {
    const side = (method: number): Buffer => zip(`z.writestr(info('f', method=${method}), b'hello ' * 50)`);
    const difference = await compare(side(0), side(8));
    expect(difference.equalBut).toEqual(['compression', 'metadata']);
    expect(member(difference, 'f').fields).toContainEqual({ name: 'method', values: [0, 8] });
  });

  test('a jar in a jar', async () => {
    const side = (content: string): Buffer =>
      python(`import zipfile
def jar(items):
  o = io.BytesIO()
  z = zipfile.ZipFile(o, 'w')
  for n, c in items: z.writestr(zipfile.ZipInfo(n), c)
  z.close()
  return o.getvalue()
out.write(jar([('lib/inner.jar', jar([('A', b'${content}')]))]))`);
    const inner = member(await compare(side('1\\n'), side('2\\n'), 'app.jar'), 'lib/inner.jar').content;
    expect(inner?.format).toBe('zip');
    expect(member(inner as NonNullable<typeof inner>, 'A').content?.text?.hunks[0]?.lines).toEqual(['-1', '+2']);
  });

  test('a local header that says something else than the directory', async () => {
    const side = zip(`z.writestr(info('f'), b'hello')`);
    const lying = Buffer.from(side);
    lying[30] = 'g'.charCodeAt(0);
    const difference = await compare(side, lying);
    expect(member(difference, 'f').fields).toEqual([{ name: 'local name', values: [null, 'g'] }]);
    expect(difference.equalBut).toBeUndefined();
  });

  test('bytes that belong to no member', async () => {
    const side = zip(`z.writestr(info('f'), b'hello')`);
    const directory = side.indexOf('PK\x01\x02');
    const hiding = Buffer.concat([side.subarray(0, directory), Buffer.from('hidden'), side.subarray(directory)]);
    hiding.writeUInt32LE(directory + 6, hiding.length - 6);
    const difference = await compare(side, hiding);
    expect(difference.fields?.[0]?.name).toBe('bytes that belong to nothing');
    expect(difference.fields?.[0]?.values[1]).toMatch(/^6, sha256:/);
  });

  test.skipIf(!requireTool('bsdtar'))('as bsdtar writes it, with data descriptors', async () => {
    const side = (content: string): Buffer =>
      made({ 'a.txt': content }, (folder) => run('bsdtar', ['--format', 'zip', '-cf', '-', 'a.txt'], { cwd: folder }));
    const difference = await compare(side('1\n'), side('2\n'));
    expect(difference.fields).toBeUndefined();
    expect(member(difference, 'a.txt').content?.summary).toBe('1 of 1 line differs');
  });
});

describe('ar and deb', () => {
  test.skipIf(!requireTool('ar'))('members with long names, and their metadata', async () => {
    const long = 'a_name_of_more_than_fifteen_characters.o';
    const side = (content: string, time: number): Buffer =>
      made(
        { 'x.o': content, [long]: 'same' },
        (folder) => {
          run('ar', ['qcU', 'l.a', 'x.o', long], { cwd: folder });
          return readFileSync(join(folder, 'l.a'));
        },
        time,
      );
    const difference = await compare(side('1', 1000), side('2', 2000));
    expect(difference.format).toBe('ar');
    expect(member(difference, long)).toEqual({
      name: long,
      change: 'modified',
      fields: [{ name: 'mtime', values: ['1000.000000000', '2000.000000000'] }],
    });
    expect(member(difference, 'x.o').content?.text?.hunks[0]?.lines).toEqual([
      '-1',
      '\\ No newline at end of file',
      '+2',
      '\\ No newline at end of file',
    ]);
  });

  test.skipIf(!requireTool('dpkg-deb'))('a Debian package is opened to the files in it', async () => {
    const side = (content: string, version: string): Buffer =>
      inFolder((folder) => {
        mkdirSync(join(folder, 'p/DEBIAN'), { recursive: true });
        mkdirSync(join(folder, 'p/etc'));
        writeFileSync(
          join(folder, 'p/DEBIAN/control'),
          `Package: p\nVersion: ${version}\nArchitecture: all\nMaintainer: a <a@example.org>\nDescription: p\n`,
        );
        writeFileSync(join(folder, 'p/etc/p.conf'), content);
        run('dpkg-deb', ['--root-owner-group', '-b', 'p', 'p.deb'], {
          cwd: folder,
          env: { SOURCE_DATE_EPOCH: '1600000000' },
        });
        return readFileSync(join(folder, 'p.deb'));
      });
    const difference = await compare(side('a\n', '1'), side('b\n', '2'));
    expect(difference.format).toBe('deb');
    const lines = (archive: string, file: string): readonly string[] | undefined => {
      const compressed = member(difference, archive).content;
      expect(compressed?.format).toMatch(/^(xz|zstd)$/);
      const tarred = member(compressed as NonNullable<typeof compressed>, '(content)').content;
      expect(tarred?.format).toBe('tar');
      return member(tarred as NonNullable<typeof tarred>, file).content?.text?.hunks[0]?.lines;
    };
    const [data, control] = ['data.tar', 'control.tar'].map(
      (name) => difference.members?.find((each) => each.name.startsWith(name))?.name,
    );
    expect(lines(data as string, './etc/p.conf')).toEqual(['-a', '+b']);
    expect(lines(control as string, './control')).toContain('+Version: 2');
  });
});

describe.skipIf(!requireTool('bsdtar'))('cpio', () => {
  const cpio = (format: string, content: string, time = 1000): Buffer =>
    made(
      { 'etc/f': content },
      (folder) => run('bsdtar', ['--format', format, '-cf', '-', 'etc/f'], { cwd: folder }),
      time,
    );

  test.each(['newc', 'odc'])('%s', async (format) => {
    const difference = await compare(cpio(format, 'a\n', 1), cpio(format, 'b\n', 2));
    expect(difference.format).toBe('cpio');
    expect(member(difference, 'etc/f').fields).toContainEqual({
      name: 'mtime',
      values: ['1.000000000', '2.000000000'],
    });
    expect(member(difference, 'etc/f').content?.text?.hunks[0]?.lines).toEqual(['-a', '+b']);
  });

  test('an initial RAM disk: one archive, then another that is compressed', async () => {
    const side = (content: string): Buffer =>
      Buffer.concat([cpio('newc', 'microcode'), gzipSync(cpio('newc', content))]);
    const rest = member(await compare(side('a\n'), side('b\n')), '(bytes after the archive)').content;
    const inner = member(rest as NonNullable<typeof rest>, '(content)').content;
    expect(member(inner as NonNullable<typeof inner>, 'etc/f').content?.summary).toBe('1 of 1 line differs');
  });

  test('two archives, one after the other', async () => {
    const side = (content: string): Buffer => Buffer.concat([cpio('newc', 'x'), cpio('newc', content)]);
    const difference = await compare(side('a\n'), side('b\n'));
    expect(difference.members?.find(({ name, content }) => name === 'etc/f' && content !== undefined)).toBeDefined();
  });
});
