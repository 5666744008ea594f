import type { Cause } from '../cause.js';
import { COMPRESSION } from './compression.js';
import { ATTESTATION_CAUSES, DOCUMENTS, OTHER_DOCUMENTS } from './documents.js';
import { ENVIRONMENT_CAUSES, HISTORY_CAUSES } from './history.js';
import { LAYERS } from './layers.js';
import { LINKS } from './links.js';
import { PACKAGES } from './packages.js';
import { PERMISSIONS } from './permissions.js';
import { STUBS } from './stubs.js';
import { SYSTEM_LOGS } from './system-logs.js';
import { TAR_WRITING } from './tar-writing.js';
import { TIMES } from './times.js';

/**
 * All known causes. Where several could explain one difference the first is asked first: special ones stand before
 * general ones.
 */
export const CATALOGUE: readonly Cause[] = [
  ...SYSTEM_LOGS,
  ...PACKAGES,
  ...DOCUMENTS,
  ...HISTORY_CAUSES,
  ...ENVIRONMENT_CAUSES,
  ...ATTESTATION_CAUSES,
  ...COMPRESSION,
  ...OTHER_DOCUMENTS,
  ...TIMES,
  ...STUBS,
  ...PERMISSIONS,
  ...LINKS,
  ...LAYERS,
  ...TAR_WRITING,
];
