import type { Cause } from '../cause.js';
import { normaliseLines } from '../text-rule.js';

/* dpkg, update-alternatives: `2023-02-28 21:21:00 startup archives unpack`; `update-alternatives 2023-02-28 21:21:00: run with …` */
const LOG_TIME = /^((?:update-alternatives )?)\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\b/;
/* apt: `Start-Date: 2023-02-28  21:21:00`, `Log started: 2023-02-28  21:21:00` */
const APT_TIME = /^((?:Start-Date|End-Date|Log started|Log ended): )\d{4}-\d\d-\d\d {1,2}\d\d:\d\d:\d\d$/;

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
    references: ['https://wiki.debian.org/ReproducibleInstalls'],
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
    references: ['https://wiki.debian.org/ReproducibleInstalls'],
    rule: {
      what: 'content',
      paths: ['var/log/apt/history.log', 'var/log/apt/term.log'],
      normalise: normaliseLines((line) => line.replace(APT_TIME, '$1')),
    },
  },
];
