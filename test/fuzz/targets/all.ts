import type { Target } from '../target.js';
import { BYTES_TARGETS } from './bytes.js';
import { COMPARE_TARGETS } from './compare.js';
import { CREDENTIAL_TARGETS } from './credentials.js';
import { HTTP_TARGETS } from './http.js';
import { JSON_TARGETS } from './json.js';
import { MEDIA_TARGETS } from './media.js';
import { NAME_TARGETS } from './names.js';
import { TAR_TARGETS } from './tar.js';
import { TEXT_TARGETS } from './text.js';

/** Everything that is fuzzed, the longest first, so that two at once end at about the same time. */
export const TARGETS: readonly Target[] = [
  ...COMPARE_TARGETS,
  ...HTTP_TARGETS,
  ...MEDIA_TARGETS,
  ...TAR_TARGETS,
  ...BYTES_TARGETS,
  ...CREDENTIAL_TARGETS,
  ...JSON_TARGETS,
  ...NAME_TARGETS,
  ...TEXT_TARGETS,
];
