import type { InFileDifference } from '../in-file-difference.js';
import { grouped } from '../words.js';
import { deeper, type Work } from '../work.js';
import { AR_READER } from './ar.js';
import type { Archive, ArchiveReader } from './archive.js';
import { compareArchives } from './compare-archives.js';
import type { CompareInner } from './compare-inner.js';
import { COMPRESSIONS, type CompressionReader, compareCompressed } from './compressed.js';
import { CPIO_READER } from './cpio.js';
import { reasonOf } from './reason.js';
import { TAR_READER } from './tar.js';
import { ZIP_READER } from './zip.js';

const ARCHIVES: readonly ArchiveReader[] = [AR_READER, TAR_READER, ZIP_READER, CPIO_READER];

/** What was made of two contents that may be containers. */
export interface OpenedContainers {
  /** Null where they are none, or could not be read. */
  readonly difference: InFileDifference | null;
  /** Whether both look like one kind of container. */
  readonly recognised: boolean;
  /** Why they could not be read; one sentence each. */
  readonly remarks: readonly string[];
}

/** Opens both contents if they are containers of one kind, and compares what they hold. */
export async function compareContainers(
  path: string,
  content0: Uint8Array,
  content1: Uint8Array,
  work: Work,
  compareInner: CompareInner,
): Promise<OpenedContainers> {
  const kind = [...COMPRESSIONS, ...ARCHIVES].find((each) => each.recognises(content0) && each.recognises(content1));
  if (kind === undefined) return { difference: null, recognised: false, remarks: [] };
  if (work.depth <= 0) {
    const remark = `${kind.format} is not opened: more than ${grouped(work.options.inFileDepth)} containers within each other`;
    return { difference: null, recognised: true, remarks: [remark] };
  }
  const inner = deeper(work);
  if ('expand' in kind) return openCompressed(path, [content0, content1], kind, inner, compareInner);
  const archives: Archive[] = [];
  for (const [side, content] of [content0, content1].entries()) {
    try {
      const archive = kind.read(content, work.left.members);
      work.left.members -= archive.members.length;
      archives.push(archive);
    } catch (error) {
      const remark = `input ${side} is not understood as ${kind.format}: ${reasonOf(error)}`;
      return { difference: null, recognised: true, remarks: [remark] };
    }
  }
  const [archive0, archive1] = archives as [Archive, Archive];
  const difference = await compareArchives(
    kind.format,
    [content0, content1],
    [archive0, archive1],
    inner,
    compareInner,
  );
  return { difference, recognised: true, remarks: [] };
}

async function openCompressed(
  path: string,
  contents: readonly [Uint8Array, Uint8Array],
  kind: CompressionReader,
  work: Work,
  compareInner: CompareInner,
): Promise<OpenedContainers> {
  const result = await compareCompressed(path, contents, kind, work, compareInner);
  if (typeof result !== 'string') return { difference: result, recognised: true, remarks: [] };
  return { difference: null, recognised: true, remarks: [result] };
}
