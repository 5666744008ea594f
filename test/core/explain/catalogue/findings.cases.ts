import type { CauseCases } from '../cause-case.js';
import { COMPRESSION_CASES } from './compression.cases.js';
import { HISTORY_CASES } from './history.cases.js';
import { IMAGE_DOCUMENTS_CASES } from './image-documents.cases.js';
import { LAYERS_CASES } from './layers.cases.js';
import { PERMISSIONS_CASES } from './permissions.cases.js';
import { TAR_WRITING_CASES } from './tar-writing.cases.js';
import { TIMES_CASES } from './times.cases.js';

export const FINDINGS_CASES: readonly CauseCases[] = [
  ...IMAGE_DOCUMENTS_CASES,
  ...HISTORY_CASES,
  ...COMPRESSION_CASES,
  ...TIMES_CASES,
  ...PERMISSIONS_CASES,
  ...LAYERS_CASES,
  ...TAR_WRITING_CASES,
];
