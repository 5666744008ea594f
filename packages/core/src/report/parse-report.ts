import { createRequire } from 'node:module';
import { OciDiffError } from '../errors.js';
import { parseJson } from '../json/parse.js';
import { toValue } from '../json/to-value.js';
import type { Report } from './report.js';

/** Bytes of a saved report: above them a string cannot hold it. */
const MAX_BYTES = 500_000_000;
/** Differences in contents nest by containers within containers, values as deep as documents do. */
const MAX_DEPTH = 200;

/**
 * A saved JSON report, held against its schema: it may come from anywhere.
 * @param name of the file, for messages
 * @throws {OciDiffError} `ERR_REPORT_INVALID` for anything but a report of a version that is known
 */
export async function parseReport(bytes: Uint8Array, name: string): Promise<Report> {
  try {
    const { root } = parseJson(bytes, { maxBytes: MAX_BYTES, maxDepth: MAX_DEPTH });
    const value = toValue(root);
    /* Only who shows a saved report pays for the validator. */
    const { Ajv2020 } = await import('ajv/dist/2020.js');
    const schema = createRequire(import.meta.url)('../../report.schema.json') as object;
    const validate = new Ajv2020({ strict: true }).compile<Report>(schema);
    if (validate(value)) return value;
    const [error] = validate.errors ?? [];
    throw new OciDiffError('ERR_REPORT_INVALID', `not a report: ${error?.instancePath ?? ''} ${error?.message ?? ''}`);
  } catch (error) {
    const cause = error instanceof OciDiffError ? error : new OciDiffError('ERR_REPORT_INVALID', String(error));
    throw new OciDiffError('ERR_REPORT_INVALID', cause.message, { location: { ...cause.location, blob: name }, cause });
  }
}
