import type { Cause } from '../cause.js';
import { normaliseLines } from '../text-rule.js';

const VIRTUAL_VERSION = /^(\.[A-Za-z0-9._-]{1,100}=|V:)\d{8}\.\d{6}$/;
/* `Running `apk add …` at 2025-11-23T12:44:34` */
const LOG_TIME = /^(Running `.{1,4000}` at )\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:Z|[+-]\d{4})?$/;

const DATABASE = ['lib/apk/db/installed', 'usr/lib/apk/db/installed'];

/** What Alpine's package manager keeps. */
export const APK: readonly Cause[] = [
  {
    id: 'apk-virtual',
    title: 'apk names the time of the build as the version of a virtual package',
    class: 'benign',
    where: '/etc/apk/world, /lib/apk/db/installed',
    shape: 'A version that is a date and a time: .build-deps=20261123.124434',
    remedy:
      'Give it a version: apk add --virtual .build-deps=0 …; and remove it in the same step: && apk del .build-deps',
    references: ['https://wiki.alpinelinux.org/wiki/Alpine_Package_Keeper'],
    rule: {
      what: 'content',
      paths: ['etc/apk/world', ...DATABASE],
      normalise: normaliseLines((line) => line.replace(VIRTUAL_VERSION, '$1')),
    },
  },
  {
    id: 'apk-log',
    title: 'apk writes the time into its log',
    class: 'benign',
    where: '/var/log/apk.log',
    shape: 'The time at the end of lines that say what was run; all else is the same.',
    remedy: 'Remove the log in the same step: RUN apk add --no-cache … && rm -f /var/log/apk.log',
    references: ['https://gitlab.alpinelinux.org/alpine/apk-tools'],
    rule: {
      what: 'content',
      paths: ['var/log/apk.log'],
      normalise: normaliseLines((line) => line.replace(LOG_TIME, '$1')),
    },
  },
];
