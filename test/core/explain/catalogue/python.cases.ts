import type { CauseCases } from '../cause-case.js';
import { evidence, left, tool, written } from '../evidence.js';

const PACKAGES = 'opt/v/lib/python3.11/site-packages';
const BUILDS = 'pip install, two builds of the Python image';
const INFO = 'usr/lib/python3/dist-packages/thing-1.0.dist-info';
const PIP = 'pip install of a wheel in a temporary folder, twice';

const hashed = (fill: number): Buffer =>
  Buffer.concat([Buffer.from('a70d0d0a01000000', 'hex'), Buffer.alloc(8, fill), Buffer.from('N')]);

const [app0] = evidence('python', `${PACKAGES}/certifi/__pycache__/core.cpython-311.pyc`, BUILDS).contents;

export const PYTHON_CASES: readonly CauseCases[] = [
  {
    id: 'python-bytecode-mtime',
    takesOut: /(?<=^.{8}).{4}/gs,
    shows: [
      evidence('python', `${PACKAGES}/flask/__pycache__/app.cpython-311.pyc`, BUILDS),
      evidence('python', `${PACKAGES}/certifi/__pycache__/core.cpython-311.pyc`, BUILDS),
      evidence('python', `${PACKAGES}/click/__pycache__/types.cpython-311.pyc`, BUILDS),
      tool('python-bytecode-mtime', 'opt/app/__pycache__/m.cpython-311.pyc', 'py_compile of a source of two days'),
    ],
    misses: [
      written('opt/a.pyc', hashed(1), hashed(2), 'a hash of the source, and another source'),
      tool('python-bytecode-marshal', 'opt/app/__pycache__/s.cpython-311.pyc', 'other references in the code'),
    ],
  },
  {
    id: 'python-bytecode-marshal',
    /* Flips of the test leave the bit of references alone. */
    takesOut: /(?!)/g,
    shows: [
      tool(
        'python-bytecode-marshal',
        'opt/app/__pycache__/s.cpython-311.pyc',
        'the same code, run before it was written',
      ),
    ],
    misses: [written('opt/a.pyc', Buffer.concat([hashed(1), Buffer.from('x')]), hashed(2), 'no code on one side')],
  },
  {
    id: 'python-bytecode-left',
    shows: [left('opt/app/__pycache__/a.cpython-311.pyc', app0, 'a file of the Python image')],
    misses: [
      left('opt/app/__pycache__/a.cpython-311.pyc', 'import os', 'another content'),
      left('opt/app/a.pyc', app0, 'a module without a source'),
    ],
  },
  {
    id: 'python-direct-url',
    takesOut: /(?<="url": "file:\/\/\/tmp\/)[^/]+/g,
    shows: [tool('python-install', `${INFO}/direct_url.json`, PIP)],
    misses: [
      written(
        `${INFO}/direct_url.json`,
        '{"url": "file:///tmp/a1/thing-1.0.whl"}',
        '{"url": "file:///tmp/a2/thing-1.1.whl"}',
        'another version',
      ),
      written(`${INFO}/direct_url.json`, '{"url": "https://a/x"}', '{"url": "https://b/x"}', 'another server'),
    ],
  },
  {
    id: 'python-record',
    takesOut: /(?<=direct_url\.json,).*$/gm,
    shows: [tool('python-install', `${INFO}/RECORD`, PIP)],
    misses: [
      written(
        `${INFO}/RECORD`,
        `thing.py,sha256=${'a'.repeat(43)},5\n`,
        `thing.py,sha256=${'b'.repeat(43)},5\n`,
        'another module',
      ),
    ],
  },
  {
    id: 'uv-cache-time',
    takesOut: /(?<=epoch":)\d+/g,
    shows: [
      written(
        `${INFO}/uv_cache.json`,
        '{"timestamp":{"secs_since_epoch":1795437874,"nanos_since_epoch":1},"commit":null,"tags":null}',
        '{"timestamp":{"secs_since_epoch":1795528241,"nanos_since_epoch":72},"commit":null,"tags":null}',
        'as uv writes it',
      ),
    ],
    misses: [
      written(
        `${INFO}/uv_cache.json`,
        '{"timestamp":{"secs_since_epoch":1795437874,"nanos_since_epoch":1},"commit":null}',
        '{"timestamp":{"secs_since_epoch":1795528241,"nanos_since_epoch":72},"commit":"abc"}',
        'another commit',
      ),
    ],
  },
  {
    id: 'pip-cache-left',
    shows: [
      left(`root/.cache/pip/http-v2/a/b/c/d/e/${'a'.repeat(56)}.body`, 'x', 'a page that pip keeps'),
      left(`root/.cache/pip/selfcheck/${'a'.repeat(56)}`, '{}', 'a check for a newer pip'),
    ],
    misses: [left('root/.cache/pip/run.sh', 'x', 'another name'), left('root/.cache/pip/http/a', 'x', 'another name')],
  },
  {
    id: 'pip-selfcheck',
    takesOut: /(?<="last_check":")[^"]+/g,
    shows: [
      written(
        `root/.cache/pip/selfcheck/${'a'.repeat(56)}`,
        '{"key":"/opt/v","last_check":"2026-11-23T12:44:34Z","pypi_version":"24.0"}',
        '{"key":"/opt/v","last_check":"2026-11-24T13:50:41Z","pypi_version":"24.0"}',
        'as pip writes it',
      ),
    ],
    misses: [
      written(
        `root/.cache/pip/selfcheck/${'a'.repeat(56)}`,
        '{"key":"/opt/v","last_check":"2026-11-23T12:44:34Z","pypi_version":"24.0"}',
        '{"key":"/opt/v","last_check":"2026-11-24T13:50:41Z","pypi_version":"24.1"}',
        'another version',
      ),
    ],
  },
  {
    id: 'conda-history',
    takesOut: /(?<===> ).*(?= <==)/g,
    shows: [
      written(
        'opt/conda/conda-meta/history',
        '==> 2026-11-23 12:44:34 <==\n# cmd: conda install a\n+defaults::a-1-0\n',
        '==> 2026-11-24 13:50:41 <==\n# cmd: conda install a\n+defaults::a-1-0\n',
        'as conda writes it',
      ),
    ],
    misses: [
      written(
        'opt/conda/conda-meta/history',
        '==> 2026-11-23 12:44:34 <==\n# cmd: conda install a\n+defaults::a-1-0\n',
        '==> 2026-11-24 13:50:41 <==\n# cmd: conda install a\n+defaults::a-1-1\n',
        'another version',
      ),
    ],
  },
  {
    id: 'jupyter-cookie-secret',
    takesOut: 'whole',
    shows: [
      written(
        'root/.local/share/jupyter/runtime/jupyter_cookie_secret',
        `${'A'.repeat(43)}=\n`,
        `${'B'.repeat(43)}=\n`,
        'as jupyter_server makes it',
      ),
    ],
    misses: [
      written(
        'root/.local/share/jupyter/runtime/jupyter_cookie_secret',
        `${'A'.repeat(43)}=\n`,
        'x\n',
        'no such secret',
      ),
    ],
  },
];
