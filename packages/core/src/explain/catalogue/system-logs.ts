import type { Cause } from '../cause.js';
import { wholeFormat } from '../content-rule.js';
import { normaliseLines } from '../text-rule.js';

/* dpkg, update-alternatives: `2023-02-28 21:21:00 startup archives unpack`; `update-alternatives 2023-02-28 21:21:00: run with …` */
const LOG_TIME = /^((?:update-alternatives )?)\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\b/;
/* apt: `Start-Date: 2023-02-28  21:21:00`, `Log started: 2023-02-28  21:21:00` */
const APT_TIME = /^((?:Start-Date|End-Date|Log started|Log ended): )\d{4}-\d\d-\d\d {1,2}\d\d:\d\d:\d\d$/;
/* ssh-keygen -l: `256 SHA256:r82k… root@buildkitsandbox (ECDSA)` */
const FINGERPRINT = /^(\d{3,5} SHA256:)[A-Za-z0-9+/]{43}( [!-~]{1,255} \([A-Z0-9-]{2,20}\)\r?)$/;
/* debootstrap has wget's lines: `2023-02-28 21:21:00 URL:http://… [8786/8786] -> "…" [1]` */
const WGET_TIME = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d( URL:)/;

const WIKI = 'https://wiki.debian.org/ReproducibleInstalls';

/** Logs that programs of the system write while packages are installed. */
export const SYSTEM_LOGS: readonly Cause[] = [
  {
    id: 'dpkg-log',
    title: 'dpkg and update-alternatives write the time into their logs',
    class: 'benign',
    where: '/var/log/dpkg.log, /var/log/alternatives.log',
    shape:
      'Lines are the same but for the date and time at their beginning. Another package, version or order is not this.',
    remedy:
      'Remove the logs in the same step: RUN apt-get update && apt-get install -y … && rm -f /var/log/dpkg.log /var/log/alternatives.log',
    references: [WIKI],
    rule: {
      what: 'content',
      paths: ['var/log/dpkg.log', 'var/log/alternatives.log'],
      normalise: normaliseLines((line) => line.replace(LOG_TIME, '$1')),
    },
  },
  {
    id: 'apt-log',
    title: 'APT writes the time into its logs',
    class: 'benign',
    where: '/var/log/apt/history.log, /var/log/apt/term.log',
    shape: 'Lines that say when it was started and ended; all others are the same.',
    remedy: 'Remove the logs in the same step: RUN apt-get update && apt-get install -y … && rm -rf /var/log/apt/*',
    references: [WIKI],
    rule: {
      what: 'content',
      paths: ['var/log/apt/history.log', 'var/log/apt/term.log'],
      normalise: normaliseLines((line) => line.replace(APT_TIME, '$1')),
    },
  },
  {
    id: 'ssh-fingerprint-log',
    title: 'The log of an installation shows fingerprints of new SSH host keys',
    class: 'review',
    where: '/var/log/apt/term.log',
    shape: 'Lines of ssh-keygen with a fingerprint; bits, name and kind of the key are the same.',
    remedy:
      'Remove the log in the same step, and the keys, which openssh-server makes as it is installed: && rm -f /var/log/apt/term.log /etc/ssh/ssh_host_*; make keys when the container starts: ssh-keygen -A',
    references: [WIKI, 'https://man.openbsd.org/ssh-keygen'],
    rule: {
      what: 'content',
      paths: ['var/log/apt/term.log'],
      normalise: normaliseLines((line) => line.replace(FINGERPRINT, '$1$2')),
    },
  },
  {
    id: 'bootstrap-log',
    title: 'debootstrap writes the time of each download into its log',
    class: 'benign',
    where: '/var/log/bootstrap.log',
    shape: 'Lines of downloads are the same but for the date and time at their beginning.',
    remedy: 'Remove the log after debootstrap has run: rm -f ROOT/var/log/bootstrap.log; or use mmdebstrap.',
    references: [WIKI],
    rule: {
      what: 'content',
      paths: ['var/log/bootstrap.log'],
      normalise: normaliseLines((line) => line.replace(WGET_TIME, '$1')),
    },
  },
  {
    id: 'systemd-journal',
    title: 'A journal of systemd is in the image',
    class: 'review',
    where: '/var/log/journal, /run/log/journal',
    shape: 'Binary journals. They hold messages, times and the id of the machine, and are not looked into.',
    remedy: 'Keep it out of the image: && rm -rf /var/log/journal/*',
    references: ['https://systemd.io/JOURNAL_FILE_FORMAT/'],
    rule: {
      what: 'content',
      paths: ['{var,run}/log/journal/**/*.journal'],
      normalise: wholeFormat('LPKSHHRH'),
    },
  },
];
