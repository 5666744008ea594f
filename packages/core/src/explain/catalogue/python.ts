import { latin1 } from '../../bytes/latin1.js';
import type { Cause } from '../cause.js';
import { blank, wholeText } from '../content-rule.js';
import type { FileSide } from '../evidence.js';
import { canonicalPyc, parsePyc } from '../formats/pyc.js';
import { normaliseLines } from '../text-rule.js';

const RECORD_ROW =
  /^([^,"]{1,500}\.dist-info\/(?:direct_url|uv_cache|uv_build)\.json),sha256=[A-Za-z0-9_-]{43},\d{1,10}(\r?)$/;
const TEMPORARY_URL = /("url": ?"file:\/\/\/(?:private\/)?(?:var\/)?tmp\/)[A-Za-z0-9._-]{1,100}(?=[/"])/g;
const HEX_56 = '[0-9a-f]{56}';
const PIP_CACHE = new RegExp(
  `/pip/(?:(?:http|http-v2)/(?:[0-9a-f]/){5}${HEX_56}(?:\\.body)?|selfcheck/${HEX_56}|wheels/(?:[0-9a-f]{2}/){3}[0-9a-f]{50}/[^/]{1,200}\\.(?:whl|json))$`,
);

/** What Python and its installers write. */
export const PYTHON: readonly Cause[] = [
  {
    id: 'python-bytecode-mtime',
    title: 'Compiled Python files keep the time of their source',
    class: 'review',
    where: '*.pyc',
    shape:
      'Bytes 8 to 11 of a file that is checked by the time of its source; the code is the same. Where the time is not that of the source, Python runs the source.',
    remedy:
      'Set SOURCE_DATE_EPOCH while they are compiled (then they are checked by a hash), or make none: ENV PYTHONDONTWRITEBYTECODE=1 and pip install --no-compile',
    references: ['https://peps.python.org/pep-0552/', 'https://docs.python.org/3/library/py_compile.html'],
    rule: { what: 'content', paths: ['**/*.pyc'], normalise: withoutSourceTime },
  },
  {
    id: 'python-bytecode-marshal',
    title: 'Compiled Python files hold the same code, written in another way',
    class: 'review',
    where: '*.pyc',
    shape:
      'References between objects, and the order of elements of sets. All instructions, constants and names are the same.',
    remedy:
      'Compile each file by itself and with one hash seed: ENV PYTHONHASHSEED=0, RUN python -m compileall -f /app; or make none: ENV PYTHONDONTWRITEBYTECODE=1',
    references: [
      'https://docs.python.org/3/using/cmdline.html#envvar-PYTHONHASHSEED',
      'https://github.com/python/cpython/issues/98819',
      'https://github.com/astral-sh/uv/issues/10619',
    ],
    rule: { what: 'content', paths: ['**/*.pyc'], normalise: ({ content }) => canonicalPyc(content) },
  },
  {
    id: 'python-bytecode-left',
    title: 'Compiled Python files that one side has alone',
    class: 'review',
    where: '__pycache__/*.pyc',
    shape: 'A compiled file in its folder. Python makes it when it imports a module and may write there.',
    remedy: 'Make them on both sides or on none: ENV PYTHONDONTWRITEBYTECODE=1, or RUN python -m compileall -q /app',
    references: ['https://docs.python.org/3/using/cmdline.html#envvar-PYTHONDONTWRITEBYTECODE'],
    rule: {
      what: 'presence',
      paths: ['**/__pycache__/*.pyc'],
      covers: ({ path, header, content }) =>
        header.type === 'file' &&
        /\.(?:cpython|pypy)-?\d{2,3}(?:\.opt-[12])?(?:-pytest-[\d.]{1,20})?\.pyc$/.test(path) &&
        parsePyc(content) !== null,
    },
  },
  {
    id: 'python-direct-url',
    title: 'pip keeps the temporary folder that it installed from',
    class: 'benign',
    where: '*.dist-info/direct_url.json',
    shape: 'The name of a folder below /tmp within the address of the source; all else is the same.',
    remedy:
      'Install from a fixed folder: COPY dist/ /dist/ and RUN pip install --no-index --find-links /dist NAME; or remove the file and its row in RECORD.',
    references: ['https://packaging.python.org/en/latest/specifications/direct-url/'],
    rule: {
      what: 'content',
      paths: ['**/*.dist-info/direct_url.json'],
      normalise: normaliseLines((line) => line.replace(TEMPORARY_URL, '$1')),
    },
  },
  {
    id: 'python-record',
    title: 'RECORD repeats the checksum of a file that differs',
    class: 'benign',
    where: '*.dist-info/RECORD',
    shape:
      'Checksum and size in the rows of direct_url.json, uv_cache.json or uv_build.json; all other rows are the same.',
    remedy: 'See to the file that the row names.',
    references: ['https://packaging.python.org/en/latest/specifications/recording-installed-packages/'],
    rule: {
      what: 'content',
      paths: ['**/*.dist-info/RECORD'],
      normalise: normaliseLines((line) => line.replace(RECORD_ROW, '$1,,$2')),
    },
  },
  {
    id: 'uv-cache-time',
    title: 'uv keeps the time of the source that it installed',
    class: 'benign',
    where: '*.dist-info/uv_cache.json',
    shape: 'Seconds and nanoseconds since 1970; all else is the same.',
    remedy:
      'Remove the file and its row in RECORD, or install a wheel instead of a folder: uv build, uv pip install dist/*.whl',
    references: ['https://docs.astral.sh/uv/concepts/cache/'],
    rule: {
      what: 'content',
      paths: ['**/*.dist-info/uv_cache.json'],
      normalise: normaliseLines((line) =>
        line
          .replace(/("secs_since_epoch": ?)\d{1,12}(?=[,}])/g, '$10')
          .replace(/("nanos_since_epoch": ?)\d{1,9}(?=[,}])/g, '$10'),
      ),
    },
  },
  {
    id: 'pip-cache-left',
    title: 'The cache of pip was left in the image',
    class: 'review',
    where: '~/.cache/pip',
    shape: 'A file that one side has alone, named as pip names what it keeps.',
    remedy:
      'RUN pip install --no-cache-dir …; or keep it in a cache mount: RUN --mount=type=cache,target=FOLDER …, with the whole name of the cache folder',
    references: ['https://pip.pypa.io/en/stable/topics/caching/'],
    rule: {
      what: 'presence',
      paths: ['**/.cache/pip/**'],
      covers: ({ path, header, content }) => header.type === 'file' && content.length > 0 && PIP_CACHE.test(`/${path}`),
    },
  },
  {
    id: 'pip-selfcheck',
    title: 'pip keeps when it last looked for a newer version of itself',
    class: 'benign',
    where: '~/.cache/pip/selfcheck',
    shape: 'The time; the version that it found and the folder are the same.',
    remedy: 'ENV PIP_DISABLE_PIP_VERSION_CHECK=1, and RUN pip install --no-cache-dir …',
    references: ['https://pip.pypa.io/en/stable/cli/pip/'],
    rule: {
      what: 'content',
      paths: ['**/.cache/pip/selfcheck/*', '**/.cache/pip/selfcheck.json'],
      normalise: normaliseLines((line) => line.replace(/("last_check": ?")[0-9T:.Z+-]{10,40}(?=")/g, '$1')),
    },
  },
  {
    id: 'conda-history',
    title: 'conda keeps the time of each change',
    class: 'benign',
    where: 'conda-meta/history',
    shape: 'Lines with the date and time; commands, packages and versions are the same.',
    remedy: 'Remove it in the same step: && rm -f /opt/conda/conda-meta/history, or fix the lines with sed.',
    references: ['https://docs.conda.io/projects/conda/en/stable/'],
    rule: {
      what: 'content',
      paths: ['**/conda-meta/history'],
      normalise: normaliseLines((line) => line.replace(/^==> \d{4}-\d\d-\d\d \d\d:\d\d:\d\d <==$/, '==> <==')),
    },
  },
  {
    id: 'jupyter-cookie-secret',
    title: 'Each build makes a new secret for cookies of Jupyter',
    class: 'security',
    where: 'jupyter/runtime/jupyter_cookie_secret, notebook_cookie_secret',
    shape: 'The whole file is 32 to 1024 bytes in base64.',
    remedy: 'Do not start the server in the build; && rm -rf ~/.local/share/jupyter/runtime',
    references: ['https://jupyter-server.readthedocs.io/en/latest/operators/public-server.html'],
    rule: {
      what: 'content',
      paths: ['**/jupyter/runtime/{jupyter,notebook}_cookie_secret'],
      normalise: wholeText(/^[A-Za-z0-9+/\n]{40,1500}={0,2}\n?$/, 1600),
    },
  },
];

function withoutSourceTime({ content }: FileSide): Uint8Array | null {
  const pyc = parsePyc(content);
  if (pyc === null || pyc.mtime === null) return null;
  return latin1(content, 8, 12) === '\0\0\0\0' ? content : blank(content, [[8, 12]]);
}
