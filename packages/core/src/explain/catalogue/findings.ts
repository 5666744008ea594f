import type { Cause } from '../cause.js';
import { COMPRESSION } from './compression.js';
import { ENVIRONMENT_CAUSES, HISTORY_CAUSES } from './history.js';
import { ATTESTATION_CAUSES, IMAGE_DOCUMENTS, OTHER_DOCUMENTS } from './image-documents.js';
import { LAYERS } from './layers.js';
import { LINKS } from './links.js';
import { PERMISSIONS } from './permissions.js';
import { STUBS } from './stubs.js';
import { TAR_WRITING } from './tar-writing.js';
import { TIMES } from './times.js';

/** Causes of everything but contents and files that one side has alone; special ones stand before general ones. */
export const FINDINGS: readonly Cause[] = [
  ...IMAGE_DOCUMENTS,
  ...HISTORY_CAUSES,
  ...ENVIRONMENT_CAUSES,
  ...ATTESTATION_CAUSES,
  ...COMPRESSION,
  ...TIMES,
  ...OTHER_DOCUMENTS,
  ...STUBS,
  ...PERMISSIONS,
  ...LINKS,
  ...LAYERS,
  ...TAR_WRITING,
];
