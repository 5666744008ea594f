import { createHash } from 'node:crypto';
import { latin1, latin1Bytes } from '../../bytes/latin1.js';
import type { Cause } from '../cause.js';
import { wholeText } from '../content-rule.js';
import { normaliseLines } from '../text-rule.js';

const INDEX_LINE = /^([0-9a-f]{40})\t(\{.{1,12000}\})$/;
const INDEX_TIME = /("time":)\d{13}(?=[,}])/g;

/** What JavaScript's package managers write. */
export const JAVASCRIPT: readonly Cause[] = [
  {
    id: 'npm-cache-time',
    title: "npm's cache keeps the time of each entry",
    class: 'benign',
    where: '.npm/_cacache/index-v5',
    shape:
      'Milliseconds since 1970, and the checksum of the line that follows from it; keys and integrity are the same.',
    remedy:
      'RUN npm ci && npm cache clean --force; or keep it in a cache mount: RUN --mount=type=cache,target=FOLDER npm ci, with the whole name of the cache folder',
    references: ['https://docs.npmjs.com/cli/commands/npm-cache', 'https://github.com/npm/cacache'],
    rule: {
      what: 'content',
      paths: ['**/_cacache/index-v5/**'],
      normalise: normaliseLines((line) => {
        const [, checksum, json] = INDEX_LINE.exec(line) ?? [];
        if (json === undefined) return line === '' ? line : null;
        if (sha1(json) !== checksum) return null;
        const left = json.replace(INDEX_TIME, '$10');
        return `${sha1(left)}\t${left}`;
      }),
    },
  },
  {
    id: 'npm-log-left',
    title: 'A log of npm was left in the image',
    class: 'review',
    where: '.npm/_logs',
    shape: 'A file that one side has alone, named by the time at which npm was started, with lines as npm writes them.',
    remedy: 'Remove the logs in the same step: RUN npm ci && rm -rf ~/.npm/_logs; or: npm ci --logs-max=0',
    references: ['https://docs.npmjs.com/cli/using-npm/logging'],
    rule: {
      what: 'presence',
      paths: ['**/_logs/*-debug-*.log', '**/_logs/*-debug.log'],
      covers: ({ path, header, content }) =>
        header.type === 'file' &&
        /\/\d{4}-\d\d-\d\dT\d\d_\d\d_\d\d_\d{3}Z-debug(?:-\d{1,3})?\.log$/.test(`/${path}`) &&
        /^\d{1,6} (?:verbose|silly|info|http|warn|timing) /.test(latin1(content, 0, 64)),
    },
  },
  {
    id: 'pnpm-time',
    title: 'pnpm keeps the time at which it last checked or cleaned up',
    class: 'benign',
    where: 'node_modules/.modules.yaml, node_modules/.pnpm-workspace-state*.json',
    shape: 'prunedAt or lastValidatedTimestamp; all else is the same.',
    remedy:
      'Remove them in the same step: && rm -f node_modules/.modules.yaml node_modules/.pnpm-workspace-state*.json',
    references: ['https://github.com/pnpm/pnpm/issues/9474'],
    rule: {
      what: 'content',
      paths: ['**/node_modules/.modules.yaml', '**/node_modules/.pnpm-workspace-state*.json'],
      normalise: normaliseLines((line) =>
        line
          .replace(
            /^(\s{0,8}"?prunedAt"?: "?)[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT(?="?,?$)/,
            '$1',
          )
          .replace(/^(\s{0,8}"lastValidatedTimestamp": ?)\d{13}(?=,?$)/, '$10'),
      ),
    },
  },
  {
    id: 'next-build-id',
    title: 'Next.js makes up an id of the build',
    class: 'review',
    where: '.next/BUILD_ID',
    shape: 'The whole file is an id of 21 characters. It stands in names of folders and in pages, too.',
    remedy: 'Give it one, in next.config.js: generateBuildId: async () => process.env.GIT_HASH',
    references: ['https://nextjs.org/docs/app/api-reference/config/next-config-js/generateBuildId'],
    rule: {
      what: 'content',
      paths: ['**/.next/**/BUILD_ID', '**/.next/BUILD_ID'],
      normalise: wholeText(/^[A-Za-z0-9_-]{21}\n?$/, 22),
    },
  },
];

function sha1(text: string): string {
  return createHash('sha1').update(latin1Bytes(text)).digest('hex');
}
