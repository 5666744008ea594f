import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { canonicalMarshal, codeLayoutOf, parseMarshal } from '../../../../packages/core/src/explain/formats/marshal.js';
import { canonicalPyc, parsePyc, parsePycCode } from '../../../../packages/core/src/explain/formats/pyc.js';
import { requireTool } from '../../../support/tools.js';
import { bytes, compareFiles, evidence, fieldsOf, fixture } from './samples.js';

const VERSIONS = ['3.8', '3.9', '3.10', '3.11', '3.12', '3.13'];
/** Those that write sets in the order of the hash seed; later ones sort them (python/cpython#81777). */
const UNSORTED = new Set(['3.8', '3.9', '3.10']);
const pyc = (name: string): Uint8Array => fixture(`formats/pyc/${name}.pyc`);
const TIME = '2023-02-28T21:21:00Z';

describe.each(VERSIONS)('bytecode of Python %s', (version) => {
  const time = pyc(`${version}-time`);

  test('a time that differs is metadata, and told alone', () => {
    const difference = compareFiles('x.pyc', time, pyc(`${version}-later`));
    expect(difference).toEqual({
      format: 'python-bytecode',
      summary: 'mtime differs',
      equalBut: ['metadata'],
      fields: [{ name: 'mtime', values: [TIME, '2023-02-28T21:21:01Z'] }],
    });
  });

  test('the header is what py_compile was asked for', () => {
    /* 388: `wc -c` of the source in make.sh. */
    expect(parsePyc(time)).toMatchObject({ flags: 0, mtime: 1677619260, size: 388, hash: null });
    expect(parsePyc(pyc(`${version}-checked`))).toMatchObject({ flags: 3, mtime: null, size: null });
    expect(parsePyc(pyc(`${version}-unchecked`))).toMatchObject({ flags: 1, mtime: null, size: null });
    expect(fieldsOf(compareFiles('x.pyc', pyc(`${version}-checked`), pyc(`${version}-unchecked`)))).toEqual({
      flags: ['by hash, checked', 'by hash, unchecked'],
    });
  });

  test('references written in another way', () => {
    const refs = pyc(`${version}-refs`);
    expect(Buffer.compare(time, refs)).not.toBe(0);
    expect(compareFiles('x.pyc', time, refs)).toMatchObject({ equalBut: ['encoding'] });
    expect(canonicalPyc(time)).toEqual(canonicalPyc(refs));
    expect(canonicalPyc(time, false)).toEqual(canonicalPyc(refs, false));
  });

  test.runIf(UNSORTED.has(version))('sets written in another order', () => {
    const seed = pyc(`${version}-seed`);
    expect(compareFiles('x.pyc', time, seed)).toMatchObject({ equalBut: ['member-order'] });
    expect(canonicalPyc(time)).toEqual(canonicalPyc(seed));
    expect(canonicalPyc(time, false)).not.toEqual(canonicalPyc(seed, false));
  });

  test.runIf(!UNSORTED.has(version))('sets stand in one order whatever the hash seed is', () => {
    expect(pyc(`${version}-seed`)).toEqual(time);
  });

  test('another constant is another constant', () => {
    const other = pyc(`${version}-other`);
    expect(canonicalPyc(other)).not.toEqual(canonicalPyc(time));
    const difference = compareFiles('x.pyc', time, other);
    expect(difference?.equalBut).toBeUndefined();
    expect(difference?.bytes?.count).toBeGreaterThan(0);
    const names = Object.keys(fieldsOf(difference));
    expect(names.some((name) => name.endsWith('Sample.member co_consts'))).toBe(true);
    expect(names.some((name) => name.includes('co_code') || name.includes('co_filename'))).toBe(false);
  });

  test.runIf(version === '3.9' || version === '3.13')('every byte of the code counts, but FLAG_REF', () => {
    const canonical = canonicalPyc(time);
    const ignored: number[] = [];
    for (let at = 16; at < time.length; at++) {
      for (const change of [0x01, 0x80]) {
        const changed = Uint8Array.from(time);
        changed[at] = (changed[at] as number) ^ change;
        const other = canonicalPyc(changed);
        if (other !== null && canonical !== null && Buffer.compare(other, canonical) === 0) ignored.push(change);
      }
    }
    expect(new Set(ignored)).toEqual(new Set([0x80]));
  });

  test('the canonical form is canonical', () => {
    const canonical = canonicalPyc(time) as Uint8Array;
    expect(canonicalPyc(canonical)).toEqual(canonical);
  });
});

test.skipIf(!requireTool('python3'))('Python reads the canonical form as the same code', () => {
  const version = spawnSync('python3', ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])'], {
    encoding: 'utf8',
  });
  const name = version.stdout.trim();
  if (!VERSIONS.includes(name)) return;
  for (const file of ['time', 'refs', 'other']) {
    const content = pyc(`${name}-${file}`);
    const input = Buffer.concat([canonicalPyc(content) as Uint8Array, content]).toString('base64');
    const script = `
import base64, marshal, sys
data = base64.b64decode(sys.stdin.read())
cut = len(data) - ${content.length}
a, b = marshal.loads(data[16:cut]), marshal.loads(data[cut + 16:])
print(a == b, a.co_consts == b.co_consts, a.co_names == b.co_names)`;
    const run = spawnSync('python3', ['-c', script], { input, encoding: 'utf8' });
    expect(run.stdout.trim(), run.stderr).toBe('True True True');
  }
});

describe('of two real builds', () => {
  test.each(['certifi', 'click', 'flask'])('%s: nothing but the time', (name) => {
    const file = { certifi: 'core', click: 'types', flask: 'app' }[name];
    const [content0, content1] = evidence(
      `python/opt/v/lib/python3.11/site-packages/${name}/__pycache__/${file}.cpython-311.pyc`,
    );
    expect(compareFiles('x.pyc', content0, content1)).toMatchObject({
      summary: 'mtime differs',
      equalBut: ['metadata'],
    });
    expect(parsePycCode(content0)).not.toBeNull();
  });
});

describe('hostile streams', () => {
  const header = fixture('formats/pyc/3.11-time.pyc').subarray(0, 16);
  const layout = codeLayoutOf(3495);
  const number = (value: number): Uint8Array => {
    const buffer = Buffer.alloc(4);
    buffer.writeUInt32LE(value);
    return buffer;
  };

  test('nested without end, or claiming more than there is: no code', () => {
    for (const code of [
      Buffer.alloc(100_000, '\x29\x01', 'latin1'),
      Buffer.concat([bytes('('), number(0xffffffff)]),
      Buffer.concat([bytes('s'), number(0x7fffffff)]),
      bytes('\xa9\x01r\x00\x00\x00\x00'),
      bytes('r\x05\x00\x00\x00'),
      bytes('{N'),
      bytes(''),
    ]) {
      expect(parsePycCode(Buffer.concat([header, code]))).toBeNull();
    }
  });

  test('tuples of references to tuples of references are written in the space that they take', () => {
    /* (t0, t1, …): t0 = (1.5,); t(n) = (t(n-1), t(n-1)) */
    const pieces: Uint8Array[] = [bytes('('), number(101), bytes('\xa9\x01g'), new Uint8Array(8)];
    for (let n = 0; n < 100; n++) pieces.push(bytes('\xa9\x02r'), number(n), bytes('r'), number(n));
    const content = Buffer.concat(pieces);
    const stream = layout === null ? null : parseMarshal(content, 0, layout);
    expect(stream).not.toBeNull();
    if (stream !== null) expect(canonicalMarshal(stream, true).length).toBeLessThan(2 * content.length);
    /* Higher than that, it is given up before anything recursive runs. */
    for (let n = 100; n < 5000; n++) pieces.push(bytes('\xa9\x02r'), number(n), bytes('r'), number(n));
    pieces[1] = number(5001);
    expect(layout === null ? null : parseMarshal(Buffer.concat(pieces), 0, layout)).toBeNull();
  });

  test('millions of objects are given up', () => {
    const count = 1_000_000;
    const code = Buffer.concat([bytes('('), number(count), Buffer.alloc(count, 'N')]);
    const start = performance.now();
    expect(parsePycCode(Buffer.concat([header, code]))).toBeNull();
    expect(performance.now() - start).toBeLessThan(5000);
  });
});
