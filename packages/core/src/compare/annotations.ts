import type { Excuses } from './finding.js';

/** Keys whose differences other rules than `annotations` cover too. */
const KEY_RULES: Readonly<Record<string, Excuses>> = {
  'io.containerd.image.name': [['image-name']],
  'org.opencontainers.image.ref.name': [['image-name']],
  'org.opencontainers.image.created': [['image-timestamps']],
  'buildkit/rewritten-timestamp': [['file-timestamps']],
};

/** What excuses a difference in the annotation `key` (undefined: in the map itself). */
export function annotationExcuses(key: string | undefined): Excuses {
  const own = key !== undefined && Object.hasOwn(KEY_RULES, key) ? (KEY_RULES[key] as Excuses) : [];
  return [...own, ['annotations']];
}
