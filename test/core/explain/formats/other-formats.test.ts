import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { parseGettextHeader } from '../../../../packages/core/src/explain/formats/gettext.js';
import { withoutGzipTime } from '../../../../packages/core/src/explain/formats/gzip.js';
import { parseMachineId } from '../../../../packages/core/src/explain/formats/identities.js';
import { parsePng } from '../../../../packages/core/src/explain/formats/png.js';
import { parseRecord } from '../../../../packages/core/src/explain/formats/python-record.js';
import { parseSshPublicKeys } from '../../../../packages/core/src/explain/formats/ssh-key.js';
import { bytes, compareFiles, evidence, fieldsOf, fixture } from './samples.js';

describe('times and identities in files', () => {
  test.each([
    ['png', 'x.png', ['tIME', 'tEXt date:create']],
    ['pdf', 'x.pdf', ['CreationDate', 'ID']],
    ['gettext', 'x.po', ['POT-Creation-Date']],
  ])('%s: times are metadata, the rest is not', (folder, path, names) => {
    const file = (name: string): Uint8Array =>
      fixture(`formats/${folder}/${name}.${folder === 'gettext' ? 'po' : folder}`);
    const times = compareFiles(path, file('0'), file('1'));
    expect(times?.equalBut).toEqual(['metadata']);
    expect(Object.keys(fieldsOf(times))).toEqual(names);
    expect(times?.bytes).toBeUndefined();
    const other = compareFiles(path, file('0'), file('other'));
    expect(other?.equalBut).toBeUndefined();
    expect(other?.bytes?.differing).toBeGreaterThan(0);
  });

  test('PNG: the time as its chunk has it', () => {
    expect(fieldsOf(compareFiles('x.png', fixture('formats/png/0.png'), fixture('formats/png/1.png'))).tIME).toEqual([
      '2023-02-28 21:21:01',
      '2023-02-28 21:21:02',
    ]);
  });

  test('compiled messages: a date that an older msgfmt left in', () => {
    const mo = fixture('formats/gettext/0.mo');
    expect(mo).toEqual(fixture('formats/gettext/1.mo'));
    const old = (date: string): Uint8Array => {
      const text = Buffer.from(mo).toString('latin1');
      return bytes(text.replace('Project-Id-Version: fixture 1\n', `POT-Creation-Date: ${date}\n`));
    };
    expect(compareFiles('x.mo', old('2023-02-28'), old('2023-03-01'))).toMatchObject({
      equalBut: ['metadata'],
      fields: [{ name: 'POT-Creation-Date', values: ['2023-02-28', '2023-03-01'] }],
    });
  });

  test('git: what stat says of files is metadata, objects are not', () => {
    const [index0, index1] = [fixture('formats/git/0.index'), fixture('formats/git/1.index')];
    const difference = compareFiles('.git/index', index0, index1);
    expect(difference?.equalBut).toEqual(['metadata']);
    expect(fieldsOf(difference)).toMatchObject({ 'a/mtime': ['2023-02-28T21:21:00Z', '2023-02-28T21:21:40Z'] });
    const changed = Uint8Array.from(index0);
    changed[12 + 45] = (changed[12 + 45] as number) ^ 1;
    expect(compareFiles('.git/index', index0, changed)?.equalBut).toBeUndefined();
  });

  test('fontconfig: the state of the folder is metadata', () => {
    const name = 'services/var/cache/fontconfig/d589a48862398ed80a3d6066f4f56f4c-le64.cache-8';
    const difference = compareFiles('x.cache-8', ...evidence(name));
    expect(difference?.equalBut).toEqual(['metadata']);
    expect(Object.keys(fieldsOf(difference))).toEqual(['checksum', 'checksum_nano']);
    expect(difference?.bytes).toBeUndefined();
  });

  test('GnuPG: when a key ring was made, and bytes for the rest', () => {
    const ring = compareFiles('root/.gnupg/pubring.kbx', ...evidence('services/root/.gnupg/pubring.kbx'));
    expect(Object.keys(fieldsOf(ring))).toEqual(['created', 'last maintained']);
    expect(ring?.bytes?.differing).toBeGreaterThan(100);
    const trust = compareFiles('root/.gnupg/trustdb.gpg', ...evidence('services/root/.gnupg/trustdb.gpg'));
    expect(Object.keys(fieldsOf(trust))).toContain('created');
  });

  test('machine IDs', () => {
    const [id0, id1] = evidence('services/etc/machine-id');
    expect(fieldsOf(compareFiles('etc/machine-id', id0, id1))).toEqual({
      'machine-id': [Buffer.from(id0).toString().trim(), Buffer.from(id1).toString().trim()],
    });
    for (const text of ['uninitialized\n', '', `${'A'.repeat(32)}\n`, `${'a'.repeat(33)}\n`, `${'a'.repeat(32)}\n\n`]) {
      expect(parseMachineId(bytes(text))).toBeNull();
    }
  });

  test('a random seed is not shown', () => {
    const difference = compareFiles('var/lib/systemd/random-seed', bytes('secret-one'), bytes('secret-two'));
    expect(fieldsOf(difference).seed).toBeDefined();
    expect(JSON.stringify(difference)).not.toContain('secret');
    expect(JSON.stringify(difference)).not.toContain(Buffer.from('secret').toString('hex'));
  });

  test('headers of journal catalogues and GDBM files', () => {
    const catalog = Buffer.concat([bytes('RHHHKSLP'), Buffer.alloc(32), bytes('rest')]);
    const items = Buffer.from(catalog);
    items.writeUInt32LE(7, 24);
    expect(fieldsOf(compareFiles('var/lib/systemd/catalog/database', catalog, items))).toEqual({ n_items: ['0', '7'] });
    /* The magic number 0x13579ace, little-endian. */
    const gdbm = Buffer.concat([bytes('\xce\x9a\x57\x13'), Buffer.alloc(60)]);
    const blocks = Buffer.from(gdbm);
    blocks.writeInt32LE(4096, 4);
    expect(fieldsOf(compareFiles('var/cache/man/index.db', gdbm, blocks))).toEqual({ block_size: [0, 4096] });
  });
});

describe('parsers say where things stand', () => {
  test('chunks of a PNG image cover it', () => {
    const content = fixture('formats/png/0.png');
    const chunks = parsePng(content) ?? [];
    expect(chunks.map(({ type }) => type)).toEqual(['IHDR', 'tIME', 'tEXt', 'IDAT', 'IEND']);
    expect(chunks[0]?.start).toBe(8);
    for (const [n, { end }] of chunks.entries()) expect(chunks[n + 1]?.start ?? content.length).toBe(end);
  });

  test('fields of a message catalogue', () => {
    const content = fixture('formats/gettext/0.po');
    const field = parseGettextHeader(content).find(({ name }) => name === 'POT-Creation-Date');
    expect(Buffer.from(content.subarray(field?.start, field?.end)).toString()).toBe('2023-02-28 21:21+0000');
  });

  test('rows of a RECORD, also with CRLF', () => {
    const content = bytes('a,sha256=x,1\r\n"b,c",,\r\n');
    const rows = parseRecord(content) ?? [];
    expect(rows.map(({ path }) => path)).toEqual(['a', '"b,c"']);
    expect(rows.map(({ size }) => Buffer.from(content.subarray(size.start, size.end)).toString())).toEqual(['1', '']);
  });

  test('a public key and its comment', () => {
    const content = evidence('services/etc/ssh/ssh_host_ed25519_key.pub')[0];
    const key = parseSshPublicKeys(content)?.[0];
    expect(key?.type).toBe('ssh-ed25519');
    expect(Buffer.from(content.subarray(key?.comment.start, key?.comment.end)).toString()).toBe('root@buildkitsandbox');
    expect(parseSshPublicKeys(bytes('ssh-ed25519\n'))).toBeNull();
  });
});

describe('gzip', () => {
  test('without the time of its header it unpacks to the same', () => {
    const stamped = Buffer.from(gzipSync('text'));
    stamped.writeUInt32LE(1677619260, 4);
    const plain = withoutGzipTime(stamped) as Uint8Array;
    expect(plain).toEqual(withoutGzipTime(gzipSync('text')));
    expect(gunzipSync(plain).toString()).toBe('text');
    expect(plain).not.toEqual(withoutGzipTime(gzipSync('next')));
  });

  test('what is no gzip, and a header with a checksum, stay', () => {
    expect(withoutGzipTime(bytes('text'))).toBeNull();
    const checked = Buffer.from(gzipSync('text'));
    checked[3] = 0x02;
    expect(withoutGzipTime(checked)).toBeNull();
  });
});
