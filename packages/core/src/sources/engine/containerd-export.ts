import type { ByteStream } from '../../bytes/stream.js';
import { OciDiffError } from '../../errors.js';
import { normalizeImageName, parseImageName } from '../../image/image-name.js';
import type { EngineExport } from './api-export.js';
import { type ChildOptions, childOutput, NoProgramError } from './child-output.js';

/** Bytes of the list of a namespace's images. */
const MAX_LIST_BYTES = 64 * 1024 * 1024;

/**
 * Ways to have an image of containerd's exported, the better first. Later ones are for where those before fail.
 * @throws {OciDiffError} `ERR_REFERENCE_INVALID`, `ERR_NOT_FOUND` (the namespace lacks the image), `ERR_DAEMON`,
 *   `ERR_ABORTED`; while iterating `ERR_DAEMON`, `ERR_NOT_FOUND` and `ERR_ABORTED`
 */
export async function exportFromContainerd(name: string, options: ChildOptions): Promise<EngineExport[]> {
  /* It becomes an argument. */
  if (name.startsWith('-')) throw new OciDiffError('ERR_REFERENCE_INVALID', `${name} is no name of an image`);
  const wanted = fullName(name);
  const namespace = options.env.CONTAINERD_NAMESPACE || 'default';
  let names: string[];
  try {
    names = await listImages(options);
  } catch (error) {
    if (!(error instanceof NoProgramError)) throw error;
    return [{ stream: fromNerdctl(name, namespace, options), name: 'the archive from nerdctl' }];
  }
  const found = [wanted, name].find((each) => names.includes(each));
  if (found === undefined) throw noImage(wanted, namespace);
  const exporting = (...flags: readonly string[]): EngineExport => ({
    /* Without Docker's manifest.json, which nothing here needs and ctr cannot write for an index in an index. */
    stream: childOutput('ctr', ['images', 'export', '--skip-manifest-json', ...flags, '-', found], options),
    name: 'the archive from ctr',
  });
  /* What was pulled for one platform only cannot be exported for all. */
  return [exporting('--all-platforms'), exporting()];
}

/** containerd has images under any name; by its clients' convention it is the full one, with a tag. */
function fullName(name: string): string {
  const parsed = parseImageName(name);
  const full = normalizeImageName(name);
  return parsed !== null && parsed.tag === null && parsed.digest === null ? `${full}:latest` : full;
}

async function listImages(options: ChildOptions): Promise<string[]> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of childOutput('ctr', ['images', 'list', '--quiet'], options)) {
    size += chunk.length;
    if (size > MAX_LIST_BYTES)
      throw new OciDiffError('ERR_DAEMON', `ctr lists more than ${MAX_LIST_BYTES} bytes of names`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8').split('\n');
}

async function* fromNerdctl(name: string, namespace: string, options: ChildOptions): ByteStream {
  try {
    yield* childOutput('nerdctl', ['save', '--all-platforms', name], options);
  } catch (error) {
    if (error instanceof NoProgramError) {
      throw new OciDiffError('ERR_DAEMON', 'neither ctr nor nerdctl is installed, by which containerd is read');
    }
    if (error instanceof OciDiffError && /no such image|not found/i.test(error.message)) throw noImage(name, namespace);
    throw error;
  }
}

function noImage(name: string, namespace: string): OciDiffError {
  return new OciDiffError(
    'ERR_NOT_FOUND',
    `containerd has no image ${name} in its namespace ${namespace} (CONTAINERD_NAMESPACE names another)`,
  );
}
