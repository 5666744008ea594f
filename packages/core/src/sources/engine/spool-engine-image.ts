import { OciDiffError } from '../../errors.js';
import type { EngineReference } from '../../image/reference.js';
import { type Spooled, type SpoolOptions, spool } from '../spool.js';
import { type EngineExport, exportFromApi, type Patience } from './api-export.js';
import { ProgramFailure } from './child-output.js';
import { exportFromContainerd } from './containerd-export.js';
import type { Environment } from './endpoint.js';

export interface EngineOptions extends SpoolOptions {
  /** By which engines are found; default: none, so only at the usual places. */
  readonly env?: Environment | undefined;
  readonly patience?: Patience | undefined;
}

const PATIENCE: Patience = { ping: 10_000, export: 15 * 60_000 };

/**
 * Copies an image of an engine's to a temporary file, as the archive that the engine makes of it. The stream cannot be
 * read as it comes: what says what the archive holds comes last.
 * @returns with what messages call the archive
 * @throws {OciDiffError} `ERR_REFERENCE_INVALID`, `ERR_NOT_FOUND`, `ERR_DAEMON`, `ERR_UNSUPPORTED`, `ERR_ABORTED`, and
 *   what `spool` throws
 */
export async function spoolEngineImage(
  { engine, name }: EngineReference,
  options: EngineOptions,
): Promise<Spooled & { readonly name: string }> {
  const { env = {}, signal, patience = PATIENCE } = options;
  const exports: readonly EngineExport[] =
    engine === 'containerd'
      ? await exportFromContainerd(name, { env, signal, idleMs: patience.export })
      : [await exportFromApi(engine, name, { env, signal, patience })];
  let failure: unknown;
  for (const each of exports) {
    try {
      return { ...(await spool(each.stream, each.name, options)), name: each.name };
    } catch (error) {
      if (!(error instanceof OciDiffError && error.cause instanceof ProgramFailure)) throw error;
      failure ??= error;
    }
  }
  throw failure;
}
