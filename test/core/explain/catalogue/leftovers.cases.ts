import type { CauseCases } from '../cause-case.js';
import { left, written } from '../evidence.js';

const HSTS = '# HSTS 1.0 Known Hosts database for GNU Wget.\n';

export const LEFTOVERS_CASES: readonly CauseCases[] = [
  {
    id: 'temporary-files-left',
    shows: [
      left('tmp/tmp.AbCdEfGhIj/a', 'x', 'a name of mktemp'),
      left('tmp/pip-req-build-ab12cd34/setup.py', 'x', 'a name of pip'),
      left('tmp/hsperfdata_root/7', 'x', 'a name of the JVM'),
    ],
    misses: [
      left('tmp/app/config', 'x', 'a name that somebody gave'),
      { ...left('tmp/tmp.AbCdEfGhIj', '', 'a symbolic link'), type: 'symlink' },
    ],
  },
  {
    id: 'shell-history-left',
    shows: [left('root/.bash_history', 'ls\n', 'a history'), left('home/a/.python_history', 'x\n', 'a history')],
    misses: [left('root/.bashrc', 'ls\n', 'another name'), left('srv/.bash_history', 'ls\n', 'no home folder')],
  },
  {
    id: 'wget-hsts-left',
    shows: [left('root/.wget-hsts', `${HSTS}# Edit at your own risk.\n`, 'as wget writes it')],
    misses: [left('root/.wget-hsts', 'x', 'another content')],
  },
  {
    id: 'wget-hsts-time',
    takesOut: /\d{10}/g,
    shows: [
      written(
        'root/.wget-hsts',
        `${HSTS}example.org\t0\t1\t1795437874\t31536000\n`,
        `${HSTS}example.org\t0\t1\t1795528241\t31536000\n`,
        'as wget writes it',
      ),
    ],
    misses: [
      written(
        'root/.wget-hsts',
        `${HSTS}example.org\t0\t1\t1795437874\t31536000\n`,
        `${HSTS}example.com\t0\t1\t1795528241\t31536000\n`,
        'another host',
      ),
    ],
  },
  {
    id: 'lock-files-left',
    shows: [
      left('etc/.pwd.lock', '', 'as shadow makes it'),
      left('run/nginx.pid', '1234\n', 'the number of a process'),
    ],
    misses: [
      left('app/yarn.lock', '# yarn lockfile v1\n', 'a list of versions'),
      left('app/Cargo.toml', '', 'another name'),
    ],
  },
  {
    id: 'stamp-files-left',
    shows: [left('var/lib/apt/periodic/update-success-stamp', '', 'as APT makes it')],
    misses: [left('var/lib/app-stamp', 'x', 'a content'), left('var/lib/app', '', 'another name')],
  },
  {
    id: 'backups-left',
    shows: [
      left('etc/passwd-', 'root:x:0:0::/:/bin/sh\n', 'as useradd makes it'),
      left('var/lib/dpkg/status-old', '', 'of dpkg'),
    ],
    misses: [
      left('etc/passwd', 'root:x:0:0::/:/bin/sh\n', 'the table itself'),
      left('etc/sudoers-', '', 'another name'),
    ],
  },
  {
    id: 'desktop-metadata-left',
    shows: [
      left('app/.DS_Store', Buffer.from('0000000142756431', 'hex'), 'the magic number of .DS_Store'),
      left('app/._a.txt', Buffer.from('0005160700020000', 'hex'), 'the magic number of AppleDouble'),
    ],
    misses: [left('app/.DS_Store', '#!/bin/sh\n', 'another content')],
  },
];
