import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';

/**
 * Everything that can be seen of what is at and below `folder`, one text for each inode's name: type, mode, owner,
 * size, links, times in nanoseconds, a file's digest, a link's target. Names are latin1 strings, one character a byte.
 */
export function watch(folder: string): Map<string, string> {
  const seen = new Map<string, string>();
  const look = (path: Buffer, name: string): void => {
    const stats = lstatSync(path, { bigint: true });
    const { ino, mode, uid, gid, size, nlink, mtimeNs, ctimeNs } = stats;
    let content = '';
    if (stats.isFile()) content = createHash('sha256').update(readFileSync(path)).digest('hex');
    else if (stats.isSymbolicLink()) content = readlinkSync(path, { encoding: 'buffer' }).toString('latin1');
    /* A folder's size says how many names it ever had, on some disks. */
    const bytes = stats.isDirectory() ? '' : size;
    seen.set(name, [ino, mode.toString(8), uid, gid, bytes, nlink, mtimeNs, ctimeNs, content].join(' '));
    if (!stats.isDirectory()) return;
    for (const member of readdirSync(path, { encoding: 'buffer' })) {
      const below = member.toString('latin1');
      look(Buffer.concat([path, Buffer.from('/'), member]), name === '' ? below : `${name}/${below}`);
    }
  };
  look(Buffer.from(folder), '');
  return seen;
}

/** What is not the same in two watches: `+ name`, `- name`, `~ name`, sorted. */
export function changes(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] {
  const found: string[] = [];
  for (const [name, state] of after) {
    if (!before.has(name)) found.push(`+ ${name}`);
    else if (before.get(name) !== state) found.push(`~ ${name}`);
  }
  for (const name of before.keys()) if (!after.has(name)) found.push(`- ${name}`);
  return found.sort();
}
