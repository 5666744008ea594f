import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parseElf } from '../../../../packages/core/src/explain/formats/elf.js';
import { requireTool } from '../../../support/tools.js';
import { bytes, compareFiles, fieldsOf, fixture } from './samples.js';

const so = (name: string): Uint8Array => fixture(`formats/elf/${name}.so`);
const pathOf = (name: string): string =>
  fileURLToPath(new URL(`../../../../fixtures/formats/elf/${name}.so`, import.meta.url));

describe('ELF', () => {
  const files: [string, Uint8Array][] = ['64-0', '64-stripped', '32be'].map((name) => [pathOf(name), so(name)]);
  if (existsSync('/bin/true')) files.push(['/bin/true', readFileSync('/bin/true')]);

  test.skipIf(!requireTool('readelf')).each(files)('sections are those of readelf: %s', (path, content) => {
    const listed = spawnSync('readelf', ['-SW', path], { encoding: 'utf8' }).stdout;
    const line = /^ {2}\[ *\d+\] (\S*) +([A-Z_]+) +[0-9a-f]+ ([0-9a-f]+) ([0-9a-f]+)/gm;
    const expected = [...listed.matchAll(line)]
      .filter(([, , type]) => type !== 'NULL')
      .map(([, name, type, offset, size]) => [
        name,
        type === 'NOBITS' ? 0 : Number.parseInt(size as string, 16),
        Number.parseInt(offset as string, 16),
      ]);
    expect(expected.length).toBeGreaterThan(1);
    const sections = (parseElf(content)?.sections ?? []).filter(({ type }) => type !== 0);
    expect(sections.map(({ name, start, end }) => [name, end - start, start])).toEqual(expected);
  });

  test.skipIf(!requireTool('readelf'))('a build ID alone', () => {
    const difference = compareFiles('usr/lib/libanswer.so', so('64-0'), so('64-1'));
    const ids = ['64-0', '64-1'].map(
      (name) =>
        /Build ID: ([0-9a-f]+)/.exec(spawnSync('readelf', ['-n', pathOf(name)], { encoding: 'utf8' }).stdout)?.[1],
    );
    expect(difference).toEqual({
      format: 'elf',
      summary: '.note.gnu.build-id differs',
      fields: [{ name: '.note.gnu.build-id', values: ids.map((id) => `Build ID ${id}`) }],
    });
  });

  test('a changed instruction: the section, and the bytes', () => {
    const difference = compareFiles('usr/lib/libanswer.so', so('64-0'), so('64-other'));
    expect(Object.keys(fieldsOf(difference))).toEqual(['.text']);
    /* `cmp -l` of the two: one byte, 42 against 43. */
    expect(difference?.bytes).toMatchObject({ differing: 1, count: 1 });
    const range = difference?.bytes?.ranges[0];
    expect(so('64-0')[range?.offsets[0] as number]).toBe(42);
    expect(so('64-other')[range?.offsets[1] as number]).toBe(43);
  });

  test('sections that one side has alone', () => {
    const fields = fieldsOf(compareFiles('x.so', so('64-0'), so('64-stripped')));
    expect(fields['.symtab']).toEqual([expect.any(String), null]);
    expect(fields['section header .symtab']).toEqual([expect.any(String), null]);
  });

  test('.comment of a big-endian file of 32 bits', () => {
    const changed = Buffer.from(so('32be'));
    changed.write('13', changed.indexOf('12.2.0'));
    expect(fieldsOf(compareFiles('x.so', so('32be'), changed))).toEqual({
      '.comment': ['GCC: (example) 12.2.0', 'GCC: (example) 13.2.0'],
    });
  });

  test('what Go says of a build', () => {
    const info = (revision: string): Uint8Array => {
      const sentinel = Buffer.alloc(16, 'x');
      const lines = `path\texample.org/tool\nmod\texample.org/tool\t(devel)\t\nbuild\t-trimpath=true\nbuild\tvcs.revision=${revision}\n`;
      const module = Buffer.concat([sentinel, bytes(lines), sentinel]);
      const section = Buffer.concat([
        bytes('\xff Go buildinf:\x08\x02'),
        new Uint8Array(16),
        bytes('\x08go1.21.0'),
        Buffer.from([(module.length & 0x7f) | 0x80, module.length >> 7]),
        module,
      ]);
      /* The .comment of the other sample, made longer and called .go.buildinfo. */
      const content = Buffer.from(so('32be'));
      const names = Buffer.from(content).indexOf('\0.text');
      const extra = bytes('.go.buildinfo\0');
      const grown = Buffer.concat([content, section, extra]);
      const header = content.readUInt32BE(32) + 2 * 40;
      grown.writeUInt32BE(content.length + section.length - names, header);
      grown.writeUInt32BE(content.length, header + 16);
      grown.writeUInt32BE(section.length, header + 20);
      return grown;
    };
    expect(fieldsOf(compareFiles('x', info('aaaa'), info('bbbb')))).toEqual({
      '.go.buildinfo/build vcs.revision': ['build vcs.revision=aaaa', 'build vcs.revision=bbbb'],
    });
  });

  test('sections upon each other, beyond the file, without a table', () => {
    const wide = Buffer.from(so('64-0'));
    const table = Number(wide.readBigUInt64LE(40));
    for (let n = 1; n < wide.readUInt16LE(60); n++) {
      wide.writeBigUInt64LE(0n, table + 64 * n + 24);
      wide.writeBigUInt64LE(BigInt(wide.length), table + 64 * n + 32);
    }
    expect(parseElf(wide)).toBeNull();
    const beyond = Buffer.from(so('64-0'));
    beyond.writeBigUInt64LE(1n << 60n, table + 64 + 24);
    expect(parseElf(beyond)).toBeNull();
    const none = Buffer.from(so('64-0'));
    none.writeBigUInt64LE(0n, 40);
    expect(parseElf(none)?.sections).toEqual([]);
  });
});
