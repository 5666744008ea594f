import type { LoadedDocument } from '../image/load.js';
import type { JsonNode } from '../json/value.js';
import { DEFAULT_LIMITS, type Limits } from '../limits.js';
import { compareDocuments, type FieldDifference, FieldPointers, type FieldVerdict } from './document.js';
import { CONFIG_SHAPE } from './document-schema.js';
import type { Excuses, FindingSink, LayerPair } from './finding.js';

/** Docker's fields that say how a container or the image came to be, not what it is. */
const LEGACY_FIELDS: ReadonlySet<string> = new Set(['id', 'parent', 'container', 'container_config', 'docker_version']);
const LEGACY_CONFIG_FIELDS: ReadonlySet<string> = new Set([
  'Hostname',
  'Domainname',
  'AttachStdin',
  'AttachStdout',
  'AttachStderr',
  'Tty',
  'OpenStdin',
  'StdinOnce',
  'Image',
]);

/**
 * Compares two image configs field by field. `changedLayers` are the pairs of layers whose diffIDs differ: the list of
 * diffIDs follows from them.
 * @throws {OciDiffError} `ERR_LIMIT_EXCEEDED` above `documentDifferenceBytes`
 */
export function compareConfigs(
  config0: LoadedDocument,
  config1: LoadedDocument,
  platform: string,
  changedLayers: readonly LayerPair[],
  emit: FindingSink,
  limits: Limits = DEFAULT_LIMITS,
): void {
  const windows = isForWindows(config0) || isForWindows(config1);
  compareDocuments(config0.json, config1.json, {
    subject: 'config',
    platform,
    shape: CONFIG_SHAPE,
    skip: new Set(),
    pointers: new FieldPointers(limits, `the configs for ${platform}`),
    emit,
    judge: (field) => judgeConfigField(field, windows, changedLayers),
  });
}

/** Whether the image is one for Windows, where some fields mean something that they do not elsewhere. */
export function isForWindows({ json }: LoadedDocument): boolean {
  return stringMember(json.root, 'os') === 'windows';
}

/** Whether `name` is a member of `/config` that no container gets: the rule `legacy-fields`. */
export function isLegacyConfigField(name: string, windows: boolean): boolean {
  return LEGACY_CONFIG_FIELDS.has(name) || (name === 'ArgsEscaped' && !windows);
}

function judgeConfigField(field: FieldDifference, windows: boolean, changedLayers: readonly LayerPair[]): FieldVerdict {
  const [first = '', second = '', third = ''] = field.steps;
  const excuses: Excuses[number][] = [];
  if (first === 'created' || (first === 'history' && third === 'created')) excuses.push(['image-timestamps']);
  if (first === 'history') excuses.push(['history']);
  if (LEGACY_FIELDS.has(first) || first.startsWith('moby.buildkit.')) excuses.push(['legacy-fields']);
  if (first === 'config' && isLegacyConfigField(second, windows)) excuses.push(['legacy-fields']);
  if (first === 'rootfs' && second === 'diff_ids')
    return { excuses, follows: { what: 'layers', pairs: changedLayers } };
  return { excuses };
}

function stringMember(node: JsonNode, key: string): string | undefined {
  const member = node.type === 'object' ? node.members.get(key)?.value : undefined;
  return member?.type === 'string' ? member.value : undefined;
}
