import type { CauseCases } from '../cause-case.js';
import { evidence, written } from '../evidence.js';

export const SYSTEM_LOGS_CASES: readonly CauseCases[] = [
  {
    id: 'dpkg-log',
    takesOut: /^(?:update-alternatives )?[-\d]{10} [:\d]{8}/gm,
    shows: [
      evidence('services', 'var/log/alternatives.log', 'update-alternatives, two builds of the services image'),
      evidence('services', 'var/log/dpkg.log', 'dpkg, two builds of the services image'),
    ],
    misses: [
      written(
        'var/log/dpkg.log',
        '2023-02-28 21:21:00 install libc6:amd64 <none> 2.36-9\n',
        '2023-02-28 21:22:07 install libc6:amd64 <none> 2.37-1\n',
        'another version beside another time',
      ),
    ],
  },
  {
    id: 'apt-log',
    takesOut: /(?<=^(?:Start-Date|End-Date|Log started|Log ended): ).*$/gm,
    shows: [
      evidence('services', 'var/log/apt/history.log', 'APT, two builds of the services image'),
      evidence('python', 'var/log/apt/history.log', 'APT, two builds of the Python image'),
    ],
    misses: [
      written(
        'var/log/apt/history.log',
        'Start-Date: 2023-02-28  21:21:00\nCommandline: apt-get install -y gcc\n',
        'Start-Date: 2023-02-28  21:22:07\nCommandline: apt-get install -y g++\n',
        'another command line beside another time',
      ),
    ],
  },
  {
    id: 'ssh-fingerprint-log',
    takesOut: /(?<=SHA256:)[A-Za-z0-9+/]{43}/g,
    shows: [evidence('services', 'var/log/apt/term.log', 'APT and ssh-keygen, two builds of the services image')],
    misses: [
      written(
        'var/log/apt/term.log',
        `3072 SHA256:${'a'.repeat(43)} root@buildkitsandbox (RSA)\n`,
        `256 SHA256:${'b'.repeat(43)} root@buildkitsandbox (ED25519)\n`,
        'a key of another kind',
      ),
    ],
  },
  {
    id: 'bootstrap-log',
    takesOut: /^[-\d]{10} [:\d]{8}(?= URL:)/gm,
    shows: [
      written(
        'var/log/bootstrap.log',
        '2023-02-28 21:21:00 URL:http://mirror.example/debian/dists/bookworm/InRelease [151082/151082] -> "x" [1]\n',
        '2023-03-01 08:00:12 URL:http://mirror.example/debian/dists/bookworm/InRelease [151082/151082] -> "x" [1]\n',
        'a line of wget, as debootstrap logs it',
      ),
    ],
    misses: [
      written(
        'var/log/bootstrap.log',
        '2023-02-28 21:21:00 URL:http://mirror.example/debian/dists/bookworm/InRelease [151082/151082] -> "x" [1]\n',
        '2023-03-01 08:00:12 URL:http://mirror.example/debian/dists/bookworm/InRelease [151099/151099] -> "x" [1]\n',
        'another file was loaded',
      ),
    ],
  },
  {
    id: 'systemd-journal',
    takesOut: 'whole',
    shows: [
      written(
        'var/log/journal/0123456789abcdef0123456789abcdef/system.journal',
        'LPKSHHRH\0\0\0\0one',
        'LPKSHHRH\0\0\0\0another',
        'the signature of a journal, by its specification',
      ),
    ],
    misses: [written('var/log/journal/x/system.journal', 'LPKSHHRH one', 'text', 'no journal on one side')],
  },
];
