import type { Value } from '../../compare/difference.js';
import type { Finding } from '../../compare/finding.js';
import { normalizePath } from '../../layer/path.js';
import { isXattr } from '../../tar/pax.js';
import type { Cause, FindingRule } from '../cause.js';
import type { Normaliser } from '../normaliser.js';
import { aloneHeader, bothHeaders, changedBits, headersOf } from './entries.js';

const GNU_TAR = 'https://www.gnu.org/software/tar/manual/html_section/Reproducibility.html';
const PAX = 'https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html';
const LAYER = 'https://github.com/opencontainers/image-spec/blob/main/layer.md';

/** How layers are written as tar archives. What a container sees is not touched by it. */
export const TAR_WRITING: readonly Cause[] = [
  {
    id: 'sparse-files',
    title: 'A file with holes is written as a sparse file on one side',
    class: 'review',
    where: 'Headers of files, GNU.sparse.* records',
    shape: 'A map of the holes that only one side has, or other maps; the content is compared by itself.',
    remedy: 'Build both with the same builder and file system; GNU tar writes holes only with --sparse.',
    references: ['https://www.gnu.org/software/tar/manual/html_node/Sparse-Formats.html'],
    rule: fileRule(
      (finding) => isImplied(finding, /^pax\/GNU\.sparse\./) || (finding.field === 'header' && hasSparse(finding)),
      { headers: true },
    ),
  },
  {
    id: 'tar-dialect',
    title: 'Layers are written in other dialects of tar',
    class: 'benign',
    where: 'Headers of entries',
    shape: 'USTAR, PAX, GNU or v7, and how the fields of the header are written; no bytes that belong to no field.',
    remedy:
      'Use the same builder for both; tar --format=pax --pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime',
    references: [GNU_TAR, PAX],
    rule: fileRule(
      ({ field, values }) => field === 'header' && formatOf(values[0]) !== formatOf(values[1]) && values.every(isPlain),
      { headers: true },
    ),
  },
  {
    id: 'tar-header-writing',
    title: 'Fields of the headers are written in other ways',
    class: 'benign',
    where: 'Headers of entries',
    shape:
      'The same dialect: how numbers are padded, where a long name is split, names and times of extended headers, order of records.',
    remedy: 'Use the same builder for both; tar --pax-option=exthdr.name=%d/PaxHeaders/%f',
    references: [GNU_TAR, PAX],
    rule: fileRule(({ field, values }) => field === 'header' && values.every(isPlain), { headers: true }),
  },
  {
    id: 'tar-header-bytes',
    title: 'Headers hold bytes that belong to no field',
    class: 'review',
    where: 'Headers of entries',
    shape: 'Bytes in unused parts of a header block. Nothing unpacks them, but something put them there.',
    remedy: 'Write the layer anew with the builder that wrote the other side.',
    references: [PAX],
    rule: fileRule(({ field }) => field === 'header', { headers: true }),
  },
  {
    id: 'pax-redundant-records',
    title: 'Extended headers say again what the header says',
    class: 'benign',
    where: 'PAX records: path, linkpath, size, uid, gid, uname, gname, mtime and their like',
    shape: 'One side has the record, or writes its number otherwise; what it says is the same on both.',
    remedy: 'Use the same builder for both.',
    references: [PAX],
    rule: fileRule(
      (finding) => isImplied(finding, /^pax\/(?:path|linkpath|size|[ug]id|[ug]name|[amc]time|hdrcharset)$/),
      { headers: true },
    ),
  },
  {
    id: 'pax-host-records',
    title: 'Extended headers name the inode, device or birth time of the file on the build machine',
    class: 'benign',
    where:
      'PAX records: SCHILY.dev, SCHILY.ino, SCHILY.nlink, SCHILY.fflags, LIBARCHIVE.creationtime, RHT.security.selinux',
    shape: 'Records that no engine reads.',
    remedy: 'bsdtar --format=ustar or --options pax:!SCHILY.ino; GNU tar or the builder write none of them.',
    references: ['https://github.com/libarchive/libarchive/blob/master/libarchive/tar.5', PAX],
    rule: fileRule(({ field }) => HOST_RECORD.test(field), {
      entry: ({ pax }) => {
        for (const key of [...pax.keys()]) if (HOST_RECORD.test(`pax/${key}`)) pax.delete(key);
        return true;
      },
      headers: true,
    }),
  },
  {
    id: 'pax-other-records',
    title: 'Extended headers hold records that no engine reads',
    class: 'review',
    where: 'PAX records with other keys, and global extended headers',
    shape: 'A record or a global header that one side has alone, or other values.',
    remedy:
      'git archive writes the commit into a global header: unpack it and COPY the files in place of ADD of the archive.',
    references: [PAX, 'https://git-scm.com/docs/git-archive'],
    rule: fileRule((finding) => finding.field.startsWith('pax/') || aloneHeader(finding)?.type === 'global-header', {
      entry: ({ type, pax }) => {
        for (const key of [...pax.keys()]) if (!isXattr(key)) pax.delete(key);
        return type !== 'global-header';
      },
      headers: true,
    }),
  },
  {
    id: 'owner-names',
    title: 'Entries name their owners by name, or not at all',
    class: 'benign',
    where: 'User and group names of entries',
    shape: 'Other names or none for the same numbers; engines go by the numbers. Other numbers are not this.',
    remedy: 'tar --numeric-owner; use the same builder for both.',
    references: [LAYER, GNU_TAR],
    rule: fileRule(
      (finding) => {
        const [header0, header1] = headersOf(finding);
        if (header0 === null || header1 === null) return false;
        if (finding.field === 'uname') return header0.uid === header1.uid;
        return finding.field === 'gname' && header0.gid === header1.gid;
      },
      {
        entry: (entry) => {
          entry.uname = '';
          entry.gname = '';
          return true;
        },
      },
    ),
  },
  {
    id: 'path-spelling',
    title: 'Paths are spelt in other ways',
    class: 'benign',
    where: 'Names of entries and targets of hard links',
    shape:
      'A ./ or / in front, a / behind, repeated ones; the same path otherwise. Targets of symbolic links are not this.',
    remedy: 'Use the same builder for both.',
    references: [LAYER],
    rule: fileRule(
      (finding) => {
        const [header0, header1] = headersOf(finding);
        if (header0 === null || header1 === null) return false;
        if (finding.field === 'path') return normalizePath(header0.path) === normalizePath(header1.path);
        if (finding.field !== 'linkTarget' || !bothHeaders(finding, ({ type }) => type === 'hardlink')) return false;
        return normalizePath(header0.linkTarget) === normalizePath(header1.linkTarget);
      },
      { headers: true },
    ),
  },
  {
    id: 'entry-order',
    title: 'Entries stand in another order',
    class: 'benign',
    where: 'Layers',
    shape: 'The same entries; what the order decides (hard links, whiteouts, repeated paths) is told by the files.',
    remedy: 'tar --sort=name; use the same builder, and a file system of the same kind, for both.',
    references: [GNU_TAR],
    rule: fileRule(({ field, duplicate }) => field === 'order' && duplicate === undefined, { order: true }),
  },
  {
    id: 'tar-trailer',
    title: 'Layers end with another number of zeros',
    class: 'benign',
    where: 'The end of a layer',
    shape: 'Zeros alone, on both sides.',
    remedy: 'tar --blocking-factor; use the same builder for both.',
    references: [PAX],
    rule: layerRule(({ field, values }) => field === 'trailer' && values.every(isZero)),
  },
  {
    id: 'tar-trailing-data',
    title: 'Something stands behind the last entry of a layer',
    class: 'review',
    where: 'The end of a layer',
    shape: 'Bytes that are not zero on at least one side. Engines skip them.',
    remedy: 'Write the layer anew with the builder that wrote the other side.',
    references: [PAX],
    rule: layerRule(({ field, values }) => field === 'trailer' && !values.every(isZero)),
  },
  {
    id: 'tar-padding',
    title: 'The padding behind contents is not zero',
    class: 'review',
    where: 'Between entries of a layer',
    shape: 'Up to 511 bytes behind a content that fill its last block, not zero on at least one side.',
    remedy: 'Write the layer anew with the builder that wrote the other side.',
    references: [PAX],
    rule: fileRule(({ field }) => field === 'padding', { headers: true }),
  },
  {
    id: 'mode-type-bits',
    title: 'Modes hold the type of the file too',
    class: 'benign',
    where: 'Modes of entries',
    shape: 'Bits above 07777 alone differ: older builders wrote 0100644 for 0644.',
    remedy: 'Build both with the same builder; Docker since 1.10 masks them.',
    references: [LAYER],
    rule: fileRule((finding) => changedBits(finding) !== 0 && (changedBits(finding) & 0o7777) === 0, {
      entry: (entry) => {
        entry.mode &= 0o7777;
        return true;
      },
    }),
  },
];

const HOST_RECORD = /^pax\/(?:SCHILY\.(?:dev|ino|nlink|fflags|devmajor|devminor)|LIBARCHIVE\.\w+|RHT\.\w[\w.]*)$/;

function fileRule(covers: (finding: Finding) => boolean, normaliser: Normaliser): FindingRule {
  return { what: 'finding', subjects: ['file'], covers, normaliser };
}

function layerRule(covers: (finding: Finding) => boolean): FindingRule {
  return { what: 'finding', subjects: ['layer'], covers, normaliser: { headers: true } };
}

/* What the comparison itself knows to be another way to write a field. */
function isImplied({ field, excuses }: Finding, pattern: RegExp): boolean {
  return pattern.test(field) && excuses.some((excuse) => excuse.includes('tar-format'));
}

function memberOf(value: Value, key: string): Value {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  return (value as { readonly [key: string]: Value })[key] ?? null;
}

function formatOf(value: Value): Value {
  return memberOf(value, 'format');
}

function hasSparse({ values }: Finding): boolean {
  return memberOf(values[0], 'sparse') !== memberOf(values[1], 'sparse');
}

/* Whether no range is of bytes outside of the fields; see compare/header-value.ts. */
function isPlain(value: Value): boolean {
  const ranges = memberOf(value, 'ranges');
  if (!Array.isArray(ranges)) return false;
  return ranges.every((range: Value) => {
    const written = memberOf(range, 'written');
    /* `offset:hex` and `field+hex` are bytes that no field says; see tar/style.ts. */
    return typeof written === 'string' && !/^\w*[+:][0-9a-f]*$/.test(written);
  });
}

function isZero(value: Value): boolean {
  return memberOf(value, 'zero') === true;
}
