import type { CauseCases } from '../cause-case.js';
import { left, tool, written } from '../evidence.js';

const COMMIT = '0'.repeat(40);

export const GIT_CASES: readonly CauseCases[] = [
  {
    id: 'git-index',
    /* The checksum of all follows, so that no byte alone may change. */
    takesOut: /(?!)/g,
    shows: [tool('git', 'srv/app/.git/index', 'git add in two clones')],
    misses: [written('srv/app/.git/index', 'DIRC\0\0\0\x02\0\0\0\0a', 'DIRC\0\0\0\x02\0\0\0\0b', 'wrong checksums')],
  },
  {
    id: 'git-reflog',
    takesOut: /(?<=> )\d+ [+-]\d{4}/g,
    shows: [tool('git', 'srv/app/.git/logs/HEAD', 'git checkout on two days')],
    misses: [
      written(
        'srv/app/.git/logs/HEAD',
        `${COMMIT} ${'a'.repeat(40)} T <t@example.org> 1795437874 +0000\tcommit: a\n`,
        `${COMMIT} ${'b'.repeat(40)} T <t@example.org> 1795528241 +0000\tcommit: a\n`,
        'another commit',
      ),
    ],
  },
  {
    id: 'git-packs',
    shows: [
      left(`srv/app/.git/objects/pack/pack-${COMMIT}.pack`, 'PACK\0\0\0\x02\0\0\0\x01', 'the head of a pack'),
      left(
        `srv/app/.git/objects/pack/pack-${COMMIT}.idx`,
        Buffer.from('ff744f6300000002', 'hex'),
        'the head of an index',
      ),
    ],
    misses: [
      left(`srv/app/.git/objects/pack/pack-${COMMIT}.pack`, 'x', 'another content'),
      left('srv/app/.git/hooks/post-checkout', 'PACK\0\0\0\x02', 'another name'),
    ],
  },
];
