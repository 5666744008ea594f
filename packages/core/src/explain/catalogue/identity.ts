import { latin1 } from '../../bytes/latin1.js';
import type { Cause } from '../cause.js';
import { beginsWith, blank, NOTHING, wholeText } from '../content-rule.js';
import type { FileSide } from '../evidence.js';
import { viewOf } from '../formats/values.js';
import { normaliseLines } from '../text-rule.js';

const UUID = '[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}';
/* systemd's pool has 512 bytes or as many as the kernel says; GnuPG's has 600. */
const SEED_BYTES = new Set([32, 256, 512, 600, 1024, 4096]);
const HOST_KEY = /^(?:ssh-(?:ed25519|rsa|dss)|ecdsa-sha2-nistp\d{3}) [A-Za-z0-9+/]{40,2000}={0,2}(?: [!-~]{1,255})?\n$/;
/* One PEM block and nothing else. */
const KEY_BLOCK = /^-----BEGIN ((?:[A-Z]{2,10} )?PRIVATE KEY)-----\n[A-Za-z0-9+/=\n]{40,20000}-----END \1-----\n$/;
const CERTIFICATE_BLOCK = /^-----BEGIN CERTIFICATE-----\n[A-Za-z0-9+/=\n]{100,20000}-----END CERTIFICATE-----\n$/;
const KEY_BYTES = 32_768;

/* pg_control of PostgreSQL 13 to 16, by src/include/catalog/pg_control.h */
const PG_CONTROL_BYTES = 8192;
const PG_CONTROL_VERSION = 1300;

/** What is made once for a machine and must not be the same in two, so it should not be in an image at all. */
export const IDENTITY: readonly Cause[] = [
  {
    id: 'machine-id',
    title: 'Each build makes a new id of the machine',
    class: 'benign',
    where: '/etc/machine-id, /var/lib/dbus/machine-id',
    shape: 'The whole file is one id of 32 hexadecimal digits.',
    remedy:
      'Leave it empty, so that it is made when the system starts: && truncate -s 0 /etc/machine-id && rm -f /var/lib/dbus/machine-id',
    references: ['https://www.freedesktop.org/software/systemd/man/latest/machine-id.html'],
    rule: {
      what: 'content',
      paths: ['etc/machine-id', 'var/lib/dbus/machine-id'],
      normalise: wholeText(/^[0-9a-f]{32}\n?$/, 33),
    },
  },
  {
    id: 'random-seed',
    title: 'A random seed is in the image',
    class: 'security',
    where: '/var/lib/systemd/random-seed, /var/lib/urandom/random-seed, .gnupg/random_seed',
    shape: 'The whole file, of a size that such a seed has. All containers would start from the same seed.',
    remedy: 'Remove it in the same step: && rm -f /var/lib/systemd/random-seed ~/.gnupg/random_seed',
    references: ['https://www.freedesktop.org/software/systemd/man/latest/systemd-random-seed.service.html'],
    rule: {
      what: 'content',
      paths: ['var/lib/{systemd,urandom}/random-seed', '**/.gnupg/random_seed'],
      normalise: ({ content }) => (SEED_BYTES.has(content.length) ? NOTHING : null),
    },
  },
  {
    id: 'ssh-host-key',
    title: 'Each build makes new SSH host keys',
    class: 'security',
    where: '/etc/ssh/ssh_host_*_key, *.pub',
    shape: 'The whole file is one host key. Whoever has the image has the private key, and can pose as its containers.',
    remedy:
      'Remove them in the same step: && rm -f /etc/ssh/ssh_host_*; make them when the container starts: ssh-keygen -A',
    references: ['https://man.openbsd.org/ssh-keygen'],
    rule: {
      what: 'content',
      paths: ['etc/ssh/ssh_host_*_key', 'etc/ssh/ssh_host_*_key.pub'],
      normalise: (file) => wholeText(file.path.endsWith('.pub') ? HOST_KEY : KEY_BLOCK, KEY_BYTES)(file),
    },
  },
  {
    id: 'generated-certificate',
    title: 'Each build makes a new certificate of its own',
    class: 'security',
    where: '/etc/ssl/certs/ssl-cert-snakeoil.pem, /etc/pki/tls/certs/localhost.crt, and names like those',
    shape: 'The whole file is one certificate. Its private key is in the image, too.',
    remedy:
      'Remove both in the same step: && rm -f /etc/ssl/certs/ssl-cert-snakeoil.pem /etc/ssl/private/ssl-cert-snakeoil.key; make them when the container starts: make-ssl-cert generate-default-snakeoil',
    references: ['https://manpages.debian.org/bookworm/ssl-cert/make-ssl-cert.8.en.html'],
    rule: {
      what: 'content',
      paths: ['**/{ssl-cert-snakeoil,snakeoil,localhost,selfsigned,self-signed}.{pem,crt}'],
      normalise: wholeText(CERTIFICATE_BLOCK, KEY_BYTES),
    },
  },
  {
    id: 'private-key',
    title: 'A private key that differs is in the image',
    class: 'security',
    where: 'Files named *.key, *.pem, id_*',
    shape: 'The whole file is one private key in PEM.',
    remedy: 'Keep private keys out of the image; give them to the container: --mount=type=secret, a volume, a secret.',
    references: ['https://docs.docker.com/build/building/secrets/'],
    rule: {
      what: 'content',
      paths: ['**/*.{key,pem}', '**/id_{rsa,dsa,ecdsa,ed25519}'],
      normalise: wholeText(KEY_BLOCK, KEY_BYTES),
    },
  },
  {
    id: 'gnupg-keyring',
    title: 'Each build makes new keyrings of GnuPG',
    class: 'security',
    where: '.gnupg, /etc/pacman.d/gnupg: pubring.kbx, trustdb.gpg',
    shape: 'A keybox or trust database, whole; which keys it holds is not looked into.',
    remedy:
      'Work in a folder that goes away: RUN GNUPGHOME=$(mktemp -d) && … && rm -rf "$GNUPGHOME"; for pacman: pacman-key --init when the container starts.',
    references: ['https://www.gnupg.org/documentation/manuals/gnupg/GPG-Configuration.html'],
    rule: {
      what: 'content',
      paths: ['**/.gnupg/*.{kbx,gpg}', 'etc/pacman.d/gnupg/*.{kbx,gpg}'],
      normalise: ({ content }) =>
        (content.length >= 32 && latin1(content, 8, 12) === 'KBXf') || beginsWith(content, '\x01gpg') ? NOTHING : null,
    },
  },
  {
    id: 'gnupg-key-files',
    title: 'Key files of GnuPG, named by keys that each build makes anew',
    class: 'security',
    where: '.gnupg/private-keys-v1.d, .gnupg/openpgp-revocs.d',
    shape: 'A file that one side has alone, named by a fingerprint, with the content of such a file.',
    remedy: 'Work in a folder that goes away: RUN GNUPGHOME=$(mktemp -d) && … && rm -rf "$GNUPGHOME"',
    references: ['https://www.gnupg.org/documentation/manuals/gnupg/Agent-Configuration.html'],
    rule: {
      what: 'presence',
      paths: ['{**/.gnupg,etc/pacman.d/gnupg}/{private-keys-v1.d,openpgp-revocs.d}/*'],
      covers: ({ path, header, content }) =>
        header.type === 'file' &&
        ((/\/private-keys-v1\.d\/[0-9A-F]{40}\.key$/.test(path) &&
          /^(?:\((?:\d{1,3}:)?(?:protected-|shadowed-)?private-key|(?:Created|Key): )/.test(latin1(content, 0, 64))) ||
          (/\/openpgp-revocs\.d\/[0-9A-F]{40}\.rev$/.test(path) &&
            beginsWith(content, 'This is a revocation certificate'))),
    },
  },
  {
    id: 'zypp-anonymous-id',
    title: 'zypper makes an id for statistics',
    class: 'benign',
    where: '/var/lib/zypp/AnonymousUniqueId',
    shape: 'The whole file is one UUID.',
    remedy: 'Remove it in the same step: && rm -f /var/lib/zypp/AnonymousUniqueId',
    references: ['https://reproducible-builds.org/docs/randomness/'],
    rule: {
      what: 'content',
      paths: ['var/lib/zypp/AnonymousUniqueId'],
      normalise: wholeText(new RegExp(`^${UUID}\\n?$`), 37),
    },
  },
  {
    id: 'erlang-cookie',
    title: 'Each build makes a new Erlang cookie',
    class: 'security',
    where: '.erlang.cookie',
    shape: 'The whole file is 20 capital letters. Who knows it may run anything on the node.',
    remedy: 'Remove it in the same step, and give it to the container: && rm -f /var/lib/rabbitmq/.erlang.cookie',
    references: ['https://www.erlang.org/doc/system/distributed.html'],
    rule: { what: 'content', paths: ['**/.erlang.cookie'], normalise: wholeText(/^[A-Z]{20}\n?$/, 21) },
  },
  {
    id: 'mysql-server-uuid',
    title: 'A data folder of MySQL was made in the build',
    class: 'review',
    where: 'auto.cnf',
    shape: 'The UUID of the server; all else is the same.',
    remedy: 'Make the data folder when the container starts; or: && rm -f /var/lib/mysql/auto.cnf',
    references: ['https://dev.mysql.com/doc/refman/8.4/en/replication-options.html'],
    rule: {
      what: 'content',
      paths: ['**/auto.cnf'],
      normalise: normaliseLines((line) => line.replace(new RegExp(`^(server-uuid=)${UUID}$`), '$1')),
    },
  },
  {
    id: 'postgresql-control',
    title: 'A data folder of PostgreSQL was made in the build',
    class: 'review',
    where: 'global/pg_control',
    shape: 'Identifier of the system, times, nonce and checksum; versions, sizes and positions are the same.',
    remedy: 'Run initdb when the container starts, as the official image does, and not in a RUN line.',
    references: ['https://www.postgresql.org/docs/16/app-initdb.html'],
    rule: { what: 'content', paths: ['**/global/pg_control'], normalise: withoutSystem },
  },
  {
    id: 'host-identifiers',
    title: 'Each build makes new identifiers for storage networks or statistics',
    class: 'review',
    where: '/etc/iscsi/initiatorname.iscsi, /etc/nvme/hostid, hostnqn, /etc/popularity-contest.conf',
    shape: 'The random part of the identifier.',
    remedy: 'Remove them in the same step: && rm -f /etc/iscsi/initiatorname.iscsi /etc/nvme/host*',
    references: ['https://manpages.debian.org/bookworm/open-iscsi/iscsi-iname.8.en.html'],
    rule: {
      what: 'content',
      paths: ['etc/iscsi/initiatorname.iscsi', 'etc/nvme/{hostid,hostnqn}', 'etc/popularity-contest.conf'],
      normalise: normaliseLines((line) =>
        line
          .replace(/^(InitiatorName=iqn\.\d{4}-\d\d\.[a-z0-9.-]{3,100}:(?:[0-9a-f]{2}:)?)[0-9a-f]{8,64}$/, '$1')
          .replace(new RegExp(`^(nqn\\.2014-08\\.org\\.nvmexpress:uuid:)?${UUID}$`), '$1')
          .replace(/^(MY_HOSTID=")[0-9a-f]{32}"$/, '$1"'),
      ),
    },
  },
  {
    id: 'rndc-key',
    title: 'Each build makes a new key to control the name server',
    class: 'security',
    where: '/etc/bind/rndc.key',
    shape: 'The secret; all else is the same.',
    remedy:
      'Remove it in the same step: && rm -f /etc/bind/rndc.key; make it when the container starts: rndc-confgen -a',
    references: ['https://bind9.readthedocs.io/en/stable/manpages.html'],
    rule: {
      what: 'content',
      paths: ['etc/bind/rndc.key', 'etc/rndc.key'],
      normalise: normaliseLines((line) => line.replace(/^(\s{0,8}secret ")[A-Za-z0-9+/]{16,100}={0,2}";$/, '$1";')),
    },
  },
  {
    id: 'dh-parameters',
    title: 'Each build makes new Diffie-Hellman parameters',
    class: 'security',
    where: 'dhparam.pem, dhparams.pem, dh2048.pem and names like those',
    shape: 'The whole file is one block of parameters.',
    remedy: 'Use the groups of RFC 7919, or none: current servers need no parameters of their own.',
    references: ['https://www.rfc-editor.org/rfc/rfc7919'],
    rule: {
      what: 'content',
      paths: ['**/{dhparam,dhparams,dh1024,dh2048,dh4096,dh}.pem'],
      normalise: wholeText(
        /^-----BEGIN DH PARAMETERS-----\n[A-Za-z0-9+/=\n]{100,4000}-----END DH PARAMETERS-----\n$/,
        KEY_BYTES,
      ),
    },
  },
];

function withoutSystem({ content }: FileSide): Uint8Array | null {
  if (content.length !== PG_CONTROL_BYTES) return null;
  const view = viewOf(content);
  if (![true, false].some((littleEndian) => view.getUint32(8, littleEndian) === PG_CONTROL_VERSION)) return null;
  /* system_identifier, time, checkPointCopy.time, mock_authentication_nonce and crc */
  return blank(content, [
    [0, 8],
    [24, 32],
    [104, 112],
    [256, 292],
  ]);
}
