import { describe, expect, test } from 'vitest';
import { FORMAT_DECODERS } from '../../../../packages/core/src/explain/formats/index.js';
import { compareFiles, fixture, SAMPLES } from './samples.js';

/** Bytes at the start of a sample that are all changed; of the rest of a long one, some. */
const ALL_BYTES = 300;
const LONG = 1000;
const STEP = 41;

function positions(length: number): number[] {
  const chosen: number[] = [];
  for (let at = 0; at < length; at += at < ALL_BYTES || length < LONG ? 1 : STEP) chosen.push(at);
  return chosen;
}

describe('no decoder takes contents for equal that are not', () => {
  test('every decoder has a sample', () => {
    const formats = new Set(SAMPLES.map(([format]) => format));
    /* Both of these are tested in the files of their own. */
    const others = new Set(['subgid', 'journal-catalog', 'gdbm']);
    for (const { format } of FORMAT_DECODERS) expect(formats.has(format) || others.has(format), format).toBe(true);
  });

  test.each(SAMPLES)('%s, %s: each byte changed by itself is told', (format, path, content) => {
    const decoder = FORMAT_DECODERS.find((candidate) => candidate.format === format);
    expect(decoder?.recognises(path, content)).toBe(true);
    let told = 0;
    for (const at of positions(content.length)) {
      for (const change of at % 8 === 0 ? [0x01, 0x80] : [0x01]) {
        const changed = Uint8Array.from(content);
        changed[at] = (changed[at] as number) ^ change;
        const difference = decoder?.compare(content, changed) ?? null;
        if (difference === null) continue;
        told++;
        const isIn = (difference.bytes?.ranges ?? []).some(
          ({ offsets, lengths }) => at >= offsets[1] && at < offsets[1] + lengths[1],
        );
        const isTold = isIn || (difference.fields?.length ?? 0) > 0;
        if (!isTold || difference.summary === '') expect.fail(`byte ${at} is not told`);
        for (const { name, values } of difference.fields ?? []) {
          if (JSON.stringify(values[0]) === JSON.stringify(values[1]))
            expect.fail(`${name} is told as equal, byte ${at}`);
        }
      }
    }
    /* Most changes leave a file of that format. */
    expect(told).toBeGreaterThan(0);
  });

  test.each(SAMPLES)(
    '%s, %s: bytes behind the end, and cut off, are told or no such file',
    (_format, path, content) => {
      for (const more of [[0], [0x0a], [0x41, 0x42]]) {
        const difference = compareFiles(path, content, Buffer.concat([content, Buffer.from(more)]));
        if (difference !== null)
          expect([...(difference.fields ?? []), ...(difference.bytes?.ranges ?? [])]).not.toEqual([]);
      }
      for (let length = 0; length < content.length; length += Math.ceil(content.length / 60)) {
        const difference = compareFiles(path, content.subarray(0, length), content);
        if (difference !== null)
          expect([...(difference.fields ?? []), ...(difference.bytes?.ranges ?? [])]).not.toEqual([]);
      }
    },
  );
});

describe('hostile contents', () => {
  test.each(SAMPLES)('%s, %s: many bytes changed at random', (format, path, content) => {
    let seed = 1;
    const random = (below: number): number => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
      return Math.floor((seed / 2 ** 32) * below);
    };
    const decoder = FORMAT_DECODERS.find((candidate) => candidate.format === format);
    for (let round = 0; round < 30; round++) {
      const changed = Uint8Array.from(content);
      for (let n = 0; n <= round % 12; n++) {
        const at = round % 2 === 0 ? random(content.length) : random(Math.min(content.length, 120));
        changed[at] = [0, 0xff, 0x80, 0x7f, random(256)][random(5)] as number;
      }
      decoder?.recognises(path, changed);
      decoder?.compare(content, changed);
      decoder?.compare(changed, content);
    }
  });

  test('the other way round says the same', () => {
    const pairs: [string, string, string][] = [
      ['x.pyc', 'formats/pyc/3.11-time.pyc', 'formats/pyc/3.11-other.pyc'],
      ['x.so', 'formats/elf/64-0.so', 'formats/elf/64-stripped.so'],
      ['x.db', 'formats/sqlite/0.db', 'formats/sqlite/other.db'],
      ['x.po', 'formats/gettext/0.po', 'formats/gettext/other.po'],
      ['x.png', 'formats/png/0.png', 'formats/png/other.png'],
    ];
    for (const [path, file0, file1] of pairs) {
      const there = compareFiles(path, fixture(file0), fixture(file1));
      const back = compareFiles(path, fixture(file1), fixture(file0));
      expect(there).not.toBeNull();
      const turned = back?.fields?.map(({ name, values }) => ({ name, values: [values[1], values[0]] }));
      expect(new Set(there?.fields?.map((field) => JSON.stringify(field)))).toEqual(
        new Set(turned?.map((field) => JSON.stringify(field))),
      );
      expect(there?.bytes?.differing).toBe(back?.bytes?.differing);
      expect(there?.equalBut).toEqual(back?.equalBut);
    }
  });
});
