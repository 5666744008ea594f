import type { InFileDifference } from '../../packages/core/src/explain/in-file/in-file-difference.js';
import type { Report, ReportDifference } from '../../packages/core/src/report/report.js';
import { buildReport, digestStarting, fileDifference, fullLayer, oneSided, reportInput } from '../support/report.js';

const PLATFORM = 'linux/amd64';
const APT_STEP = 'RUN /bin/sh -c apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev # buildkit';
const COPY_STEP = 'COPY dist/app.jar /srv/app.jar # buildkit';

/** A text with one changed line in two hunks, tabs, and no newline at the end of one side. */
export const TEXT: InFileDifference = {
  format: 'text',
  summary: '3 of 48 lines differ',
  equalBut: ['line-ends'],
  text: {
    encodings: ['utf-8', 'utf-8'],
    lines: [48, 49],
    hunks: [
      {
        start: [1, 1],
        count: [4, 5],
        lines: [
          ' ',
          '-Start-Date: 2023-03-01  09:14:02',
          '+Start-Date: 2023-03-01  10:51:37',
          ' Commandline: apt-get install -y gcc',
          '+Requested-By:\troot (0)',
          ' Install: gcc:amd64 (4:12.2.0-3), libc6-dev:amd64 (2.36-9)',
        ],
      },
      {
        start: [47, 48],
        count: [2, 2],
        lines: [
          ' Upgrade: none',
          '-End-Date: 2023-03-01  09:14:20',
          '\\ No newline at end of file',
          '+End-Date: 2023-03-01  10:51:55',
        ],
      },
    ],
  },
};

const BYTES: InFileDifference = {
  format: 'bytes',
  summary: '4 bytes differ, from 8 on',
  bytes: {
    lengths: [4096, 4096],
    differing: 4,
    count: 1,
    ranges: [
      {
        offsets: [8, 8],
        lengths: [4, 4],
        start: [0, 0],
        hex: [
          '6f0d0d0a00000000c2a1ff63b81e00004c696e7578206c69627261727920636f6e666967',
          '6f0d0d0a0000000017b4ff63b81e00004c696e7578206c69627261727920636f6e666967',
        ],
      },
    ],
  },
};

const JAR: InFileDifference = {
  format: 'zip',
  summary: '2 of 214 members differ',
  fields: [{ name: 'comment', values: [null, 'built by gradle'] }],
  members: [
    {
      name: 'META-INF/MANIFEST.MF',
      change: 'modified',
      fields: [{ name: 'mtime', values: ['2023-03-01T09:14:02', '2023-03-01T10:51:38'] }],
      content: TEXT,
    },
    {
      name: 'lib/inner.jar',
      change: 'modified',
      content: {
        format: 'zip',
        summary: '1 member differs',
        members: [{ name: 'A.class', change: 'modified', content: BYTES }],
      },
    },
    { name: 'NOTICE', change: 'added' },
  ],
  omitted: ['212 members are equal and are not listed.'],
};

const DIFFERENCES: readonly ReportDifference[] = [
  {
    subject: 'manifest',
    change: 'modified',
    platform: PLATFORM,
    field: '/annotations/org.opencontainers.image.created',
    values: ['2023-03-01T09:14:20Z', '2023-03-01T10:51:55Z'],
    ignoredBy: 'image-timestamps',
  },
  {
    subject: 'config',
    change: 'modified',
    platform: PLATFORM,
    field: '/config/Env',
    values: [
      ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin', 'LANG=C.UTF-8', 'BUILD=1'],
      ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin', 'LANG=C.UTF-8', 'BUILD=2', 'DEBUG='],
    ],
  },
  {
    subject: 'config',
    change: 'added',
    platform: PLATFORM,
    field: '/config/Labels/org.opencontainers.image.revision',
    values: [null, '0f3c1e7'],
  },
  {
    subject: 'layer',
    change: 'modified',
    platform: PLATFORM,
    layer: 1,
    field: 'trailer',
    values: [
      { bytes: 1024, zero: true },
      { bytes: 7168, zero: true },
    ],
    ignoredBy: 'tar-format',
  },
  fileDifference('etc/ssl/certs/ca-certificates.crt', { cause: 'ca-bundle' } as Partial<ReportDifference>),
  fileDifference('etc/machine-id', { cause: 'machine-id' } as Partial<ReportDifference>),
  fileDifference('usr/bin/passwd', { field: 'mode', values: ['0755', '4755'] }),
  fileDifference('usr/bin/passwd', {
    field: 'xattrs/security.capability',
    values: [null, 'AQAAAgAgAAAAAAAAAAAAAAAAAAA='],
  }),
  {
    ...fileDifference('usr/lib/python3/dist-packages/__pycache__/apt.cpython-311.pyc'),
    cause: 'python-bytecode',
    inFile: BYTES,
  },
  { ...fileDifference('usr/share/doc/libc6/changelog.Debian.gz'), package: 'libc6' },
  { ...oneSided('var/cache/apt/pkgcache.bin', 1), cause: 'apt-cache' },
  { ...fileDifference('var/log/apt/history.log'), cause: 'apt-log', inFile: TEXT },
  fileDifference('var/log/apt/history.log', {
    field: 'mtime',
    values: ['1677662060.000000000', '1677667915.123456789'],
    ignoredBy: 'file-timestamps',
  }),
  {
    ...fileDifference('var/log/apt/term.log'),
    cause: 'apt-log',
    inFile: { ...TEXT, summary: '2 of 310 lines differ' },
  },
  { ...fileDifference('var/log/dpkg.log'), probableCause: 'dpkg-log' },
  {
    ...fileDifference('srv/app.jar', { layer: 2 }),
    cause: 'jar-times',
    inFile: JAR,
    accepted: 'reproducible jars come with Gradle 9',
  },
  { ...fileDifference('srv/app.jar.sha256', { layer: 2, ignoredBy: 'layering' }), shadowed: true },
];

/** A report with every member that there is. */
export function fullReport(changes: Partial<Report> = {}): Report {
  const report = buildReport(DIFFERENCES);
  const step = (layer: number, history: string): Report['causes'][number]['steps'][number] => ({
    platform: PLATFORM,
    layers: [layer, layer],
    history,
  });
  return {
    ...report,
    inputs: [
      reportInput(0, {
        reference: 'ghcr.io/example/app:1.4.2',
        source: 'registry',
        digest: digestStarting('7d1c93b2e8'),
      }),
      reportInput(1, { reference: 'oci-archive:build/app.tar', digest: digestStarting('e04af2551c') }),
    ],
    rules: ['file-timestamps', 'ignore-path=var/cache/**', 'image-timestamps', 'tar-format'],
    levels: [
      { platform: PLATFORM, level: 'index', equal: null, equivalent: null },
      {
        platform: PLATFORM,
        level: 'manifest',
        equal: false,
        equivalent: true,
        detail: 'the digests of config and layers follow',
      },
      { platform: PLATFORM, level: 'config', equal: false, equivalent: false, detail: '2 fields differ' },
      { platform: PLATFORM, level: 'layers', equal: false, equivalent: false, detail: '2 of 3 differ' },
      { platform: PLATFORM, level: 'diff-ids', equal: false, equivalent: false, detail: '2 of 3 differ' },
      { platform: PLATFORM, level: 'layer-contents', equal: false, equivalent: false, detail: '10 files differ' },
      { platform: PLATFORM, level: 'filesystem', equal: false, equivalent: false, detail: '10 files differ' },
      { platform: PLATFORM, level: 'runtime', equal: true, equivalent: true, detail: '' },
    ],
    layers: [
      fullLayer([0, 0], { change: 'same', history: ['FROM debian', 'FROM debian'] }),
      fullLayer([1, 1], { history: [APT_STEP, APT_STEP] }),
      fullLayer([2, 2], { history: [COPY_STEP, COPY_STEP] }),
    ],
    base: [
      {
        platform: PLATFORM,
        layers: [1, 1],
        history: [APT_STEP, APT_STEP],
        origin: 'build',
        evidence: 'the layers below have the digests of debian:bookworm',
      },
    ],
    causes: [
      {
        id: 'apt-log',
        title: 'apt and dpkg write the time of the installation into their logs',
        class: 'benign',
        confidence: 'certain',
        differences: 4,
        counted: 3,
        evidence: ['Only dates and times differ in var/log/apt/history.log and var/log/apt/term.log.'],
        remedy: 'Remove the logs in the same RUN:\n  rm -rf /var/log/apt /var/log/dpkg.log /var/log/alternatives.log',
        references: ['https://reproducible-builds.org/docs/timestamps/', 'https://wiki.debian.org/ReproducibleBuilds'],
        steps: [step(1, APT_STEP)],
      },
      {
        id: 'python-bytecode',
        title: 'Python compiled bytecode with the time of the source in its header',
        class: 'benign',
        confidence: 'certain',
        differences: 1,
        counted: 1,
        evidence: ['4 bytes of the header differ: the time of modification.'],
        remedy: 'Set PYTHONDONTWRITEBYTECODE=1, or compile with --invalidation-mode=unchecked-hash.',
        references: ['https://peps.python.org/pep-0552/'],
        steps: [step(1, APT_STEP)],
      },
      {
        id: 'jar-times',
        title: 'Members of the archive carry the time of the build',
        class: 'benign',
        confidence: 'certain',
        differences: 1,
        counted: 1,
        evidence: ['2 of 214 members of srv/app.jar have another time; their contents are equal but for it.'],
        remedy: 'In Gradle: preserveFileTimestamps = false and reproducibleFileOrder = true.',
        references: ['https://docs.gradle.org/current/userguide/working_with_files.html'],
        steps: [step(2, COPY_STEP)],
      },
      {
        id: 'machine-id',
        title: 'A machine ID was made while the image was built',
        class: 'review',
        confidence: 'certain',
        differences: 1,
        counted: 1,
        evidence: ['etc/machine-id holds another random ID on each side.'],
        remedy: 'Empty it in the last step: : > /etc/machine-id. All containers of one image would share it.',
        references: [],
        steps: [step(1, APT_STEP)],
      },
      {
        id: 'ca-bundle',
        title: 'The trusted certificates differ',
        class: 'security',
        confidence: 'certain',
        differences: 1,
        counted: 1,
        evidence: ['2 certificates are only in input 1.'],
        remedy: 'Look at the certificates: the image trusts whom they name. Pin the version of ca-certificates.',
        references: ['https://packages.debian.org/ca-certificates'],
        steps: [],
      },
      {
        id: 'apt-cache',
        title: 'The cache of apt was left behind',
        class: 'benign',
        confidence: 'certain',
        differences: 1,
        counted: 1,
        evidence: [],
        remedy: 'rm -rf /var/lib/apt/lists /var/cache/apt',
        references: [],
        steps: [],
      },
      {
        id: 'dpkg-log',
        title: 'dpkg logs what it does, with the time',
        class: 'benign',
        confidence: 'probable',
        differences: 1,
        counted: 1,
        evidence: [],
        remedy: 'rm -f /var/log/dpkg.log in the same RUN',
        references: [],
        steps: [],
      },
    ],
    builders: [
      {
        platform: PLATFORM,
        sides: [
          {
            name: 'buildkit',
            settings: ['timestamps rewritten'],
            evidence: ['annotation buildkit/rewritten-timestamp', 'history comments buildkit.dockerfile.v0'],
            confidence: 'certain',
          },
          {
            name: 'buildah',
            settings: ['one layer'],
            evidence: ['PAX headers as Go writes them', 'an empty base.digest annotation'],
            confidence: 'probable',
          },
        ],
      },
    ],
    packages: [
      {
        platform: PLATFORM,
        manager: 'dpkg',
        name: 'ca-certificates',
        architecture: 'all',
        versions: ['20230311', '20230311+deb12u1'],
        files: 1,
      },
      {
        platform: PLATFORM,
        manager: 'dpkg',
        name: 'libc6',
        architecture: 'amd64',
        versions: ['2.36-9+deb12u7', '2.36-9+deb12u9'],
        files: 1,
      },
      {
        platform: PLATFORM,
        manager: 'dpkg',
        name: 'strace',
        architecture: 'amd64',
        versions: [null, '6.1-0.1'],
        files: 0,
      },
    ],
    proof: {
      causes: ['apt-log', 'jar-times', 'machine-id', 'python-bytecode'],
      residual: [DIFFERENCES[1] as ReportDifference, DIFFERENCES[6] as ReportDifference],
    },
    accepted: [
      { entry: 'srv/app.jar', reason: 'reproducible jars come with Gradle 9', matched: 1 },
      { entry: 'etc/hostname', reason: 'written by the builder', matched: 0 },
    ],
    notes: [{ input: 1, code: 'media-type-lie', message: 'layer 1 says gzip and is zstd' }],
    summary: { ...report.summary, causes: { explained: 8, probable: 1, unknown: 4 } },
    ...changes,
  };
}
