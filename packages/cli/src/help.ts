import type { Limits, RuleName } from '@ocidiff/core';
import { limitNames } from './arguments.js';
import type { Core } from './core.js';
import { showLimit } from './limit-value.js';

const INTRODUCTION = `Compare two container images, and say why they are not bit-for-bit the same.

Usage: ocidiff [diff] [options] IMAGE0 IMAGE1 [-- PATH...]

Examples:
  ocidiff a.tar b.tar                               everything that differs
  ocidiff --semantic a.tar b.tar                    what a container may notice
  ocidiff --semantic --report-dir diffs a.tar b.tar
                                                    and the files, to look into
  ocidiff --ignore-file-timestamps oci:layout:v1 oci:layout:v2
  ocidiff --semantic ghcr.io/org/app:1 build.tar    a published image, a build
  ocidiff a.tar b.tar -- var/log                    how the files there differ
  docker save app | ocidiff --format json - app.tar

Commands:
  show DIR|FILE  a saved report again, in any format
  causes [ID]    the known causes of differences, or all about one
  cache [clear]  what is kept of layers, or removes it

Images:
  PATH                       an archive or a folder; its kind is found by
                             looking inside
  -                          an archive on standard input, for one of the two
  oci-archive:PATH[:REF]     an OCI image layout in an archive
  docker-archive:PATH[:REF]  as \`docker save\` and \`podman save\` write it
  oci:FOLDER[:REF]           an OCI image layout
  dir:FOLDER                 as \`skopeo copy\` writes it
  docker://NAME, podman://NAME, containerd://NAME
                             an image in a local engine
  NAME[:TAG][@DIGEST]        an image in a registry, named as Docker does;
                             credentials are those of docker or podman login
  Archives may be compressed. REF is a tag, a full name, @N or a digest, where
  there are several images. A file with a name like a command is ./show.
`;

const COUNTS: readonly Entry[] = [
  ['--strict', 'everything counts (the default)'],
  ['--semantic', 'all rules below: what a running container could notice'],
  ['--ignore-RULE', 'what this rule takes out does not count'],
  ['--no-ignore-RULE', 'it does, whatever else is said'],
  ['--ignore-timestamps', 'file-timestamps and image-timestamps'],
  ['--treat-canonical-paths-equal', 'the same as --ignore-path-spelling'],
  ['--ignore-path GLOB', 'files that do not count: var/log/**, **/*.pyc; repeatable'],
  [
    '--ignore-field [KIND:]POINTER',
    'JSON Pointer of a field that does not count, * for one step; KIND is index, manifest or config (the default); repeatable',
  ],
];

const RULES: Readonly<Record<RuleName, string>> = {
  annotations: 'annotations of indexes, manifests and descriptors',
  attestations: 'attestations beside the images of an index',
  compression: 'gzip, zstd or none; level, header, framing',
  'empty-fields': 'absent, null, "", 0, false, [], {}: one for another',
  'file-mode-redundant-bits': 'mode bits above 07777',
  'file-order': 'the order of entries in a layer',
  'file-timestamps': 'mtime, atime and ctime of entries',
  history: 'the history in the config',
  'image-name': 'names of the image in annotations',
  'image-timestamps': 'times of creation in config and annotations',
  'json-encoding': 'white space and key order in JSON',
  'layer-encoding': 'how a layer says it: whiteout forms, restated entries',
  layering: 'how the same tree is cut into layers',
  'legacy-fields': "fields of Docker's that nothing reads any more",
  'media-types': 'OCI or Docker media types for the same thing',
  'path-spelling': 'a leading ./ or /, a trailing or repeated /',
  'tar-format': 'v7, USTAR, PAX, GNU; user and group names, padding',
};

const PLATFORMS: readonly Entry[] = [
  [
    '--platform OS/ARCH[/VARIANT]',
    "which children of an index; repeatable, or with commas (default: the host's, if both sides have it)",
  ],
  ['--all-platforms', 'every child of either side'],
];

const REGISTRIES: readonly Entry[] = [
  ['--plain-http', 'over HTTP; loopback hosts are asked over it if they have no HTTPS'],
  ['--ca-file FILE', "certificates of authorities (PEM) that are trusted beside Node's own"],
  ['--insecure', 'do not check certificates'],
];

const READING: readonly Entry[] = [
  ['--jobs N', 'layers read at once, of both sides together (2; with a registry 6)'],
  ['--no-cache', 'read all layers anew, and keep nothing of them'],
  ['--cache-dir DIR', 'where readings of layers are kept; ocidiff cache shows it'],
];

const OUTPUT: readonly Entry[] = [
  ['--format FORMAT', 'table (the default), json, markdown or html'],
  ['--output FILE', 'write to FILE, not to standard output'],
  ['--report-file FILE', 'also write the JSON report to FILE'],
  ['--report-dir DIR', 'also write the differing files and all reports to DIR'],
  ['--accept FILE', 'known differences with their reasons, as JSON; they do not count'],
  ['--diff', 'look into differing files, show how they differ'],
  ['--prove', 'take what causes explain out of both images, compare again, show what is left'],
  ['--verbose', 'also list what was ignored'],
  ['--quiet', 'nothing on standard output; the exit status tells'],
  ['--color WHEN', 'auto (the default: on a terminal, unless NO_COLOR is set), always, never'],
  ['--progress WHEN', 'auto (the default: on a terminal), always, never'],
  ['-h, --help', 'this text'],
  ['--version', 'the version'],
];

const LIMITS: Readonly<Record<keyof Limits, string>> = {
  documentBytes: 'bytes of one JSON document',
  documentDifferenceBytes: 'names of fields that differ',
  jsonDepth: 'depth of one JSON document',
  jsonValues: 'values in one JSON document',
  documentMemoryBytes: 'memory for the documents of one image',
  archiveMembers: 'members of an archive',
  spoolBytes: 'bytes of one temporary file',
  layerBytes: 'bytes of one layer, uncompressed',
  compressedParts: 'members (gzip) or frames (zstd) of one blob',
  layerEntries: 'entries of one layer',
  extendedHeaderBytes: 'extended headers of one entry',
  paxRecords: 'records of one PAX extended header',
  layerMetadataBytes: 'memory for the records of one layer',
  imageMetadataBytes: 'the same of all layers of an image',
  sparseSegments: 'segments of one sparse file',
  sparseFileBytes: 'bytes of one sparse file',
  treeNodes: 'files of one file system',
  treePathBytes: 'bytes of their paths together',
  pathSteps: "steps of a file's name",
  layers: 'layers of one image',
  indexManifests: 'manifests of one index',
  indexDepth: 'depth of indexes in indexes',
  inFileBytes: 'bytes of a file that is looked into',
  inFileReportBytes: 'bytes of what is told of contents',
  inFileDepth: 'containers in containers, in one file',
  inFileExpandedBytes: 'bytes that one file expands to',
  inFileMembers: 'members of containers in one file',
  inFileTextBytes: 'bytes of a file compared by lines',
  inFileTextLines: 'lines of a file that are compared',
  cacheBytes: 'bytes of the cache of layers on the disk',
};

const STATUS = `Exit status:
  0  identical, or nothing that counts differs
  1  different
  2  anything else: wrong usage, an unreadable input, an interrupted run
`;

type Entry = readonly [name: string, text: string];
const LINE_WIDTH = 80;
const INDENT = '  ';

/** The text of `--help`, no line wider than 80 columns. */
export function helpText({ RULE_NAMES, DEFAULT_LIMITS, limitOption }: Core): string {
  const limits = limitNames(DEFAULT_LIMITS).map(
    (name): Entry => [`${limitOption(name)} N`, `${LIMITS[name]} (${showLimit(DEFAULT_LIMITS[name])})`],
  );
  return [
    INTRODUCTION,
    section('What counts:', COUNTS, 33),
    section(
      'Rules:',
      RULE_NAMES.map((rule): Entry => [rule, RULES[rule]]),
      28,
    ),
    section('Platforms:', PLATFORMS, 33),
    section('Registries:', REGISTRIES, 33),
    section('Reading:', READING, 33),
    section('Output:', OUTPUT, 33),
    section('Limits, with k, M, G, T for powers of 1024:', limits, 36),
    STATUS,
  ].join('\n');
}

function section(title: string, entries: readonly Entry[], column: number): string {
  return `${title}\n${entries.map((entry) => lines(entry, column)).join('')}`;
}

function lines([name, text]: Entry, column: number): string {
  const wrapped: string[] = [];
  let line = `${INDENT}${name}`.padEnd(column);
  for (const word of text.split(' ')) {
    if (line.length + word.length > LINE_WIDTH && line.trim() !== '') {
      wrapped.push(line.trimEnd());
      line = ' '.repeat(column);
    }
    line += `${word} `;
  }
  return [...wrapped, line.trimEnd(), ''].join('\n');
}
