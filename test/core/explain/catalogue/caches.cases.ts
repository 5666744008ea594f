import type { CauseCases } from '../cause-case.js';
import { evidence, tool, written } from '../evidence.js';

const BUILDS = 'two builds of the services image';
const FONTS = 'var/cache/fontconfig/3830d5c3ddfd5cd38a049b759396e72e-le64.cache-8';

function changed(contents: readonly [Uint8Array | string, Uint8Array | string], at: number): readonly [Buffer, Buffer] {
  const [content0, content1] = [Buffer.from(contents[0]), Buffer.from(contents[1])];
  content1[at] = (content1[at] as number) ^ 1;
  return [content0, content1];
}

const aux = evidence('services', 'var/cache/ldconfig/aux-cache', `ldconfig, ${BUILDS}`);
const fonts = evidence('services', FONTS, `fc-cache, ${BUILDS}`);
const man = tool('man-db-index', 'var/cache/man/index.db', 'mandb, pages of two days');

export const CACHES_CASES: readonly CauseCases[] = [
  {
    id: 'ldconfig-aux-cache',
    /* inode and ctime, dev, and what pads each of the 156 entries of 48 bytes */
    takesOut: Array.from({ length: 156 }, (_, i) => 32 + 48 * i).flatMap((at) => [
      [at, at + 16],
      [at + 24, at + 32],
      [at + 44, at + 48],
    ]),
    shows: [aux],
    misses: [
      /* The size of the first library. */
      { ...aux, origin: 'written', what: 'another size of a library', contents: changed(aux.contents, 32 + 16) },
    ],
  },
  {
    id: 'fontconfig-cache',
    takesOut: /(?<=^.{48}).{4}|(?<=^.{56}).{8}/gs,
    shows: [
      fonts,
      evidence('services', 'var/cache/fontconfig/d589a48862398ed80a3d6066f4f56f4c-le64.cache-8', `fc-cache, ${BUILDS}`),
    ],
    misses: [
      { ...fonts, origin: 'written', what: 'another name of a folder', contents: changed(fonts.contents, 0x41) },
    ],
  },
  {
    id: 'fontconfig-uuid',
    takesOut: 'whole',
    shows: [
      written(
        'usr/share/fonts/.uuid',
        '0d9ff98e-0d27-4c57-a6a8-3b6c0a1d1b11',
        'a7f1c2d3-0d27-4c57-a6a8-3b6c0a1d1b12',
        'as fontconfig 2.13.0 writes it',
      ),
    ],
    misses: [written('usr/share/fonts/.uuid', '0d9ff98e-0d27-4c57-a6a8-3b6c0a1d1b11', 'x', 'no UUID on one side')],
  },
  {
    id: 'man-db-index',
    takesOut: /(?<=\t)1\d{9}\t\d{1,9}(?=\t)/g,
    shows: [man],
    misses: [
      {
        ...man,
        origin: 'written',
        what: 'another description',
        contents: changed(man.contents, Buffer.from(man.contents[1]).indexOf('first')),
      },
    ],
  },
  {
    id: 'info-dir',
    takesOut: /(?!)/g,
    shows: [
      written(
        'usr/share/info/dir',
        'This is the file .../info/dir\n\nFile: dir,\tNode: Top\n\n* Menu:\n\n* A: (a).  a\n* B: (b).  b\n',
        'This is the file .../info/dir\n\nFile: dir,\tNode: Top\n\n* Menu:\n\n* B: (b).  b\n* A: (a).  a\n',
        'as install-info writes it, entries swapped',
      ),
    ],
    misses: [
      written(
        'usr/share/info/dir',
        'This is the file .../info/dir\n\nFile: dir,\tNode: Top\n\n* A: (a).  a\n* B: (b).  b\n',
        'This is the file .../info/dir\n\nFile: dir,\tNode: Top\n\n* B: (b).  b\n* A: (a).  c\n',
        'another text beside another order',
      ),
    ],
  },
  {
    id: 'mime-handlers-order',
    takesOut: /(?!)/g,
    shows: [
      written(
        'usr/share/applications/mimeinfo.cache',
        '[MIME Cache]\ntext/plain=vim.desktop;gedit.desktop;\n',
        '[MIME Cache]\ntext/plain=gedit.desktop;vim.desktop;\n',
        'as update-desktop-database writes it, in another order',
      ),
    ],
    misses: [
      written(
        'usr/share/applications/mimeinfo.cache',
        '[MIME Cache]\ntext/plain=vim.desktop;gedit.desktop;\n',
        '[MIME Cache]\ntext/plain=gedit.desktop;evil.desktop;\n',
        'another program',
      ),
    ],
  },
  {
    id: 'tex-file-list',
    takesOut: /(?!)/g,
    shows: [
      written(
        'usr/share/texmf/ls-R',
        '% ls-R -- filename database for kpathsea; do not change this line.\n\n./a:\nx\ny\n\n./b:\nz\n',
        '% ls-R -- filename database for kpathsea; do not change this line.\n\n./b:\nz\n\n./a:\ny\nx\n',
        'as mktexlsr writes it, in another order',
      ),
    ],
    misses: [
      written(
        'usr/share/texmf/ls-R',
        '% ls-R -- filename database for kpathsea; do not change this line.\n\n./a:\nx\ny\n\n./b:\nz\n',
        '% ls-R -- filename database for kpathsea; do not change this line.\n\n./a:\nx\n\n./b:\nz\nw\n',
        'a file in another folder, and another name',
      ),
    ],
  },
];
