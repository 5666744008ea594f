import { FieldReader, optionalMember } from '../json/read.js';
import type { JsonDocument } from '../json/value.js';
import type { Descriptor } from './descriptor.js';
import { checkSchemaVersion, readDescriptor, readDescriptors } from './parse-descriptor.js';

/** Source: image-spec, image-index.md. Only what ocidiff follows; the document itself keeps all. */
export interface ImageIndex {
  readonly mediaType?: string;
  readonly artifactType?: string;
  readonly manifests: readonly Descriptor[];
  readonly subject?: Descriptor;
}

/**
 * `document` as an image index, or Docker's manifest list.
 * @throws {OciDiffError} `ERR_INDEX_INVALID`, with all that is wrong
 */
export function parseIndex(document: JsonDocument): ImageIndex {
  const fields = new FieldReader();
  const root = fields.asObject(document.root, '');
  checkSchemaVersion(fields, root);
  const mediaType = fields.asString(optionalMember(root, 'mediaType'), '/mediaType');
  const artifactType = fields.asString(optionalMember(root, 'artifactType'), '/artifactType');
  const manifests = readDescriptors(fields, root, 'manifests');
  const subject = readDescriptor(fields, optionalMember(root, 'subject'), '/subject');
  fields.finish('ERR_INDEX_INVALID', 'not a valid image index');
  return {
    manifests,
    ...(mediaType === undefined ? {} : { mediaType }),
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(subject === undefined ? {} : { subject }),
  };
}
