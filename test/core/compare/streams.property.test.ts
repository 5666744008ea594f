import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareStreams } from '../../../packages/core/src/compare/streams.js';
import { OciDiffError } from '../../../packages/core/src/errors.js';
import { setChecksum, zeros } from '../../support/tar-build.js';
import { END, type RawEntry, rawTar } from '../layer/raw-tar.js';
import { excusedBy, indexOf, mirrored, PLATFORM, SEMANTIC, sorted, streamFindings } from './support.js';

const NAMES = [
  'a',
  './a',
  '/a',
  'a/',
  'b',
  'd/',
  'd/a',
  'd//a',
  'd/.wh.a',
  'd/.wh..wh..opq',
  '.',
  '12345',
  '\xff',
  '\xc3\xa9',
];
const RECORDS = [
  ['mtime', '5'],
  ['mtime', '5.5'],
  ['atime', '1'],
  ['uid', '5'],
  ['uid', '70000'],
  ['comment', 'x'],
  ['VENDOR.a', ''],
  ['SCHILY.xattr.user.a', '\x00\x01'],
  ['SCHILY.xattr.user.a', '\x00\x02'],
  ['path', 'd/long'],
  ['hdrcharset', 'BINARY'],
] as const;

/** Any entry, each of its fields from few values, so that entries agree in some and collide in names. */
const anyEntry: fc.Arbitrary<RawEntry> = fc
  .record({
    name: fc.constantFrom(...NAMES),
    type: fc.constantFrom('0', '0', '0', '\0', '1', '2', '3', '5', '6'),
    dialect: fc.constantFrom('v7', 'ustar', 'ustar', 'gnu'),
    mode: fc.constantFrom(0o644, 0o644, 0o755, 0o4755, 0o100644),
    uid: fc.constantFrom(0, 0, 5),
    mtime: fc.constantFrom(0, 5),
    link: fc.constantFrom('', 'a', './a'),
    uname: fc.constantFrom('', 'root', '\xff'),
    content: fc.constantFrom('', 'x', 'y', 'x'.repeat(512), 'x'.repeat(600)),
    padding: fc.constantFrom(0, 0, 0x20),
    pax: fc.option(fc.uniqueArray(fc.constantFrom(...RECORDS), { maxLength: 4 }), { nil: undefined, freq: 2 }),
    paxName: fc.constantFrom('PaxHeaders.0/a', 'PaxHeaders.1/a'),
    patch: fc.constantFrom([], [], [[100, '0000644 ']], [[505, 'z']]) as fc.Arbitrary<[number, string][]>,
  })
  .map(({ pax, ...rest }) => {
    const entry = { ...rest, ...(pax === undefined ? {} : { pax }) };
    const isFile = (entry.type === '0' || entry.type === '\0') && !entry.name.endsWith('/');
    return isFile ? entry : { ...entry, content: '' };
  });

const anyGlobal: fc.Arbitrary<RawEntry> = fc.record({
  name: fc.constantFrom('./global', 'pax_global_header'),
  type: fc.constant('g'),
  mode: fc.constantFrom(0o644, 0o600),
  pax: fc.constantFrom([['comment', 'x']], [['comment', 'y']]) as fc.Arbitrary<[string, string][]>,
});

const anyTar: fc.Arbitrary<Uint8Array> = fc
  .tuple(
    fc.array(fc.oneof({ weight: 8, arbitrary: anyEntry }, { weight: 1, arbitrary: anyGlobal }), { maxLength: 7 }),
    fc.constantFrom(END, END, zeros(1), zeros(0), zeros(20)),
  )
  .map(([entries, trailer]) => rawTar(entries, trailer));

/** What compareStreams may tell, from the report's list of fields. */
const FIELD =
  /^(?:type|content|mode|uid|gid|uname|gname|mtime|atime|ctime|linkTarget|device|path|order|header|padding|trailer|xattrs\/.+|pax\/.+)$/s;

function expectSound(tar0: Uint8Array, tar1: Uint8Array): void {
  const findings = streamFindings(tar0, tar1, [1, 2]);
  const equal = Buffer.compare(tar0, tar1) === 0;
  expect(findings.length > 0).toBe(!equal);
  const swapped = streamFindings(tar1, tar0, [2, 1]);
  expect(sorted(swapped)).toEqual(sorted(findings.map(mirrored)));
  const things = findings.map(({ path, duplicate, field, values }) =>
    JSON.stringify([path, duplicate, field, field === 'type' ? values : null]),
  );
  expect(new Set(things).size).toBe(things.length);
  for (const { field, values } of findings) {
    expect(field).toMatch(FIELD);
    expect(values[0]).not.toEqual(values[1]);
  }
}

describe('any two layers', () => {
  test('other bytes have a finding, the same have none; swapped sides mirror; each thing is told once', () => {
    fc.assert(fc.property(anyTar, anyTar, expectSound), { numRuns: 1500 });
  });

  test('of nearly the same entries', () => {
    const entries = fc.array(anyEntry, { minLength: 1, maxLength: 6 });
    const change = fc.record({
      entry: anyEntry,
      keys: fc.uniqueArray(
        fc.constantFrom('name', 'mode', 'mtime', 'uid', 'pax', 'content', 'dialect', 'patch', 'paxName'),
      ),
    });
    fc.assert(
      fc.property(entries, fc.nat(), change, fc.integer({ min: 0, max: 2 }), (list, at, { entry, keys }, kind) => {
        const position = at % list.length;
        const other = [...list];
        const old = list[position] as RawEntry;
        const isFile = old.content !== '';
        const picked = Object.fromEntries(
          keys
            .filter((key) => key in entry && (key !== 'content' || isFile))
            .map((key) => [key, entry[key as keyof RawEntry]]),
        );
        if (kind === 0) other.splice(position, 1);
        else if (kind === 1) other.splice(position, 0, entry);
        else other[position] = { ...old, ...picked };
        expectSound(rawTar(list), rawTar(other));
      }),
      { numRuns: 1000 },
    );
  });

  test('of which one is the other with some bytes changed', () => {
    let read = 0;
    fc.assert(
      fc.property(
        anyTar,
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 3 }),
        fc.boolean(),
        (tar, edits, fix) => {
          if (tar.length === 0) return;
          const other = tar.slice();
          for (const [at, byte] of edits) {
            const position = at % other.length;
            other[position] = byte;
            /* A right checksum lets more of the changed headers through to the comparison. */
            const start = position - (position % 512);
            if (fix && other[start + 148] !== 0) setChecksum(other, start);
          }
          try {
            indexOf(other);
          } catch (error) {
            expect(error).toBeInstanceOf(OciDiffError);
            return;
          }
          read++;
          expectSound(tar, other);
        },
      ),
      { numRuns: 3000 },
    );
    expect(read).toBeGreaterThan(500);
  });
});

describe('one change to any layer is one finding', () => {
  const names = ['a', 'b', 'd/', 'd/x', 'e'];
  const plain: fc.Arbitrary<RawEntry[]> = fc.tuple(
    ...names.map((name) =>
      fc.record({
        name: fc.constant(name),
        type: fc.constant(name.endsWith('/') ? '5' : '0'),
        dialect: fc.constantFrom('v7', 'ustar', 'gnu') as fc.Arbitrary<'v7' | 'ustar' | 'gnu'>,
        mode: fc.integer({ min: 0, max: 0o7777 }),
        uid: fc.integer({ min: 0, max: 0o7777777 }),
        gid: fc.integer({ min: 0, max: 0o7777777 }),
        mtime: fc.integer({ min: 0, max: 2 ** 30 }),
        content: name.endsWith('/') ? fc.constant('') : fc.string({ maxLength: 700, unit: 'grapheme-ascii' }),
      }),
    ),
  );

  test.each<[string, (entry: RawEntry) => RawEntry, string[]]>([
    ['mode', (entry) => ({ ...entry, mode: (entry.mode as number) ^ 0o1 }), []],
    ['uid', (entry) => ({ ...entry, uid: (entry.uid as number) ^ 1 }), []],
    ['gid', (entry) => ({ ...entry, gid: (entry.gid as number) ^ 1 }), []],
    ['mtime', (entry) => ({ ...entry, mtime: (entry.mtime as number) ^ 1 }), ['file-timestamps']],
    ['path', (entry) => ({ ...entry, name: `./${entry.name}` }), ['path-spelling']],
    ['header', (entry) => ({ ...entry, patch: [[148 - 24 + 11, ' ']] }), ['tar-format']],
  ])('%s', (field, change, excuses) => {
    fc.assert(
      fc.property(plain, fc.nat(names.length - 1), (entries, at) => {
        const other = entries.map((entry, i) => (i === at ? change(entry) : entry));
        const findings = streamFindings(rawTar(entries), rawTar(other));
        expect(findings.map((finding) => [finding.path, finding.field])).toEqual([
          [names[at]?.replace('/', '') === 'd' ? 'd' : names[at], field],
        ]);
        expect(findings.map(excusedBy)).toEqual([excuses]);
        expect(findings.every((finding) => SEMANTIC.ignoredBy(finding) === (excuses[0] ?? null))).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  test('content of any length', () => {
    fc.assert(
      fc.property(
        plain,
        fc.constantFrom(0, 1, 3, 4),
        fc.string({ maxLength: 700, unit: 'grapheme-ascii' }),
        (entries, at, content) => {
          const other = entries.map((entry, i) => (i === at ? { ...entry, content } : entry));
          const fields = streamFindings(rawTar(entries), rawTar(other)).map(({ field }) => field);
          expect(fields).toEqual(entries[at]?.content === content ? [] : ['content']);
        },
      ),
      { numRuns: 200 },
    );
  });

  test('an entry that moved', () => {
    fc.assert(
      fc.property(plain, fc.nat(4), fc.nat(4), (entries, from, to) => {
        const other = [...entries];
        const [entry] = other.splice(from, 1);
        other.splice(to, 0, entry as RawEntry);
        const findings = streamFindings(rawTar(entries), rawTar(other));
        expect(findings.map(({ field }) => field)).toEqual(from === to ? [] : ['order']);
        /* Of two neighbours that changed places either one has moved. */
        if (Math.abs(from - to) > 1) expect(findings[0]?.path).toBe(names[from]?.replace(/\/$/, ''));
      }),
      { numRuns: 200 },
    );
  });
});

test('a difference that no entry explains is told all the same, and counts', () => {
  const index = indexOf(rawTar([{ name: 'a' }]));
  const findings: unknown[] = [];
  compareStreams(index, { ...index, diffId: indexOf(END).diffId }, PLATFORM, [0, 0], (finding) =>
    findings.push(finding),
  );
  expect(findings).toMatchObject([{ subject: 'layer', field: 'diffId', excuses: [] }]);
});
