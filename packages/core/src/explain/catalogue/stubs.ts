import type { Cause } from '../cause.js';
import { aloneHeader, isWriting } from './entries.js';

const FOLDERS: ReadonlySet<string> = new Set(['proc', 'sys', 'dev', 'dev/pts', 'dev/shm', 'etc', 'run', 'run/secrets']);
const FILES: ReadonlySet<string> = new Set([
  '.dockerenv',
  'dev/console',
  'etc/hostname',
  'etc/hosts',
  'etc/resolv.conf',
  'run/.containerenv',
  'run/mount/utab',
]);

/** What engines put into a container's root before a step runs, and which stays in the layer where nothing was there. */
export const STUBS: readonly Cause[] = [
  {
    id: 'mount-points',
    title: 'A step left the places where the engine mounts something',
    class: 'benign',
    where: '/proc, /sys, /dev, /run, /etc/hosts, /etc/hostname, /etc/resolv.conf, /.dockerenv, /run/.containerenv',
    shape: 'A folder, or a file without content, that one side has alone. A file with content is not this.',
    remedy:
      'Make them in the base image (RUN on a base without them makes them); build both rootless or both not, with the same builder.',
    references: ['https://github.com/moby/buildkit/issues/3455', 'https://github.com/moby/buildkit/issues/6686'],
    rule: {
      what: 'finding',
      subjects: ['file'],
      covers: (finding) => {
        const header = aloneHeader(finding);
        if (header === null || isWriting(finding)) return false;
        return isStub(finding.path ?? '', header.type, header.size) && (header.mode & 0o7000) === 0;
      },
      normaliser: { entry: ({ path, type, size }) => !isStub(path, type, size) },
    },
  },
];

function isStub(path: string, type: string, size: number): boolean {
  return type === 'directory' ? FOLDERS.has(path) : type === 'file' && size === 0 && FILES.has(path);
}
