import { OciDiffError } from '../errors.js';
import type { ArchiveMember } from '../tar/index-archive.js';

/** Links that one path may lead through; Linux has the same number for symbolic links. */
const MAX_LINKS = 40;

/**
 * A member's path without what tar archives write in many ways (`./a`, `/a`, `a//b`, `a/`); null for one that leads out
 * of the archive, or that is the archive's root.
 */
export function normalizeMemberPath(path: string): string | null {
  const steps = path.split('/').filter((step) => step !== '' && step !== '.');
  return steps.length === 0 || steps.includes('..') ? null : steps.join('/');
}

/**
 * The file that `path` (latin1) leads to, through symbolic and hard links within the archive.
 * @param members by normalised path, without folders
 * @returns null where there is none
 * @throws {OciDiffError} `ERR_ARCHIVE_INVALID` for links that loop, and for a path or link that leads out
 */
export function resolveMember(members: ReadonlyMap<string, ArchiveMember>, path: string): ArchiveMember | null {
  let todo = stepsOf(path, path);
  let done: string[] = [];
  let links = 0;
  while (todo.length > 0) {
    const step = todo.shift() as string;
    if (step === '..') {
      if (done.pop() === undefined) throw leadsOut(path);
      continue;
    }
    done.push(step);
    const member = members.get(done.join('/'));
    if (member === undefined) continue;
    if (member.type === 'file') return todo.length === 0 ? member : null;
    if (member.type !== 'symlink' && member.type !== 'hardlink') return null;
    links += 1;
    if (links > MAX_LINKS) {
      throw new OciDiffError('ERR_ARCHIVE_INVALID', `${path}: its links loop, or there are more than ${MAX_LINKS}`);
    }
    /* A symbolic link's target is relative to the link's folder, a hard link's to the archive's root. */
    if (member.type === 'symlink') {
      if (member.linkTarget.startsWith('/')) throw leadsOut(path);
      done.pop();
    } else {
      done = [];
    }
    todo = [...stepsOf(member.linkTarget, path), ...todo];
  }
  return null;
}

/** Steps of a link target; a chain of links of this length together is no path that a builder writes. */
const MAX_STEPS = 1000;

function stepsOf(target: string, path: string): string[] {
  const steps = target.split('/').filter((step) => step !== '' && step !== '.');
  if (steps.length > MAX_STEPS)
    throw new OciDiffError('ERR_ARCHIVE_INVALID', `${path}: its link has too long a target`);
  return steps;
}

function leadsOut(path: string): OciDiffError {
  return new OciDiffError('ERR_ARCHIVE_INVALID', `${path} leads out of the archive`);
}
