import type { CauseCases } from '../cause-case.js';
import { evidence } from '../evidence.js';

export const SYSTEM_LOGS_CASES: readonly CauseCases[] = [
  {
    id: 'dpkg-log',
    shows: [
      evidence('services', 'var/log/alternatives.log', 'update-alternatives, two builds of the services image'),
      evidence('services', 'var/log/dpkg.log', 'dpkg, two builds of the services image'),
    ],
    misses: [
      {
        kind: 'content',
        origin: 'written',
        what: 'another version beside another time',
        path: 'var/log/dpkg.log',
        contents: [
          '2023-02-28 21:21:00 install libc6:amd64 <none> 2.36-9\n',
          '2023-02-28 21:22:07 install libc6:amd64 <none> 2.37-1\n',
        ],
      },
    ],
  },
  {
    id: 'apt-log',
    shows: [
      evidence('services', 'var/log/apt/history.log', 'APT, two builds of the services image'),
      evidence('services', 'var/log/apt/term.log', 'APT, two builds of the services image'),
    ],
    misses: [
      {
        kind: 'content',
        origin: 'written',
        what: 'another command line beside another time',
        path: 'var/log/apt/history.log',
        contents: [
          'Start-Date: 2023-02-28  21:21:00\nCommandline: apt-get install -y gcc\n',
          'Start-Date: 2023-02-28  21:22:07\nCommandline: apt-get install -y g++\n',
        ],
      },
    ],
  },
];
