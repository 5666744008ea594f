import type { CauseCases } from '../cause-case.js';
import { left, onlyName, tool, toolLeft, written } from '../evidence.js';

const INDEX = 'root/.npm/_cacache/index-v5/b9/9e/ce39ab9c2ca34ea8b1e01d630b8ecfde0f894125187708e9af0b727463d3';

export const JAVASCRIPT_CASES: readonly CauseCases[] = [
  {
    id: 'npm-cache-time',
    /* The checksum of the line follows, so that no byte alone may change. */
    takesOut: /(?!)/g,
    shows: [tool('npm-cache', INDEX, 'npm cache add, twice')],
    misses: [
      written(
        INDEX,
        `\n${'a'.repeat(40)}\t{"time":1795437874000}`,
        `\n${'b'.repeat(40)}\t{"time":1795437874001}`,
        'wrong checksums',
      ),
    ],
  },
  {
    id: 'npm-log-left',
    shows: [toolLeft('npm-cache', 0, onlyName('npm-cache', 0, 'root/.npm/_logs'), 'npm cache add')],
    misses: [
      left('root/.npm/_logs/2026-11-27T08_24_20_829Z-debug-0.log', '#!/bin/sh\n', 'another content'),
      left('root/.npm/_logs/x-debug-0.log', '0 verbose cli\n', 'another name'),
    ],
  },
  {
    id: 'pnpm-time',
    takesOut: /(?<=prunedAt: ).*|\d{13}/g,
    shows: [
      written(
        'app/node_modules/.modules.yaml',
        'nodeLinker: isolated\nprunedAt: Mon, 23 Nov 2026 12:44:34 GMT\nstoreDir: /s\n',
        'nodeLinker: isolated\nprunedAt: Tue, 24 Nov 2026 13:50:41 GMT\nstoreDir: /s\n',
        'as pnpm 9 writes it',
      ),
      written(
        'app/node_modules/.pnpm-workspace-state.json',
        '{\n  "lastValidatedTimestamp": 1795437874000,\n  "projects": {}\n}\n',
        '{\n  "lastValidatedTimestamp": 1795528241000,\n  "projects": {}\n}\n',
        'as pnpm 10 writes it',
      ),
    ],
    misses: [
      written(
        'app/node_modules/.modules.yaml',
        'nodeLinker: isolated\nprunedAt: Mon, 23 Nov 2026 12:44:34 GMT\n',
        'nodeLinker: hoisted\nprunedAt: Tue, 24 Nov 2026 13:50:41 GMT\n',
        'another setting',
      ),
    ],
  },
  {
    id: 'next-build-id',
    takesOut: 'whole',
    shows: [written('app/.next/BUILD_ID', 'N7dcd5zYJ3dJYpHLU2pJE', 'aB3_d5zYJ3dJYpHLU2p-E', 'ids of nanoid')],
    misses: [written('app/.next/BUILD_ID', 'N7dcd5zYJ3dJYpHLU2pJE', 'v1.2', 'an id that somebody gave')],
  },
];
