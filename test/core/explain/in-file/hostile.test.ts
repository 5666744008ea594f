import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { deflateRawSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compare, member } from './support.js';

/** What each kind of container begins with, so that its reader is asked. */
const HEADS: [string, Buffer][] = [
  ['gzip', Buffer.from([0x1f, 0x8b, 8, 0])],
  ['zstd', Buffer.from([0x28, 0xb5, 0x2f, 0xfd])],
  ['xz', Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0])],
  ['ar', Buffer.from('!<arch>\n')],
  ['zip', Buffer.from('PK\x03\x04')],
  ['cpio newc', Buffer.from(`070701${'0'.repeat(88)}00000001`)],
  ['cpio odc', Buffer.from(`070707${'0'.repeat(70)}`)],
  ['tar', Buffer.concat([Buffer.alloc(257), Buffer.from('ustar\x0000')])],
];

describe('hostile containers', () => {
  test.each(HEADS)('random bytes after the head of %s', async (_name, head) => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 600 }), fc.uint8Array({ maxLength: 600 }), async (rest0, rest1) => {
        const [content0, content1] = [Buffer.concat([head, rest0]), Buffer.concat([head, rest1])];
        const difference = await compare(content0, content1);
        expect(difference.summary).not.toBe('');
        expect(await compare(content0, content1)).toEqual(difference);
      }),
      { numRuns: 60, seed: 5 },
    );
  });

  /** A zip archive made by hand: what its directory says of each member is up to the test. */
  function zipOf(members: readonly { name: string; data: Buffer; size: number; at?: number }[]): Buffer {
    const locals: Buffer[] = [];
    const centrals: Buffer[] = [];
    let offset = 0;
    for (const { name, data, size, at } of members) {
      const local = Buffer.alloc(30 + name.length);
      local.writeUInt32LE(0x04034b50, 0);
      local.writeUInt16LE(8, 8);
      local.writeUInt16LE(name.length, 26);
      local.write(name, 30, 'latin1');
      const central = Buffer.alloc(46 + name.length);
      central.writeUInt32LE(0x02014b50, 0);
      central.writeUInt16LE(8, 10);
      central.writeUInt32LE(data.length, 20);
      central.writeUInt32LE(size, 24);
      central.writeUInt16LE(name.length, 28);
      central.writeUInt32LE(at ?? offset, 42);
      central.write(name, 46, 'latin1');
      centrals.push(central);
      if (at !== undefined) continue;
      locals.push(local, data);
      offset += local.length + data.length;
    }
    const end = Buffer.alloc(22);
    end.writeUInt32LE(0x06054b50, 0);
    end.writeUInt16LE(Math.min(members.length, 0xffff), 8);
    end.writeUInt16LE(Math.min(members.length, 0xffff), 10);
    end.writeUInt32LE(offset, 16);
    return Buffer.concat([...locals, ...centrals, end]);
  }

  test('bombs are opened no further than the limit', async () => {
    const side = (letter: string): Buffer => {
      const data = deflateRawSync(Buffer.alloc(10_000_000, letter));
      return zipOf(Array.from({ length: 50 }, (_, i) => ({ name: `f${i}`, data, size: 1 })));
    };
    const difference = await compare(side('a'), side('b'), 'x.zip', { inFileExpandedBytes: 50_000_000 });
    expect(difference.summary).toBe('50 of 50 members differ: content of 50');
    const refused = difference.members?.filter(({ content }) => content?.omitted?.[0]?.includes('cannot be opened'));
    expect(refused?.length).toBeGreaterThan(40);
  });

  test('streams that fail after much content are charged for it', async () => {
    const side = (letter: string): Buffer => {
      const data = deflateRawSync(Buffer.alloc(5_000_000, letter)).subarray(0, -8);
      return zipOf(Array.from({ length: 5000 }, (_, i) => ({ name: `f${i}`, data, size: 1 })));
    };
    const difference = await compare(side('a'), side('b'), 'x.zip', { inFileExpandedBytes: 20_000_000 });
    expect(difference.summary).toBe('5,000 of 5,000 members differ: content of 5,000');
  });

  test('gzip bombs', async () => {
    const bomb = (letter: string): Buffer => gzipSync(Buffer.alloc(50_000_000, letter));
    const difference = await compare(bomb('a'), bomb('b'), 'x.gz', { inFileExpandedBytes: 1_000_000 });
    expect(difference).toMatchObject({ format: 'bytes' });
    expect(difference.omitted?.[0]).toBe('input 0 is not understood as gzip: it is too large');
  });

  test('members of a zip archive that overlap are compared and told', async () => {
    const side = (text: string): Buffer => {
      const data = deflateRawSync(text);
      return zipOf([
        { name: 'a', data, size: text.length },
        { name: 'a', data, size: text.length, at: 0 },
      ]);
    };
    const difference = await compare(side('hello\n'), side('world\n'));
    expect(difference.members).toHaveLength(2);
    expect(difference.omitted).toEqual(['input 0: members or headers overlap', 'input 1: members or headers overlap']);
  });

  test('containers in containers are opened to the depth', async () => {
    const nested = (content: string): Buffer => {
      let bytes = Buffer.from(content);
      for (let i = 0; i < 100; i++) bytes = gzipSync(bytes);
      return bytes;
    };
    let difference = await compare(nested('a\n'), nested('b\n'));
    for (let depth = 0; depth < 4; depth++) {
      expect(difference.format).toBe('gzip');
      const inner = member(difference, '(content)').content;
      difference = inner as NonNullable<typeof inner>;
    }
    expect(difference.format).toBe('bytes');
    expect(difference.omitted?.[0]).toBe('gzip is not opened: more than 4 containers within each other');
  });

  test('an archive with more members than the limit is compared as bytes', async () => {
    const one = `${'a/'.padEnd(16)}0           0     0     644     0         \`\n`;
    const side = (name: string): Buffer => Buffer.from(`!<arch>\n${one.repeat(1000)}${one.replace('a', name)}`);
    expect((await compare(side('b'), side('c'))).summary).toBe('2 of 1,002 members differ: 2 on one side only');
    const difference = await compare(side('b'), side('c'), 'x.a', { inFileMembers: 100 });
    expect(difference).toMatchObject({
      format: 'bytes',
      omitted: ['input 0 is not understood as ar: more than 100 members'],
    });
  });

  test('a million members of one name', async () => {
    const one = `${'a/'.padEnd(16)}0           0     0     644     0         \`\n`;
    const side = (last: string): Buffer => Buffer.from(`!<arch>\n${one.repeat(1_000_000)}${last}`);
    const difference = await compare(side(one), side(one.replace('a', 'b')));
    expect(difference.format).toBe('bytes');
    const all = await compare(side(one).subarray(0, 8 + 60 * 20_000), side(one).subarray(0, 8 + 60 * 20_001), 'x.a');
    expect(all.summary).toBe('1 of 20,001 members differs: 1 on one side only');
  });

  test('more members than are listed are counted', async () => {
    const line = (name: number, time: number): string =>
      `${`${name}/`.padEnd(16)}${String(time).padEnd(12)}0     0     644     0         \`\n`;
    const side = (time: number): Buffer =>
      Buffer.from(`!<arch>\n${Array.from({ length: 3000 }, (_, i) => line(i, time)).join('')}`);
    const difference = await compare(side(1), side(2));
    expect(difference.members).toHaveLength(1000);
    expect(difference.omitted).toEqual(['2,000 more members that differ are not listed']);
    expect(difference.summary).toBe('3,000 of 3,000 members differ: metadata of 3,000');
  });

  test('sizes that lie', async () => {
    const side = (size: string): Buffer =>
      Buffer.from(`!<arch>\n${'a/'.padEnd(16)}0           0     0     644     ${size.padEnd(10)}\`\nhello`);
    for (const size of ['9999999999', '-5', '', '6']) {
      const difference = await compare(side('5'), side(size));
      expect(difference.format).toBe('bytes');
      expect(difference.omitted?.[0]).toMatch(/^input 1 is not understood as ar: the member at byte 8 is cut off/);
    }
  });

  test('names like those of objects', async () => {
    const data = deflateRawSync('x');
    const names = ['__proto__', 'constructor', '1', '01', '-1', ''];
    const side = (last: string): Buffer => zipOf([...names, last].map((name) => ({ name, data, size: 1 })));
    const difference = await compare(side('a'), side('b'));
    expect(difference.members?.map(({ name, change }) => [name, change])).toEqual([
      ['a', 'removed'],
      ['b', 'added'],
    ]);
  });
});

describe('files that really differed', () => {
  const evidence = fileURLToPath(new URL('../../../../fixtures/evidence/', import.meta.url));
  const pair = (folder: string, path: string): [Buffer, Buffer] => [
    readFileSync(`${evidence}${folder}/0/${path}`),
    readFileSync(`${evidence}${folder}/1/${path}`),
  ];

  test('the log of dpkg: every line has its time', async () => {
    const difference = await compare(...pair('services', 'var/log/dpkg.log'), 'var/log/dpkg.log');
    expect(difference.summary).toBe('913 of 913 lines differ');
    /* Of more than 64 KiB only a part is shown. */
    expect(difference.text?.lines).toEqual([913, 913]);
    expect(difference.omitted).toHaveLength(1);
  });

  test('the terminal log of APT', async () => {
    const difference = await compare(...pair('services', 'var/log/apt/term.log'), 'var/log/apt/term.log');
    const changed = difference.text?.hunks.flatMap(({ lines }) => lines).filter((line) => /^[-+]/.test(line));
    expect(changed?.some((line) => line.startsWith('-Log started: '))).toBe(true);
    expect(changed?.some((line) => line.startsWith('+Log ended: '))).toBe(true);
  });

  test('a machine id', async () => {
    const difference = await compare(...pair('services', 'etc/machine-id'), 'etc/machine-id');
    expect(difference.summary).toBe('machine-id differs');
  });
});
