import type { Cause } from '../cause.js';
import type { EntryFields } from '../normaliser.js';
import { aloneHeader, isWriting } from './entries.js';

type Stub = Pick<EntryFields, 'path' | 'type' | 'size' | 'mode' | 'uid' | 'gid'>;

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
    shape:
      'A folder, or a file without content, that one side has alone and that only root may write to. A file with content is not this.',
    remedy:
      'Make them in the base image (RUN on a base without them makes them); build both rootless or both not, with the same builder.',
    references: ['https://github.com/moby/buildkit/issues/3455', 'https://github.com/moby/buildkit/issues/6686'],
    rule: {
      what: 'finding',
      subjects: ['file'],
      covers: (finding) => {
        const header = aloneHeader(finding);
        if (header === null || isWriting(finding)) return false;
        return isStub({ ...header, path: finding.path ?? '' });
      },
      normaliser: { entry: (entry) => !isStub(entry) },
    },
  },
];

/* What others than root may write to is not what an engine left. */
function isStub({ path, type, size, mode, uid, gid }: Stub): boolean {
  if ((mode & 0o7022) !== 0 || uid !== 0 || gid !== 0) return false;
  return type === 'directory' ? FOLDERS.has(path) : type === 'file' && size === 0 && FILES.has(path);
}
