import { type ImageSpec, layerTar, sign } from '../../../support/images.js';
import type { CauseCases, ImageInput } from '../cause-case.js';
import { entries, fields, made, packed, written } from '../image-cases.js';

const GNU = ['-cf', '-', '--format=gnu', '--mtime=@1', '--owner=:0', '--group=:0', '--sort=name'];
const USTAR = ['-cf', '-', '--format=ustar', '--mtime=@1', '--owner=:0', '--group=:0', '--sort=name'];
const PAX = ['-cf', '-', '--format=posix', '--mtime=@1', '--owner=:0', '--group=:0', '--sort=name'];
const TWO = 'echo a >a; echo b >b';

/** A layer of one file of three bytes, and what `change` makes of its tar. */
function changed(change: (tar: Buffer) => Buffer): ImageInput {
  return async (): Promise<ImageSpec> => ({
    layers: [{ tar: change(await layerTar([{ path: 'a', content: 'abc' }])) }],
  });
}

function with512(at: number, text: string): (tar: Buffer) => Buffer {
  return (tar) => {
    const copy = Buffer.from(tar);
    copy.write(text, at, 'latin1');
    sign(copy.subarray(0, 512));
    return copy;
  };
}

const same = (tar: Buffer): Buffer => tar;

export const TAR_WRITING_CASES: readonly CauseCases[] = [
  {
    id: 'sparse-files',
    shows: [
      made(
        'tar with and without --sparse',
        packed('truncate -s 1M a; echo x >>a', 'tar', ...GNU, '--sparse', 'a'),
        packed('truncate -s 1M a; echo x >>a', 'tar', ...GNU, 'a'),
      ),
    ],
    misses: [made('another dialect', packed(TWO, 'tar', ...GNU, 'a'), packed(TWO, 'tar', ...USTAR, 'a'))],
  },
  {
    id: 'tar-dialect',
    shows: [made('GNU and USTAR', packed(TWO, 'tar', ...GNU, 'a'), packed(TWO, 'tar', ...USTAR, 'a'))],
    misses: [
      written('bytes in no field', changed(same), changed(with512(500, 'hidden'))),
      written('another mode', ...fields({ mode: 0o644 }, { mode: 0o600 })),
    ],
  },
  {
    id: 'tar-header-writing',
    shows: [
      written('a mode of seven digits', changed(same), changed(with512(100, '0000644\0'))),
      made(
        'names of extended headers',
        packed(TWO, 'tar', ...PAX, '--pax-option=exthdr.name=%d/PaxHeaders/%f,atime:=1', 'a'),
        packed(TWO, 'tar', ...PAX, '--pax-option=exthdr.name=%d/PaxHeaders.0/%f,atime:=1', 'a'),
      ),
    ],
    misses: [written('bytes in no field', changed(same), changed(with512(500, 'hidden')))],
  },
  {
    id: 'tar-header-bytes',
    shows: [
      written('bytes in no field', changed(same), changed(with512(500, 'hidden'))),
      written('bytes behind a name', changed(same), changed(with512(10, 'hidden'))),
    ],
    misses: [made('another dialect', packed(TWO, 'tar', ...GNU, 'a'), packed(TWO, 'tar', ...USTAR, 'a'))],
  },
  {
    id: 'pax-redundant-records',
    shows: [
      written('mtime as a record too', ...fields({ mtime: 7 }, { mtime: 7, pax: { mtime: '7' } })),
      made(
        'tar --format=posix and gnu, an id of seven digits',
        packed(TWO, 'tar', ...PAX, '--owner=:3000000', '--pax-option=delete=atime,delete=ctime', 'a'),
        packed(TWO, 'tar', ...GNU, '--owner=:3000000', 'a'),
      ),
    ],
    misses: [written('a record of somebody', ...fields({ pax: { comment: 'x' } }, { pax: { comment: 'y' } }))],
  },
  {
    id: 'pax-host-records',
    shows: [written('an inode', ...fields({ pax: { 'SCHILY.ino': '17' } }, { pax: { 'SCHILY.ino': '18' } }))],
    misses: [written('an attribute', ...fields({}, { pax: { 'SCHILY.xattr.user.ino': '18' } }))],
  },
  {
    id: 'pax-other-records',
    shows: [
      written('a comment', ...fields({}, { pax: { comment: 'x' } })),
      made(
        'two commits by git archive',
        packed(gitCommit('one'), 'git', 'archive', 'HEAD'),
        packed(gitCommit('two'), 'git', 'archive', 'HEAD'),
      ),
    ],
    misses: [written('an attribute', ...fields({}, { pax: { 'SCHILY.xattr.user.ino': '18' } }))],
  },
  {
    id: 'owner-names',
    shows: [
      made(
        'tar --numeric-owner',
        packed(TWO, 'tar', ...USTAR, '--owner=root:0', 'a'),
        packed(TWO, 'tar', ...USTAR, '--owner=root:0', '--numeric-owner', 'a'),
      ),
    ],
    misses: [written('another number too', ...fields({ uname: 'a', uid: 1 }, { uname: 'b', uid: 2 }))],
  },
  {
    id: 'path-spelling',
    shows: [
      made('tar . and tar *', packed(TWO, 'tar', ...USTAR, './a', './b'), packed(TWO, 'tar', ...USTAR, 'a', 'b')),
    ],
    misses: [
      written(
        "a symbolic link's target",
        entries({ path: 'l', type: 'symlink', linkTarget: 'a' }),
        entries({ path: 'l', type: 'symlink', linkTarget: './a' }),
      ),
    ],
  },
  {
    id: 'entry-order',
    shows: [made('another order', packed(TWO, 'tar', ...USTAR, 'a', 'b'), packed(TWO, 'tar', ...USTAR, 'b', 'a'))],
    misses: [made('other files', packed(TWO, 'tar', ...USTAR, 'a'), packed(TWO, 'tar', ...USTAR, 'b'))],
  },
  {
    id: 'tar-trailer',
    shows: [
      made('tar -b', packed(TWO, 'tar', ...USTAR, '-b', '20', 'a'), packed(TWO, 'tar', ...USTAR, '-b', '4', 'a')),
    ],
    misses: [
      written(
        'bytes that are not zero',
        changed(same),
        changed((tar) => Buffer.concat([tar, Buffer.from('hidden'.padEnd(512, '\0'))])),
      ),
    ],
  },
  {
    id: 'tar-trailing-data',
    shows: [
      written(
        'bytes behind the end',
        changed(same),
        changed((tar) => Buffer.concat([tar, Buffer.from('hidden'.padEnd(512, '\0'))])),
      ),
    ],
    misses: [
      made('zeros', packed(TWO, 'tar', ...USTAR, '-b', '20', 'a'), packed(TWO, 'tar', ...USTAR, '-b', '4', 'a')),
    ],
  },
  {
    id: 'tar-padding',
    shows: [
      written(
        'bytes behind a content',
        changed(same),
        changed((tar) => {
          const copy = Buffer.from(tar);
          copy.write('hidden', 600, 'latin1');
          return copy;
        }),
      ),
    ],
    misses: [written('another content', ...fields({ content: 'a' }, { content: 'b' }))],
  },
  {
    id: 'mode-type-bits',
    shows: [written('0644 and 0100644', ...fields({ mode: 0o644 }, { mode: 0o100644 }))],
    misses: [
      written('and a permission', ...fields({ mode: 0o644 }, { mode: 0o100600 })),
      written('set-user-id', ...fields({ mode: 0o755 }, { mode: 0o104755 })),
    ],
  },
];

function gitCommit(message: string): string {
  const who = '-c user.name=a -c user.email=a@localhost';
  const dates = 'GIT_AUTHOR_DATE=@1677619260 GIT_COMMITTER_DATE=@1677619260';
  return `echo a >a; git init -q .; git add a; ${dates} git ${who} commit -q -m ${message}`;
}
