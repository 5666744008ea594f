import { describe, expect, test } from 'vitest';
import { FORMAT_DECODERS } from '../../../../packages/core/src/explain/formats/index.js';
import { packagesOf } from '../../../../packages/core/src/explain/formats/packages.js';
import { bytes, fixture } from './samples.js';

const MIB = 1024 * 1024;
/** Milliseconds of processor time: far more than any of these takes, far less than what grows with the square takes. */
const MOST_MS = 6000;

function many(text: string, length = MIB / 2): Uint8Array {
  return Buffer.alloc(length, text, 'latin1');
}

/** Starts of formats, and what is repeated behind them. */
const CASES: readonly (readonly [format: string, path: string, content: Uint8Array])[] = [
  ['passwd', 'etc/passwd', many('a::::::\n')],
  ['passwd', 'etc/passwd', many(':')],
  ['shadow', 'etc/shadow', many('a:::::::\n')],
  ['group', 'etc/group', many('a'.repeat(4000))],
  ['dpkg-status', 'var/lib/dpkg/status', many('a:\n')],
  ['dpkg-status', 'var/lib/dpkg/status', many('Package: a\n\n')],
  ['dpkg-status', 'var/lib/dpkg/status', many('a: b\n c\n')],
  ['apk-installed', 'lib/apk/db/installed', Buffer.concat([bytes(`F:${'x'.repeat(390)}\n`), many('R:\nZ:\n')])],
  ['apk-installed', 'lib/apk/db/installed', many('P:a\n\n')],
  ['pacman-desc', 'var/lib/pacman/local/a-1/desc', many('%A%\n')],
  ['python-record', 'a.dist-info/RECORD', many(',,\n')],
  ['pem', 'x.pem', many('-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n')],
  ['pem', 'x.pem', many('-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n')],
  ['pem', 'x.pem', many('-----BEGIN X-----\n')],
  ['ssh-public-key', 'x.pub', many('ssh-rsa AAAAAAAAAAAAAAAA\n')],
  [
    'java-keystore',
    'cacerts',
    Buffer.concat([fixture('formats/keys/store.jks').subarray(0, 8), many('\x00\x00\x00\x02\x00\x00')]),
  ],
  ['elf', 'x', Buffer.concat([fixture('formats/elf/64-0.so'), many('\x01')])],
  ['png', 'x.png', Buffer.concat([fixture('formats/png/0.png').subarray(0, 8), many('\0\0\0\0abcd\0\0\0\0')])],
  ['pdf', 'x.pdf', Buffer.concat([bytes('%PDF-'), many('/ID [<00><00>]')])],
  ['pdf', 'x.pdf', Buffer.concat([bytes('%PDF-'), many('/CreationDate (')])],
  ['gettext-po', 'x.po', many('"A: b\\n"\n')],
  ['gettext-po', 'x.po', Buffer.concat([bytes('"A: b\\n"\n'), many('"A: ')])],
  ['gettext-mo', 'x.mo', Buffer.concat([bytes('\xde\x12\x04\x95'), many('\nPOT-Creation-Date: \n')])],
  ['git-index', '.git/index', Buffer.concat([bytes('DIRC\0\0\0\x02\xff\xff\xff\xff'), many('\0')])],
  ['sqlite', 'x.db', Buffer.concat([fixture('formats/sqlite/0.db'), many('\x0d\0\0\0\x7f')])],
  ['hwdb', 'etc/udev/hwdb.bin', Buffer.concat([fixture('formats/headers/hwdb.bin'), many('\x01\x02')])],
  ['python-bytecode', 'x.pyc', Buffer.concat([fixture('formats/pyc/3.13-time.pyc').subarray(0, 16), many('\xa9\x01')])],
  [
    'python-bytecode',
    'x.pyc',
    Buffer.concat([fixture('formats/pyc/3.13-time.pyc').subarray(0, 16), bytes('(\0\0\x08\0'), many('z\0')]),
  ],
];

describe('time grows with the size', () => {
  test.each(CASES)('%s: %#', (format, path, content) => {
    const decoder = FORMAT_DECODERS.find((candidate) => candidate.format === format);
    const changed = Uint8Array.from(content);
    const middle = changed.length >> 1;
    changed[middle] = (changed[middle] as number) ^ 1;
    const start = process.cpuUsage();
    decoder?.recognises(path, content);
    const difference = decoder?.compare(content, changed) ?? null;
    decoder?.compare(content.subarray(0, middle), content);
    packagesOf(path, content);
    expect(process.cpuUsage(start).user / 1000).toBeLessThan(MOST_MS);
    if (difference !== null)
      expect([...(difference.fields ?? []), ...(difference.bytes?.ranges ?? [])]).not.toEqual([]);
    expect(JSON.stringify(difference).length).toBeLessThan(MIB);
  });
});
