import type { CauseCases } from '../cause-case.js';
import { written } from '../evidence.js';

export const GENERAL_CASES: readonly CauseCases[] = [
  {
    id: 'text-timestamps',
    takesOut: /[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} [\d:]{8} GMT|[-\d]{10} [\d:]{8}/g,
    shows: [
      written('srv/build.txt', 'built 2026-11-23 12:44:34 by make\n', 'built 2026-11-24 13:50:41 by make\n', 'a date'),
      written('srv/a.txt', 'Date: Mon, 23 Nov 2026 12:44:34 GMT\n', 'Date: Tue, 24 Nov 2026 13:50:41 GMT\n', 'of mail'),
      /* fixtures/clock-buildkit-0 and -1 */
      written(
        'var/log/build.log',
        'Log started: 2026-11-23 12:22:39 1864.39 3134.37\n',
        'Log started: 2026-11-23 12:22:41 1865.95 3136.75\n',
        'beside the time since the start of the host',
      ),
    ],
    misses: [
      written(
        'srv/build.txt',
        'built 2026-11-23 by gcc 12\n',
        'built 2026-11-24 by gcc 13\n',
        'another version beside the date',
      ),
      written('srv/v.txt', 'version 2026.11\n', 'version 2026.12\n', 'a version like a date'),
    ],
  },
  {
    id: 'epoch-numbers',
    takesOut: /(?<=: )\d+/g,
    shows: [written('srv/a.json', '{"time": 1795437874}\n', '{"time": 1795528241}\n', 'seconds')],
    misses: [
      written('srv/a.json', '{"size": 795437874}\n', '{"size": 795528241}\n', 'other numbers'),
      written(
        'srv/a.json',
        '{"time": 1795437874, "a": 1}\n',
        '{"time": 1795528241, "a": 2}\n',
        'another value beside it',
      ),
    ],
  },
  {
    id: 'uptime',
    takesOut: /[\d.]+ [\d.]+$/g,
    shows: [
      written('srv/uptime', '1864.39 3134.37', '1865.95 3136.75', '/proc/uptime'),
      written(
        'var/log/build.log',
        'Log started: 2026-11-23 12:22:39 1864.39 3134.37\n',
        'Log started: 2026-11-23 12:22:41 1865.95 3136.75\n',
        'of fixtures/clock-buildkit-0 and -1',
      ),
    ],
    misses: [written('srv/a', 'size 12.5 30\n', 'size 13.5 30\n', 'other numbers')],
  },
  {
    id: 'random-uuids',
    takesOut: /[0-9a-f-]{36}/g,
    shows: [
      written(
        'srv/a.conf',
        'id=0d9ff98e-0d27-4c57-a6a8-3b6c0a1d1b11\n',
        'id=a7f1c2d3-0d27-4c57-a6a8-3b6c0a1d1b12\n',
        'a UUID',
      ),
    ],
    misses: [
      written(
        'srv/a.conf',
        'id=0d9ff98e-0d27-4c57-a6a8-3b6c0a1d1b11\nallow=no\n',
        'id=a7f1c2d3-0d27-4c57-a6a8-3b6c0a1d1b12\nallow=yes\n',
        'another setting beside it',
      ),
    ],
  },
  {
    id: 'hexadecimal-ids',
    takesOut: /[0-9a-f]{40}/g,
    shows: [written('srv/a', `rev ${'a'.repeat(40)}\n`, `rev ${'b'.repeat(40)}\n`, 'a revision')],
    misses: [written('srv/a', 'rev deadbeef\n', 'rev deadbeee\n', 'a short number')],
  },
  {
    id: 'temporary-paths',
    takesOut: /(?<=\/tmp\/)[^/]+|(?<=\[)\d+(?=\])/g,
    shows: [
      written('srv/a.log', 'cp /tmp/build-a1b2c3/x /x\n', 'cp /tmp/build-d4e5f6/x /x\n', 'a folder below /tmp'),
      written('srv/a.log', 'sshd[123]: started\n', 'sshd[4567]: started\n', 'the number of a process'),
    ],
    misses: [
      written('srv/a.log', 'cp /tmp/build-a1b2c3/x /x\n', 'cp /tmp/build-d4e5f6/y /x\n', 'another file'),
      written('srv/a.log', 'cp /opt/a1b2c3/x /x\n', 'cp /opt/d4e5f6/x /x\n', 'another folder'),
    ],
  },
  {
    id: 'host-names',
    takesOut: /(?<=@)[0-9a-f]{12}|(?<=@)buildkitsandbox|172\.17\.\d+\.\d+/g,
    shows: [
      written('srv/a', 'built by root@4f5e6d7c8b9a\n', 'built by root@0a1b2c3d4e5f\n', 'a container id'),
      written('srv/a', 'bound to 172.17.0.2\n', 'bound to 172.17.0.13\n', 'a private address'),
    ],
    misses: [written('srv/a', 'server 1.1.1.1\n', 'server 8.8.8.8\n', 'a public address')],
  },
  {
    id: 'line-ends',
    takesOut: /\r/g,
    shows: [written('srv/a.txt', 'a\nb\n', 'a\r\nb\r\n', 'of two systems')],
    misses: [written('srv/a.txt', 'a\nb\n', 'a\r\nc\r\n', 'another line')],
  },
  {
    id: 'json-key-order',
    takesOut: /[ \n]/g,
    shows: [
      written('srv/a.json', '{"a": 1, "b": [1, 2]}', '{"b": [1, 2], "a": 1}', 'keys swapped'),
      written('srv/a.json', '{"a":{"x":1,"y":2}}', '{"a":{"y":2,"x":1}}', 'inner keys swapped'),
    ],
    misses: [
      written('srv/a.json', '{"a": 1, "b": [1, 2]}', '{"b": [2, 1], "a": 1}', 'a list swapped'),
      written(
        'srv/a.json',
        '{"a":12345678901234567890,"b":1}',
        '{"b":1,"a":"12345678901234567890"}',
        'a text for a number',
      ),
    ],
  },
  {
    id: 'line-order',
    takesOut: /(?!)/g,
    shows: [written('srv/list', 'a\nb\nc\n', 'c\na\nb\n', 'lines swapped')],
    misses: [
      written('srv/list', 'a\nb\nc\n', 'c\na\nb\nb\n', 'a line twice'),
      written('srv/list', 'a\nb\n', 'b\na', 'no end of the last line'),
    ],
  },
];
