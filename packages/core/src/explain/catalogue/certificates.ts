import type { Cause } from '../cause.js';
import { blank, NOTHING } from '../content-rule.js';
import { parseJks, withoutJksDates } from '../formats/keystore.js';
import { parsePem, sortedPem } from '../formats/pem.js';

const BUNDLES = [
  'etc/ssl/certs/ca-certificates.crt',
  'etc/ssl/cert.pem',
  'etc/ssl/ca-bundle.pem',
  'etc/pki/ca-trust/extracted/**/*.{pem,crt}',
  'etc/pki/tls/certs/ca-bundle*.crt',
  'var/lib/ca-certificates/ca-bundle.pem',
  '**/certifi/cacert.pem',
];
const STORES = ['**/cacerts', '**/cacerts.jks', 'etc/pki/ca-trust/extracted/java/cacerts', '**/*.jks'];

/** Whom the image trusts. */
export const CERTIFICATES: readonly Cause[] = [
  {
    id: 'java-truststore-time',
    title: "Java's trust store keeps the time at which each certificate was put in",
    class: 'benign',
    where: 'cacerts, a key store of type JKS',
    shape:
      'The times of entries and the digest that follows from them. The same certificates under the same names, and no keys.',
    remedy:
      'Make it with p11-kit trust extract and SOURCE_DATE_EPOCH, or copy a trust store that was made once; Debian: remove /etc/ssl/certs/java/cacerts and mount one.',
    references: ['https://github.com/p11-glue/p11-kit/issues/418'],
    rule: {
      what: 'content',
      paths: STORES,
      normalise: ({ content }) => withoutJksDates(content),
      mayTouch: 'The time at which an entry was put in; it decides nothing, and certificates and names stay.',
    },
  },
  {
    id: 'java-truststore',
    title: "Java's trust store holds other certificates or names",
    class: 'security',
    where: 'cacerts, a key store of type JKS',
    shape: 'Entries, their names and order; a store that can be read as JKS on both sides.',
    remedy: 'Install one version of ca-certificates on both sides: from a snapshot, or by its number.',
    references: ['https://docs.oracle.com/en/java/javase/21/docs/specs/man/keytool.html'],
    rule: {
      what: 'content',
      paths: STORES,
      normalise: ({ content }) => (parseJks(content) === null ? null : NOTHING),
    },
  },
  {
    id: 'ca-bundle-order',
    title: 'Certificates of the trusted authorities stand in another order',
    class: 'review',
    where: '/etc/ssl/certs/ca-certificates.crt, /etc/pki/ca-trust/extracted, certifi/cacert.pem',
    shape: 'The same certificates with the same remarks, in another order.',
    remedy: 'Make the bundle in one locale: RUN LC_ALL=C update-ca-certificates --fresh',
    references: ['https://reproducible-builds.org/docs/locales/'],
    rule: { what: 'content', paths: BUNDLES, normalise: ({ content }) => sortedPem(content) },
  },
  {
    id: 'ca-bundle-set',
    title: 'The image trusts other authorities',
    class: 'security',
    where: '/etc/ssl/certs/ca-certificates.crt, /etc/pki/ca-trust/extracted, certifi/cacert.pem',
    shape: 'Certificates and the remarks before them; what else the file holds is the same.',
    remedy: 'Install one version of ca-certificates on both sides: from a snapshot, or by its number.',
    references: ['https://manpages.debian.org/bookworm/ca-certificates/update-ca-certificates.8.en.html'],
    rule: { what: 'content', paths: BUNDLES, normalise: ({ content }) => withoutCertificates(content) },
  },
];

/* Nothing of a bundle that holds certificates alone; null where there is another kind of block. */
function withoutCertificates(content: Uint8Array): Uint8Array | null {
  const blocks = parsePem(content);
  const isBundle = blocks?.every(({ label, complete }) => complete && /^(?:X509 |TRUSTED )?CERTIFICATE$/.test(label));
  const last = blocks?.[blocks.length - 1];
  if (!isBundle || last === undefined) return null;
  const rest = content.subarray(last.end);
  return rest.length === 0 ? NOTHING : blank(rest, []);
}
