import type { CauseCases } from '../cause-case.js';
import { evidence, left, tool, written } from '../evidence.js';

const FINGERPRINT = '0123456789ABCDEF0123456789ABCDEF01234567';
const BUILDS = 'two builds of the services image';

/** A PEM block of made-up bytes: no key. */
function pem(label: string, fill: number): string {
  return `-----BEGIN ${label}-----\n${Buffer.alloc(120, fill).toString('base64')}\n-----END ${label}-----\n`;
}

function control(system: number): Buffer {
  const content = Buffer.alloc(8192);
  content.writeBigUInt64LE(BigInt(system), 0);
  content.writeUInt32LE(1300, 8);
  return content;
}

export const IDENTITY_CASES: readonly CauseCases[] = [
  {
    id: 'machine-id',
    takesOut: 'whole',
    shows: [
      evidence('services', 'etc/machine-id', `systemd, ${BUILDS}`),
      evidence('services', 'var/lib/dbus/machine-id', `dbus, ${BUILDS}`),
    ],
    misses: [
      written('etc/machine-id', `${'a'.repeat(32)}\n`, '', 'no id on one side'),
      written('etc/machine-id', `${'a'.repeat(32)}\n`, `${'b'.repeat(32)}\nx\n`, 'another line beside the id'),
    ],
  },
  {
    id: 'random-seed',
    takesOut: 'whole',
    shows: [
      written(
        'var/lib/systemd/random-seed',
        Buffer.alloc(512, 1),
        Buffer.alloc(512, 2),
        'the size that systemd writes',
      ),
      written('root/.gnupg/random_seed', Buffer.alloc(600, 1), Buffer.alloc(600, 2), 'the size that GnuPG writes'),
    ],
    misses: [written('var/lib/systemd/random-seed', Buffer.alloc(512, 1), Buffer.alloc(511, 2), 'another size')],
  },
  {
    id: 'ssh-host-key',
    takesOut: 'whole',
    shows: [
      evidence('services', 'etc/ssh/ssh_host_ed25519_key.pub', `openssh-server, ${BUILDS}`),
      evidence('services', 'etc/ssh/ssh_host_ecdsa_key.pub', `openssh-server, ${BUILDS}`),
      tool('ssh-host-key', 'etc/ssh/ssh_host_ed25519_key.pub', 'ssh-keygen, twice'),
      written(
        'etc/ssh/ssh_host_rsa_key',
        pem('OPENSSH PRIVATE KEY', 1),
        pem('OPENSSH PRIVATE KEY', 2),
        'blocks like keys',
      ),
    ],
    misses: [
      written(
        'etc/ssh/ssh_host_ed25519_key.pub',
        `ssh-ed25519 ${'A'.repeat(68)} root@a\n`,
        `ssh-ed25519 ${'B'.repeat(68)} root@a\nssh-rsa ${'C'.repeat(68)} evil\n`,
        'one key more',
      ),
      written(
        'root/.ssh/authorized_keys',
        `ssh-rsa ${'A'.repeat(68)} a\n`,
        `ssh-rsa ${'B'.repeat(68)} a\n`,
        'no host key',
      ),
    ],
  },
  {
    id: 'generated-certificate',
    takesOut: 'whole',
    shows: [
      evidence('services', 'etc/ssl/certs/ssl-cert-snakeoil.pem', `ssl-cert, ${BUILDS}`),
      tool('generated-certificate', 'etc/ssl/certs/ssl-cert-snakeoil.pem', 'openssl req -x509, twice'),
    ],
    misses: [
      written(
        'etc/ssl/certs/ssl-cert-snakeoil.pem',
        pem('CERTIFICATE', 1),
        pem('CERTIFICATE', 2) + pem('CERTIFICATE', 3),
        'a chain',
      ),
      written(
        'etc/ssl/certs/Root_CA.pem',
        pem('CERTIFICATE', 1),
        pem('CERTIFICATE', 2),
        'a certificate of an authority',
      ),
    ],
  },
  {
    id: 'private-key',
    takesOut: 'whole',
    shows: [
      written('etc/ssl/private/server.key', pem('PRIVATE KEY', 1), pem('PRIVATE KEY', 2), 'blocks like keys'),
      written('etc/ssl/private/server.key', pem('RSA PRIVATE KEY', 1), pem('EC PRIVATE KEY', 2), 'of two kinds'),
    ],
    misses: [
      written('etc/ssl/private/server.key', pem('PRIVATE KEY', 1), pem('PUBLIC KEY', 2), 'no private key on one side'),
    ],
  },
  {
    id: 'gnupg-keyring',
    takesOut: 'whole',
    shows: [
      evidence('services', 'root/.gnupg/pubring.kbx', `gpg --quick-gen-key, ${BUILDS}`),
      evidence('services', 'root/.gnupg/trustdb.gpg', `gpg --quick-gen-key, ${BUILDS}`),
      tool('gnupg', 'root/.gnupg/pubring.kbx', 'gpg --quick-gen-key on two days'),
      tool('gnupg', 'root/.gnupg/trustdb.gpg', 'gpg --quick-gen-key on two days'),
    ],
    misses: [
      written('root/.gnupg/pubring.kbx', 'text', 'another', 'no keyring'),
      written('etc/apt/trusted.gpg', '\x01gpg1', '\x01gpg2', 'another path'),
    ],
  },
  {
    id: 'gnupg-key-files',
    shows: [
      left(`root/.gnupg/private-keys-v1.d/${FINGERPRINT}.key`, '(11:private-key(3:ecc))', 'the beginning of a key'),
      left(
        `root/.gnupg/private-keys-v1.d/${FINGERPRINT}.key`,
        'Created: 20261123T124434\nKey: (private-key (ecc))',
        'its text form',
      ),
      left(
        `root/.gnupg/openpgp-revocs.d/${FINGERPRINT}.rev`,
        'This is a revocation certificate for the OpenPGP key:\n',
        'its heading',
      ),
    ],
    misses: [
      left(`root/.gnupg/private-keys-v1.d/${FINGERPRINT}.key`, '#!/bin/sh\n', 'another content'),
      left('root/.gnupg/gpg.conf', 'Created: 1', 'another name'),
    ],
  },
  {
    id: 'zypp-anonymous-id',
    takesOut: 'whole',
    shows: [
      written(
        'var/lib/zypp/AnonymousUniqueId',
        '0d9ff98e-0d27-4c57-a6a8-3b6c0a1d1b11',
        'a7f1c2d3-0d27-4c57-a6a8-3b6c0a1d1b12',
        'as libzypp writes it',
      ),
    ],
    misses: [
      written('var/lib/zypp/AnonymousUniqueId', '0d9ff98e-0d27-4c57-a6a8-3b6c0a1d1b11', '', 'no id on one side'),
    ],
  },
  {
    id: 'erlang-cookie',
    takesOut: 'whole',
    shows: [written('var/lib/rabbitmq/.erlang.cookie', 'A'.repeat(20), 'B'.repeat(20), 'as Erlang makes it')],
    misses: [written('var/lib/rabbitmq/.erlang.cookie', 'A'.repeat(20), 'secret', 'somebody chose it')],
  },
  {
    id: 'mysql-server-uuid',
    takesOut: /(?<=server-uuid=).*/g,
    shows: [
      written(
        'var/lib/mysql/auto.cnf',
        '[auto]\nserver-uuid=0d9ff98e-0d27-11ee-a6a8-3b6c0a1d1b11\n',
        '[auto]\nserver-uuid=0d9ff98e-0d28-11ee-a6a8-3b6c0a1d1b12\n',
        'as mysqld writes it',
      ),
    ],
    misses: [
      written(
        'var/lib/mysql/auto.cnf',
        '[auto]\nserver-uuid=0d9ff98e-0d27-11ee-a6a8-3b6c0a1d1b11\n',
        '[mysqld]\nserver-uuid=0d9ff98e-0d28-11ee-a6a8-3b6c0a1d1b12\n',
        'another section',
      ),
    ],
  },
  {
    id: 'postgresql-control',
    takesOut: /^.{8}|(?<=^.{24}).{8}|(?<=^.{104}).{8}|(?<=^.{256}).{36}/gs,
    shows: [
      tool('server-identity', 'var/lib/postgresql/15/main/global/pg_control', 'initdb of PostgreSQL 15, twice'),
      written('srv/global/pg_control', control(1), control(2), 'another identifier'),
    ],
    misses: [
      written(
        'srv/global/pg_control',
        control(1),
        Buffer.concat([control(2).subarray(0, 200), Buffer.from('x'), control(2).subarray(201)]),
        'another setting',
      ),
    ],
  },
  {
    id: 'host-identifiers',
    takesOut: /(?<=:01:)[0-9a-f]+|(?<=MY_HOSTID=")[0-9a-f]+/g,
    shows: [
      written(
        'etc/iscsi/initiatorname.iscsi',
        'InitiatorName=iqn.1993-08.org.debian:01:3b6c0a1d1b11\n',
        'InitiatorName=iqn.1993-08.org.debian:01:4c7d1b2e2c22\n',
        'as iscsi-iname makes it',
      ),
    ],
    misses: [
      written(
        'etc/iscsi/initiatorname.iscsi',
        'InitiatorName=iqn.1993-08.org.debian:01:3b6c0a1d1b11\n',
        'InitiatorName=iqn.2005-03.org.open-iscsi:4c7d1b2e2c22\n',
        'of another maker',
      ),
    ],
  },
  {
    id: 'rndc-key',
    takesOut: /(?<=secret ")[^"]+/g,
    shows: [
      written(
        'etc/bind/rndc.key',
        `key "rndc-key" {\n\talgorithm hmac-sha256;\n\tsecret "${'A'.repeat(43)}=";\n};\n`,
        `key "rndc-key" {\n\talgorithm hmac-sha256;\n\tsecret "${'B'.repeat(43)}=";\n};\n`,
        'as rndc-confgen writes it',
      ),
    ],
    misses: [
      written(
        'etc/bind/rndc.key',
        `key "rndc-key" {\n\talgorithm hmac-sha256;\n\tsecret "${'A'.repeat(43)}=";\n};\n`,
        `key "rndc-key" {\n\talgorithm hmac-md5;\n\tsecret "${'B'.repeat(43)}=";\n};\n`,
        'another algorithm',
      ),
    ],
  },
  {
    id: 'dh-parameters',
    takesOut: 'whole',
    shows: [
      written(
        'etc/ssl/dhparam.pem',
        pem('DH PARAMETERS', 1),
        pem('DH PARAMETERS', 2),
        'as openssl dhparam writes them',
      ),
    ],
    misses: [written('etc/ssl/dhparam.pem', pem('DH PARAMETERS', 1), pem('CERTIFICATE', 2), 'something else')],
  },
];
