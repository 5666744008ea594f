import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseJks, withoutJksDates } from '../../../../packages/core/src/explain/formats/keystore.js';
import { parsePem, sortedPem } from '../../../../packages/core/src/explain/formats/pem.js';
import { requireTool } from '../../../support/tools.js';
import { bytes, compareFiles, evidence, fieldsOf, fixture } from './samples.js';

const cert = fixture('formats/keys/cert.pem');
const cert2 = fixture('formats/keys/cert2.pem');

describe('PEM', () => {
  test.skipIf(!requireTool('openssl'))('a certificate is told as openssl reads it', () => {
    const [content0, content1] = evidence('services/etc/ssl/certs/ssl-cert-snakeoil.pem');
    const [name, values] = Object.entries(fieldsOf(compareFiles('x.pem', content0, content1)))[0] as [string, string[]];
    expect(name).toBe('CN=localhost');
    for (const [side, content] of [content0, content1].entries()) {
      const run = spawnSync('openssl', ['x509', '-noout', '-fingerprint', '-sha256', '-serial'], { input: content });
      const [fingerprint, serial] = ['Fingerprint', 'serial'].map(
        (key) => new RegExp(`${key}=(\\S+)`).exec(run.stdout.toString())?.[1],
      );
      expect(values[side]).toContain((fingerprint as string).replaceAll(':', '').toLowerCase());
      expect(values[side]).toContain(`serial ${serial}`);
    }
  });

  test('bundles are sets: a certificate more, and another order', () => {
    const both = Buffer.concat([cert, cert2]);
    const turned = Buffer.concat([cert2, cert]);
    const fields = fieldsOf(compareFiles('etc/ssl/certs/ca-certificates.crt', cert, both));
    expect(fields).toEqual({ 'CN=other.example.org': [null, expect.stringContaining('SHA-256')] });
    expect(compareFiles('x.crt', both, turned)).toMatchObject({ equalBut: ['member-order'] });
    expect(sortedPem(both)).toEqual(sortedPem(turned));
    expect(sortedPem(both)).not.toEqual(sortedPem(cert));
    expect(sortedPem(both)).not.toEqual(sortedPem(Buffer.concat([cert2, cert, cert])));
  });

  test('remarks belong to the block behind them', () => {
    const bundle0 = Buffer.concat([bytes('# one\n'), cert, bytes('# two\n'), cert2]);
    const bundle1 = Buffer.concat([bytes('# two\n'), cert2, bytes('# one\n'), cert]);
    const bundle2 = Buffer.concat([bytes('# one\n'), cert2, bytes('# two\n'), cert]);
    expect(sortedPem(bundle0)).toEqual(sortedPem(bundle1));
    expect(sortedPem(bundle0)).not.toEqual(sortedPem(bundle2));
    expect(sortedPem(Buffer.concat([cert, bytes('text\n')]))).toBeNull();
    expect(compareFiles('x.crt', bundle0, bundle2)?.bytes?.count).toBeGreaterThan(0);
  });

  test.each(['etc/ssl/private/x.key', 'root/id', 'opt/notes'])('a private key is never shown: %s', (path) => {
    const [key0, key1] = [0, 1].map(() => {
      const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      return privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
    }) as [string, string];
    for (const [before, cut] of [
      ['', 0],
      ['Bag Attributes\n', 0],
      ['', 30],
    ] as const) {
      if (path === 'opt/notes' && before === '') continue;
      const [content0, content1] = [key0, key1].map((key) => bytes(before + key.slice(0, key.length - cut)));
      const difference = compareFiles(path, content0 as Uint8Array, content1 as Uint8Array);
      expect(fieldsOf(difference)).toEqual({
        'PRIVATE KEY': [
          expect.stringMatching(/^private key, not shown/),
          expect.stringMatching(/^private key, not shown/),
        ],
      });
      const told = JSON.stringify(difference);
      for (const line of key0.split('\n').slice(1, -2)) expect(told).not.toContain(line.slice(0, 12));
      expect(told).not.toContain(Buffer.from(key0.slice(40, 60)).toString('hex'));
    }
    expect(sortedPem(bytes(key0))).toBeNull();
  });

  test('what is no PEM', () => {
    expect(parsePem(bytes('text\n'))).toBeNull();
    expect(parsePem(bytes(' -----BEGIN X-----\n'))).toBeNull();
    expect(parsePem(bytes('-----BEGIN X-----\n'))).toMatchObject([{ label: 'X', complete: false }]);
  });
});

describe('SSH public keys', () => {
  test.skipIf(!requireTool('ssh-keygen'))('fingerprints are those of ssh-keygen', () => {
    const folder = mkdtempSync(join(tmpdir(), 'ocidiff-'));
    try {
      for (const type of ['ecdsa', 'ed25519']) {
        const pair = evidence(`services/etc/ssh/ssh_host_${type}_key.pub`);
        const values = Object.values(
          fieldsOf(compareFiles(`etc/ssh/ssh_host_${type}_key.pub`, ...pair)),
        )[0] as string[];
        for (const [side, content] of pair.entries()) {
          writeFileSync(join(folder, 'key.pub'), content);
          const listed = spawnSync('ssh-keygen', ['-lf', join(folder, 'key.pub')], { encoding: 'utf8' }).stdout;
          expect(listed.split(' ')[1]).toBe(values[side]);
        }
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('a comment is a comment', () => {
    const key = evidence('services/etc/ssh/ssh_host_ed25519_key.pub')[0];
    const other = Buffer.from(Buffer.from(key).toString().replace('root@buildkitsandbox', 'root@host'));
    expect(fieldsOf(compareFiles('x.pub', key, other))).toEqual({
      'ssh-ed25519/comment': ['root@buildkitsandbox', 'root@host'],
    });
  });
});

describe('Java key stores', () => {
  test('dates of two real builds', () => {
    const [content0, content1] = evidence('services/etc/ssl/certs/java/cacerts');
    const difference = compareFiles('etc/ssl/certs/java/cacerts', content0, content1);
    const names = Object.keys(fieldsOf(difference));
    /* 142 entries (`keytool -list` counts them) and the digest. */
    expect(names.filter((name) => name.endsWith('/date')).length).toBe(142);
    expect(names.filter((name) => !name.endsWith('/date'))).toEqual(['digest']);
    expect(difference?.bytes).toBeUndefined();
    expect(withoutJksDates(content0)).not.toBeNull();
    expect(withoutJksDates(content0)).toEqual(withoutJksDates(content1));
  });

  test('another certificate, another password and private keys stay', () => {
    const store = fixture('formats/keys/store.jks');
    expect(withoutJksDates(store)).toEqual(withoutJksDates(fixture('formats/keys/later.jks')));
    expect(withoutJksDates(fixture('formats/keys/other.jks'))).not.toEqual(withoutJksDates(store));
    expect(withoutJksDates(fixture('formats/keys/password.jks'))).toBeNull();
    expect(withoutJksDates(fixture('formats/keys/private.jks'))).toBeNull();
    const names = Object.keys(fieldsOf(compareFiles('cacerts', store, fixture('formats/keys/other.jks'))));
    expect(names).toEqual(['fixture/date', 'fixture/certificate', 'digest']);
    const changed = Uint8Array.from(store);
    changed[changed.length - 1] = (changed[changed.length - 1] as number) ^ 1;
    expect(withoutJksDates(changed)).toBeNull();
  });

  test('the key of a private store is not shown', () => {
    const store = fixture('formats/keys/private.jks');
    const key = parseJks(store)?.entries[0]?.key as { start: number; end: number };
    const changed = Uint8Array.from(store);
    changed[key.start + 50] = (changed[key.start + 50] as number) ^ 1;
    const difference = compareFiles('x.jks', store, changed);
    expect(difference?.bytes).toBeUndefined();
    expect(fieldsOf(difference)['key/key']).toEqual([
      expect.stringMatching(/^private key, not shown, /),
      expect.stringMatching(/^private key, not shown, /),
    ]);
  });

  test('a store with more entries than it has bytes', () => {
    const store = Uint8Array.from(fixture('formats/keys/store.jks'));
    store.fill(0xff, 8, 12);
    expect(parseJks(store)).toBeNull();
  });
});
