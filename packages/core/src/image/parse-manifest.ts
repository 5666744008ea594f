import { FieldReader, optionalMember } from '../json/read.js';
import type { JsonDocument } from '../json/value.js';
import type { Descriptor } from './descriptor.js';
import { checkSchemaVersion, readDescriptor, readDescriptors } from './parse-descriptor.js';

/** Source: image-spec, manifest.md. Only what ocidiff follows; the document itself keeps all. */
export interface Manifest {
  readonly mediaType?: string;
  readonly artifactType?: string;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly subject?: Descriptor;
}

/**
 * `document` as an image manifest of OCI or Docker's schema 2.
 * @throws {OciDiffError} `ERR_MANIFEST_INVALID`, with all that is wrong
 */
export function parseManifest(document: JsonDocument): Manifest {
  const fields = new FieldReader();
  const root = fields.asObject(document.root, '');
  checkSchemaVersion(fields, root);
  const mediaType = fields.asString(optionalMember(root, 'mediaType'), '/mediaType');
  const artifactType = fields.asString(optionalMember(root, 'artifactType'), '/artifactType');
  const config = readDescriptor(fields, fields.requiredMember(root, 'config', ''), '/config');
  const layers = readDescriptors(fields, root, 'layers');
  const subject = readDescriptor(fields, optionalMember(root, 'subject'), '/subject');
  fields.finish('ERR_MANIFEST_INVALID', 'not a valid image manifest');
  return {
    /* Without one a problem was reported, and finish has thrown. */
    config: config as Descriptor,
    layers,
    ...(mediaType === undefined ? {} : { mediaType }),
    ...(artifactType === undefined || artifactType === '' ? {} : { artifactType }),
    ...(subject === undefined ? {} : { subject }),
  };
}
