import { isDigest, parseDigest } from '../digest.js';
import { type FieldReader, optionalMember } from '../json/read.js';
import type { JsonNode, JsonObject } from '../json/value.js';
import type { Descriptor, Platform } from './descriptor.js';

/**
 * The descriptor at `node`; what is wrong with it is reported to `fields`, and undefined is returned.
 * Source: image-spec, descriptor.md, "Properties".
 */
export function readDescriptor(fields: FieldReader, node: JsonNode | undefined, where: string): Descriptor | undefined {
  const object = fields.asObject(node, where);
  if (object === undefined) return undefined;
  const mediaType = fields.asString(fields.requiredMember(object, 'mediaType', where), `${where}/mediaType`);
  const digest = fields.asString(fields.requiredMember(object, 'digest', where), `${where}/digest`);
  const size = fields.asInteger(fields.requiredMember(object, 'size', where), `${where}/size`);
  const platform = readPlatform(fields, optionalMember(object, 'platform'), `${where}/platform`);
  const annotations = readStringMap(fields, optionalMember(object, 'annotations'), `${where}/annotations`);
  const artifactType = fields.asString(optionalMember(object, 'artifactType'), `${where}/artifactType`);
  const urls = readStrings(fields, optionalMember(object, 'urls'), `${where}/urls`);
  if (digest !== undefined && !isDigest(digest)) {
    fields.report(`${where}/digest`, `not a sha256 or sha512 digest: ${JSON.stringify(digest.slice(0, 200))}`);
    return undefined;
  }
  if (mediaType === undefined || digest === undefined || size === undefined) return undefined;
  return {
    mediaType,
    digest: parseDigest(digest),
    size,
    ...(platform === undefined ? {} : { platform }),
    ...(annotations === undefined ? {} : { annotations }),
    ...(artifactType === undefined || artifactType === '' ? {} : { artifactType }),
    ...(urls === undefined ? {} : { urls }),
  };
}

/** Descriptors in the array at `object`'s required member `name`; the bad ones are reported and left out. */
export function readDescriptors(fields: FieldReader, object: JsonObject | undefined, name: string): Descriptor[] {
  const array = fields.asArray(fields.requiredMember(object, name, ''), `/${name}`);
  const descriptors: Descriptor[] = [];
  array?.items.forEach((item, index) => {
    const descriptor = readDescriptor(fields, item, `/${name}/${index}`);
    if (descriptor !== undefined) descriptors.push(descriptor);
  });
  return descriptors;
}

/** Source: image-spec, image-index.md, `platform`. One whose `os` and `architecture` are both empty says nothing. */
function readPlatform(fields: FieldReader, node: JsonNode | undefined, where: string): Platform | undefined {
  const object = fields.asObject(node, where);
  if (object === undefined) return undefined;
  const os = fields.asString(optionalMember(object, 'os'), `${where}/os`) ?? '';
  const architecture = fields.asString(optionalMember(object, 'architecture'), `${where}/architecture`) ?? '';
  const variant = fields.asString(optionalMember(object, 'variant'), `${where}/variant`) ?? '';
  const version = fields.asString(optionalMember(object, 'os.version'), `${where}/os.version`) ?? '';
  const features = readStrings(fields, optionalMember(object, 'os.features'), `${where}/os.features`);
  if (os === '' && architecture === '') return undefined;
  return {
    os,
    architecture,
    ...(variant === '' ? {} : { variant }),
    ...(version === '' ? {} : { 'os.version': version }),
    ...(features === undefined ? {} : { 'os.features': features }),
  };
}

/** An array of strings. */
export function readStrings(fields: FieldReader, node: JsonNode | undefined, where: string): string[] | undefined {
  const array = fields.asArray(node, where);
  return array?.items.flatMap((item, index) => fields.asString(item, `${where}/${index}`) ?? []);
}

/** An object of strings, without a prototype: its keys may be any. */
function readStringMap(
  fields: FieldReader,
  node: JsonNode | undefined,
  where: string,
): Record<string, string> | undefined {
  const object = fields.asObject(node, where);
  if (object === undefined) return undefined;
  const map: Record<string, string> = Object.create(null);
  for (const [key, member] of object.members) {
    const value = fields.asString(member.value, `${where}/${key}`);
    if (value !== undefined) map[key] = value;
  }
  return map;
}

/** Reports a `schemaVersion` that is not 2. Source: image-spec, manifest.md and image-index.md. */
export function checkSchemaVersion(fields: FieldReader, root: JsonObject | undefined): void {
  const version = fields.asInteger(fields.requiredMember(root, 'schemaVersion', ''), '/schemaVersion');
  if (version !== undefined && version !== 2) fields.report('/schemaVersion', `expected 2, found ${version}`);
}
