import { gunzipWhole } from '../../bytes/gunzip-whole.js';
import type { Cause } from '../cause.js';
import { type ByteSpan, blank } from '../content-rule.js';
import type { FileSide } from '../evidence.js';
import { withoutGzipTime } from '../formats/gzip.js';
import { arTimes, cpioTimes, tarTimes } from '../layouts/headers.js';
import { zipLayout } from '../layouts/zip.js';

const ZIPS = ['**/*.{zip,jar,war,ear,whl,egg,nupkg,aar,xpi}'];
/** What is unpacked for a comparison at most. */
const GUNZIP_BYTES = 16 * 1024 * 1024;

const ARCHIVES_PAGE = 'https://reproducible-builds.org/docs/archives/';

/** Archives and compressed files inside an image: their own times, owners and order. */
export const ARCHIVES: readonly Cause[] = [
  {
    id: 'gzip-time',
    title: 'gzip keeps the time of the file that it compressed',
    class: 'benign',
    where: '*.gz, *.tgz, *.svgz',
    shape: 'Bytes 4 to 7, the time; all else is the same.',
    remedy: 'Compress without name and time: gzip -n',
    references: ['https://www.rfc-editor.org/rfc/rfc1952', ARCHIVES_PAGE],
    rule: { what: 'content', paths: ['**/*.{gz,tgz,svgz}'], normalise: ({ content }) => withoutGzipTime(content) },
  },
  {
    id: 'gzip-encoder',
    title: 'The same data, compressed by another program, version or level',
    class: 'benign',
    where: '*.gz, *.tgz, *.svgz',
    shape:
      'Whatever gzip is about: header, level and blocks. What is unpacked is the same, or its difference has a cause of its own.',
    remedy: 'Compress on both sides with one version of one program and one level: gzip -9n',
    references: ['https://www.rfc-editor.org/rfc/rfc1951', ARCHIVES_PAGE],
    rule: {
      what: 'content',
      paths: ['**/*.{gz,tgz,svgz}'],
      normalise: ({ content }) => gunzipWhole(content, GUNZIP_BYTES),
    },
  },
  {
    id: 'zip-times',
    title: 'Members of a zip archive or JAR have other times',
    class: 'benign',
    where: '*.zip, *.jar, *.war, *.whl, …',
    shape: 'Times of members, in both headers and in their extra fields; names, order and data are the same.',
    remedy:
      'Maven: set project.build.outputTimestamp; Gradle: isPreserveFileTimestamps = false; else touch all files first and use zip -X, or run strip-nondeterminism.',
    references: [ARCHIVES_PAGE, 'https://reproducible-builds.org/docs/jvm/'],
    rule: {
      what: 'content',
      paths: ZIPS,
      normalise: ({ content }) =>
        blankOrNull(content, zipLayout(content)?.members.flatMap(({ times }) => times) ?? null),
    },
  },
  {
    id: 'zip-order',
    title: 'Members of a zip archive or JAR stand in another order',
    class: 'review',
    where: '*.zip, *.jar, *.war, *.whl, …',
    shape: 'The same members with the same headers and data, in another order.',
    remedy: 'Sort the names: find . -type f | LC_ALL=C sort | zip -X -@ a.zip; Gradle: isReproducibleFileOrder = true',
    references: [ARCHIVES_PAGE],
    rule: { what: 'content', paths: ZIPS, normalise: sortZip },
  },
  {
    id: 'ar-times',
    title: 'Members of a static library have other times or owners',
    class: 'benign',
    where: '*.a',
    shape: 'Time, user and group in the headers of members; names, order and data are the same.',
    remedy: 'Build with ar D and ranlib D (the default of binutils in Debian), not with U.',
    references: ['https://sourceware.org/binutils/docs/binutils/ar.html'],
    rule: { what: 'content', paths: ['**/*.a'], normalise: ({ content }) => blankOrNull(content, arTimes(content)) },
  },
  {
    id: 'tar-times',
    title: 'Members of a tar archive have other times',
    class: 'benign',
    where: '*.tar, *.tar.gz, *.tgz, /lib/apk/db/scripts.tar',
    shape:
      'Times of members and the checksums that follow from them; names, order, owners, modes and data are the same.',
    remedy:
      'Give all members one time: tar --mtime=@0 --sort=name --owner=0 --group=0 --numeric-owner; apk: set SOURCE_DATE_EPOCH.',
    references: [ARCHIVES_PAGE],
    rule: {
      what: 'content',
      paths: ['**/*.{tar,tar.gz,tgz}', 'lib/apk/db/scripts.tar', 'usr/lib/apk/db/scripts.tar'],
      normalise: ({ content }) => blankOrNull(content, tarTimes(content)),
    },
  },
  {
    id: 'cpio-times',
    title: 'Members of a cpio archive have other times, inodes or devices',
    class: 'benign',
    where: '/boot/initrd*, /boot/initramfs*, *.cpio',
    shape: 'Times, inodes and devices of members; names, order, owners, modes and data are the same.',
    remedy:
      'Set SOURCE_DATE_EPOCH for the step that makes the initramfs; or cpio --reproducible after touching all files.',
    references: [ARCHIVES_PAGE, 'https://www.gnu.org/software/cpio/manual/cpio.html'],
    rule: {
      what: 'content',
      paths: ['boot/{initrd,initramfs}*', '**/*.{cpio,cpio.gz}', 'usr/lib/modules/*/initramfs*'],
      normalise: ({ content }) => blankOrNull(content, cpioTimes(content)),
    },
  },
];

function blankOrNull(content: Uint8Array, spans: readonly ByteSpan[] | null): Uint8Array | null {
  return spans === null ? null : blank(content, spans);
}

/* Members by their names, each with its header from the central directory, but for where the member stands. */
function sortZip({ content }: FileSide): Uint8Array | null {
  const layout = zipLayout(content);
  if (layout === null) return null;
  const sorted = [...layout.members].sort((a, b) =>
    a.name < b.name ? -1 : a.name > b.name ? 1 : a.local[0] - b.local[0],
  );
  const parts = sorted.flatMap(({ central, local }) => [
    content.subarray(...local),
    blank(content.subarray(...central), [[42, 46]]),
  ]);
  return Buffer.concat([...parts, content.subarray(layout.end)]);
}
