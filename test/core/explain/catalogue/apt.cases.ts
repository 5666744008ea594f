import type { CauseCases } from '../cause-case.js';
import { left, tool, written } from '../evidence.js';

const LIST = 'var/lib/apt/lists/mirror.example_debian_dists_bookworm_InRelease';

export const APT_CASES: readonly CauseCases[] = [
  {
    id: 'apt-cache',
    takesOut: 'whole',
    shows: [
      written(
        'var/cache/apt/pkgcache.bin',
        Buffer.from('dc76fe98000010000011', 'hex'),
        Buffer.from('dc76fe98000010000022', 'hex'),
        'the signature of a cache, by apt-pkg/pkgcache.cc',
      ),
    ],
    misses: [
      written('var/cache/apt/pkgcache.bin', Buffer.from('dc76fe9800', 'hex'), 'text', 'no cache on one side'),
      written(
        'var/cache/apt/archives/x.bin',
        Buffer.from('dc76fe9800', 'hex'),
        Buffer.from('dc76fe9801', 'hex'),
        'another path',
      ),
    ],
  },
  {
    id: 'apt-release',
    takesOut: /^Date: .*$|^ [0-9a-f]{32,128} +\d+/gm,
    shows: [
      tool(
        'apt-release',
        'var/lib/apt/lists/localhost_debian_dists_test_Release',
        'apt-ftparchive release on two days',
      ),
    ],
    misses: [
      written(
        LIST,
        'Origin: Debian\nSuite: stable\nDate: Mon, 23 Nov 2026 12:44:34 +0000\n',
        'Origin: Debian\nSuite: testing\nDate: Tue, 24 Nov 2026 12:44:34 +0000\n',
        'another suite',
      ),
    ],
  },
  {
    id: 'apt-lists-left',
    shows: [left(LIST, '-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n', 'a signed release')],
    misses: [
      left(LIST, '#!/bin/sh\n', 'no list'),
      left('var/lib/apt/lists/run.sh', 'Package: a\n', 'a name that is none of a list'),
    ],
  },
  {
    id: 'package-snapshot',
    takesOut: /\d{8}T\d{6}Z/g,
    shows: [
      written(
        'etc/apt/sources.list',
        'deb http://snapshot.debian.org/archive/debian/20261101T000000Z bookworm main\n',
        'deb http://snapshot.debian.org/archive/debian/20261102T000000Z bookworm main\n',
        'as repro-sources-list.sh writes it',
      ),
    ],
    misses: [
      written(
        'etc/apt/sources.list',
        'deb http://snapshot.debian.org/archive/debian/20261101T000000Z bookworm main\n',
        'deb http://snapshot.example.org/archive/debian/20261102T000000Z bookworm main\n',
        'another server',
      ),
    ],
  },
  {
    id: 'package-sources',
    takesOut: /^deb .*$|^deb-src .*$|(?<=^(?:Types|URIs|Suites|Components): ).*$/gm,
    shows: [
      written(
        'etc/apt/sources.list',
        'deb http://mirror.example/debian bookworm main\n',
        'deb http://mirror.example.org/debian bookworm main\n',
        'another server',
      ),
      written(
        'etc/apt/sources.list.d/debian.sources',
        'Types: deb\nURIs: http://mirror.example/debian\nSuites: bookworm\n',
        'Types: deb\nURIs: http://mirror.example/debian\nSuites: trixie\n',
        'another suite',
      ),
    ],
    misses: [
      written(
        'etc/apt/sources.list',
        'deb http://mirror.example/debian bookworm main\n',
        'deb http://mirror.example/debian bookworm main\ndeb http://evil.example/ x main\n',
        'one source more',
      ),
    ],
  },
];
