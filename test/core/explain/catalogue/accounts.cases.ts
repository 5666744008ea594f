import type { CauseCases } from '../cause-case.js';
import { tool, written } from '../evidence.js';

const USERADD = 'useradd -P ROOT for three users, in two orders';

export const ACCOUNTS_CASES: readonly CauseCases[] = [
  {
    id: 'shadow-lastchg',
    takesOut: /(?<=^[^:]+:[^:]*:)\d+/gm,
    shows: [
      tool('shadow-lastchg', 'etc/shadow', 'useradd on two days'),
      tool('account-ids', 'etc/shadow', `${USERADD}, on two days`),
    ],
    misses: [
      written(
        'etc/shadow',
        'root:*:19000:0:99999:7:::\n',
        'root::19001:0:99999:7:::\n',
        'no password beside another day',
      ),
      written('etc/shadow', 'root:*:19000:0:99999:7:::\n', 'root:*:19001:0::7:::\n', 'another rule beside another day'),
      written(
        'etc/shadow',
        'root:*:19000:0:99999:7:::\n',
        'root:*:0:0:99999:7:::\n',
        '0: the password has to be changed',
      ),
      written('etc/shadow', 'root:*:19000:0:99999:7:::\n', 'root:*::0:99999:7:::\n', 'empty: passwords do not age'),
    ],
  },
  {
    id: 'account-ids',
    takesOut: /:\d+(?=[:\n])/g,
    shows: [
      tool('account-ids', 'etc/passwd', USERADD),
      tool('account-ids', 'etc/group', USERADD),
      tool('account-ids', 'etc/subuid', USERADD),
      tool('account-ids', 'etc/subgid', USERADD),
    ],
    misses: [
      written('etc/passwd', 'a:x:1000:1000::/home/a:/bin/sh\n', 'b:x:1001:1001::/home/b:/bin/sh\n', 'another user'),
    ],
  },
  {
    id: 'account-order',
    /* A line may stand elsewhere: by itself no byte is taken out. */
    takesOut: /(?!)/g,
    shows: [
      tool('account-ids', 'etc/gshadow', USERADD),
      written('etc/group', 'a:x:1:\nb:x:2:\n', 'b:x:2:\na:x:1:\n', 'two groups in another order'),
    ],
    misses: [written('etc/group', 'a:x:1:\nb:x:2:\n', 'b:x:2:\na:x:1:b\n', 'a member beside another order')],
  },
  {
    id: 'account-secrets',
    takesOut: /(?<=^\w+:).*$/gm,
    shows: [
      written('etc/shadow', 'root:*:19000:0:99999:7:::\n', 'root:$6$a$b:19000:0:99999:7:::\n', 'a password'),
      written('etc/gshadow', 'root:*::\n', 'root:::a\n', 'a member'),
    ],
    misses: [written('etc/shadow', 'root:*:19000:0:99999:7:::\n', 'toor:*:19000:0:99999:7:::\n', 'another user')],
  },
  {
    id: 'account-fields',
    takesOut: /(?<=^\w+:).*$/gm,
    shows: [
      written('etc/passwd', 'a:x:1:1::/:/bin/sh\n', 'a:x:1:1::/:/usr/sbin/nologin\n', 'another shell'),
      written('etc/group', 'sudo:x:27:\n', 'sudo:x:27:a\n', 'a member'),
    ],
    misses: [
      written('etc/passwd', 'a:x:1:1::/:/bin/sh\n', 'a:x:1:1::/:/bin/sh\nb:x:0:0::/:/bin/sh\n', 'one user more'),
    ],
  },
  {
    id: 'account-backups',
    takesOut: 'whole',
    shows: [
      written('etc/passwd-', 'a:x:1:1::/:/bin/sh\n', 'a:x:1:1::/:/bin/sh\nb:x:2:2::/:/bin/sh\n', 'one user more'),
    ],
    misses: [
      written('etc/passwd-', 'a:x:1:1::/:/bin/sh\n', 'a:x:1:1\n', 'no such table on one side'),
      written('etc/shadow-', 'a:*:1:0:9:7:::\n', 'a:*:1:0:9:7:::\nb:*:1:0:9:7:::\n', 'a table with passwords'),
    ],
  },
];
