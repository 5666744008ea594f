import type { Cause } from '../cause.js';
import { beginsWith } from '../content-rule.js';
import { withoutStat } from '../layouts/git-index.js';
import { normaliseLines } from '../text-rule.js';

const REFLOG_LINE = /^([0-9a-f]{40} [0-9a-f]{40} [^<>]{0,200}<[^<>]{0,200}> )\d{9,11} [+-]\d{4}(?=\t|$)/;
const PACK_MAGICS = ['PACK\0\0\0\x02', 'PACK\0\0\0\x03', '\xfftOc', 'RIDX', 'BITM'];
const REMEDY =
  'Keep the repository out of the image: .git in .dockerignore, or git clone … && rm -rf .git in one step.';

/** A git repository in the image. */
export const GIT: readonly Cause[] = [
  {
    id: 'git-index',
    title: "Git's index keeps times and inodes of files",
    class: 'review',
    where: '.git/index',
    shape: 'Times, device, inode and owner of files, and the checksum; names, modes and contents are the same.',
    remedy: REMEDY,
    references: ['https://git-scm.com/docs/gitformat-index', 'https://docs.docker.com/build/concepts/context/'],
    rule: {
      what: 'content',
      paths: ['**/.git/**/index', '**/.git/index'],
      normalise: ({ content }) => withoutStat(content),
    },
  },
  {
    id: 'git-reflog',
    title: "Git's logs keep the time at which each reference was moved",
    class: 'review',
    where: '.git/logs',
    shape: 'The time in each line; commits, names and messages are the same.',
    remedy: REMEDY,
    references: ['https://git-scm.com/docs/git-reflog', 'https://docs.docker.com/build/concepts/context/'],
    rule: {
      what: 'content',
      paths: ['**/.git/logs/**', '**/.git/modules/**/logs/**'],
      normalise: normaliseLines((line) => line.replace(REFLOG_LINE, '$1')),
    },
  },
  {
    id: 'git-packs',
    title: 'Git packs the same objects in another way',
    class: 'review',
    where: '.git/objects/pack',
    shape:
      'A pack, its index or what belongs to it, named by a checksum, that one side has alone. Which objects it holds is not looked into.',
    remedy: `${REMEDY} Packs depend on the server, on threads and on versions.`,
    references: ['https://git-scm.com/docs/gitformat-pack'],
    rule: {
      what: 'presence',
      paths: ['**/objects/pack/pack-*'],
      covers: ({ path, header, content }) =>
        header.type === 'file' &&
        /\/pack-[0-9a-f]{40}\.(?:pack|idx|rev|bitmap)$/.test(path) &&
        PACK_MAGICS.some((magic) => beginsWith(content, magic)),
    },
  },
];
