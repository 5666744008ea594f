import type { CauseCases } from '../cause-case.js';
import { bytesLike, evidence, tool, written } from '../evidence.js';

const TWO = 'openssl req -x509 for three, put together in two ways';

/** A trust store of one made-up certificate, dated; its digest is of another password than the usual one. */
function store(alias: string, date: number, certificate: number): Buffer {
  const head = Buffer.from('feedfeed0000000200000001', 'hex');
  const time = Buffer.alloc(8);
  time.writeBigInt64BE(BigInt(date));
  const entry = [Buffer.from([0, 0, 0, 2, 0, alias.length]), Buffer.from(alias), time];
  const type = Buffer.concat([Buffer.from([0, 5]), Buffer.from('X.509'), Buffer.from([0, 0, 0, 4])]);
  return Buffer.concat([head, ...entry, type, Buffer.alloc(4, certificate), Buffer.alloc(20, date & 0xff)]);
}

export const CERTIFICATES_CASES: readonly CauseCases[] = [
  {
    id: 'java-truststore-time',
    takesOut: bytesLike(String.raw`\0\0\x01.{5}(?=\0\x05X\.509)`),
    shows: [
      evidence('services', 'etc/ssl/certs/java/cacerts', 'ca-certificates-java, two builds of the services image'),
      tool('java-truststore', 'etc/ssl/certs/java/cacerts', 'keytool -importcert -storetype JKS on two days'),
    ],
    misses: [
      written(
        'opt/java/lib/security/cacerts',
        store('a', 1, 1),
        store('a', 2, 2),
        'another certificate beside another time',
      ),
      written('opt/java/lib/security/cacerts', store('a', 1, 1), store('a', 2, 1), 'a digest that nobody can check'),
    ],
  },
  {
    id: 'java-truststore',
    takesOut: 'whole',
    shows: [
      written('opt/java/lib/security/cacerts', store('a', 1, 1), store('a', 2, 2), 'another certificate'),
      written('opt/java/lib/security/cacerts', store('a', 1, 1), store('b', 1, 1), 'another name'),
    ],
    misses: [written('opt/java/lib/security/cacerts', store('a', 1, 1), 'PK', 'no such store on one side')],
  },
  {
    id: 'ca-bundle-order',
    takesOut: /(?!)/g,
    shows: [tool('ca-bundle-order', 'etc/ssl/certs/ca-certificates.crt', TWO)],
    misses: [tool('ca-bundle-set', 'etc/ssl/certs/ca-certificates.crt', TWO)],
  },
  {
    id: 'ca-bundle-set',
    takesOut: 'whole',
    shows: [tool('ca-bundle-set', 'etc/ssl/certs/ca-certificates.crt', TWO)],
    misses: [
      written(
        'etc/ssl/certs/ca-certificates.crt',
        '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
        '-----BEGIN CERTIFICATE-----\nBBBB\n-----END CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\nBBBB\n-----END PRIVATE KEY-----\n',
        'a private key among them',
      ),
    ],
  },
];
