import { describe, expect, test } from 'vitest';
import { headerValue } from '../../../packages/core/src/compare/header-value.js';
import type { TarFormat, TarHeader } from '../../../packages/core/src/tar/entry.js';

function header(format: TarFormat, style: string): TarHeader {
  return { format, style, headerBytes: 1536, headerDigest: 'x'.repeat(32), sparse: null } as TarHeader;
}

const USUAL = 'x(@PaxHeader,644,0,0,0,,,ustar)';

/* Offsets: GNU tar manual, "Basic Tar Format" (sp at 386, 24 bytes an element; atime 345, ctime 357); star(5). */
describe('where a token stands in the header block', () => {
  test.each<[string, TarFormat, string, number, number]>([
    ['the first number of a map', 'gnu', 'map0=0 ', 386, 12],
    ['its last in the header block', 'gnu', 'map7=0 ', 470, 12],
    ['what follows its elements', 'gnu', 'map0+00ff', 386, 96],
    ['a time that only PAX has', 'gnu', 'rawatime=none', 345, 12],
    ['the other one', 'gnu', 'rawctime=none', 357, 12],
    ["star's", 'star', 'rawatime=none', 476, 12],
    ["star's other one", 'star', 'rawctime=5', 488, 12],
    ["star's prefix", 'star', 'prefix=3', 345, 131],
    ['bytes of no field', 'ustar', '500:0102', 500, 2],
    ['a device of a file', 'ustar', 'dev:5,300', 329, 16],
  ])('%s', (_what, format, token, offset, length) => {
    const [value0, value1] = [
      headerValue(header(format, token), header(format, '')),
      headerValue(header(format, ''), header(format, token)),
    ];
    expect(value0).toMatchObject({ ranges: [{ offset, length, written: token }] });
    expect(value1).toMatchObject({ ranges: [{ offset, length, written: 'the usual way' }] });
    expect(value0).not.toHaveProperty('extended');
  });

  test.each<[TarFormat, string]>([
    ['gnu', 'map8=0 '],
    ['gnu', 'map1+00ff'],
    ['gnu', 'map1:0200'],
    ['gnu', 'blocks=4,2,1'],
    ['pax', 'map0=01'],
    ['pax', 'mapcount=01'],
    ['pax', 'map+00ff'],
    ['pax', 'headers=Lx'],
    ['pax', 'L:name:6162'],
    ['pax', 'K:name:6162'],
    ['pax', 'length1=0012'],
    ['pax', 'order=b,a'],
    ['pax', 'dup(a,62)'],
    ['pax', 'sparse=0.0'],
    ['pax', 'sparse=0.1'],
    ['pax', 'sparse=1.0'],
    ['gnu', 'sparse=gnu'],
    ['pax', USUAL],
  ])('%s: %s stands outside it', (format, token) => {
    const all = { header: 'all', offset: 0, length: 1536 };
    expect(headerValue(header(format, token), header(format, ''))).toMatchObject({ extended: [token], ranges: [all] });
    expect(headerValue(header(format, ''), header(format, token))).toMatchObject({ ranges: [all] });
  });

  test('the device of an extended header', () => {
    const odd = 'x(@PaxHeader,644,0,0,0,,,ustar,dev:5/300)';
    expect(headerValue(header('pax', odd), header('pax', USUAL))).toMatchObject({
      ranges: [{ header: 'x', offset: 329, length: 16 }],
    });
    expect(headerValue(header('pax', USUAL), header('pax', odd))).toMatchObject({
      ranges: [{ header: 'x', offset: 329, length: 16, written: 'extended header x: the usual way' }],
    });
  });
});
