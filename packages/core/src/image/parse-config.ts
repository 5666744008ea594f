import { type DiffId, isDigest, parseDiffId } from '../digest.js';
import { FieldReader, optionalMember } from '../json/read.js';
import type { JsonDocument, JsonNode, JsonObject } from '../json/value.js';
import { readStrings } from './parse-descriptor.js';

/** Source: image-spec, config.md, "Properties". Only what ocidiff follows; the document itself keeps all. */
export interface ConfigFile {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
  readonly 'os.version'?: string;
  readonly rootfs: RootFs;
  readonly history: readonly HistoryEntry[];
}

export interface RootFs {
  readonly type: 'layers';
  /** Bottom layer first. */
  readonly diffIds: readonly DiffId[];
}

export interface HistoryEntry {
  readonly createdBy?: string;
  /** Whether the step made no layer. */
  readonly emptyLayer: boolean;
}

/**
 * `document` as an image configuration. `diff_ids` may be absent, as Docker leaves it out for an image without layers.
 * @throws {OciDiffError} `ERR_CONFIG_INVALID`, with all that is wrong
 */
export function parseConfigFile(document: JsonDocument): ConfigFile {
  const fields = new FieldReader();
  const root = fields.asObject(document.root, '');
  const os = fields.asString(fields.requiredMember(root, 'os', ''), '/os');
  const architecture = fields.asString(fields.requiredMember(root, 'architecture', ''), '/architecture');
  const variant = fields.asString(optionalMember(root, 'variant'), '/variant');
  const version = fields.asString(optionalMember(root, 'os.version'), '/os.version');
  const rootfs = fields.asObject(fields.requiredMember(root, 'rootfs', ''), '/rootfs');
  const diffIds = readRootFs(fields, rootfs);
  const history = fields.asArray(optionalMember(root, 'history'), '/history');
  const entries = history?.items.map((item, index) => readHistoryEntry(fields, item, `/history/${index}`)) ?? [];
  fields.finish('ERR_CONFIG_INVALID', 'not a valid image config');
  return {
    /* Where one of them is missing, finish has thrown. */
    os: os as string,
    architecture: architecture as string,
    ...(variant === undefined || variant === '' ? {} : { variant }),
    ...(version === undefined || version === '' ? {} : { 'os.version': version }),
    rootfs: { type: 'layers', diffIds },
    history: entries,
  };
}

function readRootFs(fields: FieldReader, rootfs: JsonObject | undefined): DiffId[] {
  const type = fields.asString(fields.requiredMember(rootfs, 'type', '/rootfs'), '/rootfs/type');
  if (type !== undefined && type !== 'layers') {
    fields.report('/rootfs/type', `expected "layers", found ${JSON.stringify(type.slice(0, 200))}`);
  }
  const texts = readStrings(fields, optionalMember(rootfs, 'diff_ids'), '/rootfs/diff_ids') ?? [];
  return texts.flatMap((text, index) => {
    if (isDigest(text)) return parseDiffId(text);
    fields.report(`/rootfs/diff_ids/${index}`, `not a sha256 or sha512 digest: ${JSON.stringify(text.slice(0, 200))}`);
    return [];
  });
}

function readHistoryEntry(fields: FieldReader, node: JsonNode, where: string): HistoryEntry {
  const entry = fields.asObject(node, where);
  const createdBy = fields.asString(optionalMember(entry, 'created_by'), `${where}/created_by`);
  const emptyLayer = optionalMember(entry, 'empty_layer');
  if (emptyLayer !== undefined && emptyLayer.type !== 'literal') {
    fields.report(`${where}/empty_layer`, `expected true or false, found a ${emptyLayer.type}`);
  }
  return {
    ...(createdBy === undefined ? {} : { createdBy }),
    emptyLayer: emptyLayer?.type === 'literal' && emptyLayer.value === true,
  };
}
