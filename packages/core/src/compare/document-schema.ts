/*
 * The fields that the image specification and Docker's format name, for the rule `empty-fields`: only a named field may
 * be absent, null or empty one for another, never an entry of a map or an element of a list.
 * Sources: image-spec, config.md "Properties", manifest.md, image-index.md, descriptor.md; Docker Image Specification
 * v1.3, "Image JSON Field Descriptions"; moby, api/types/container/config.go.
 */

/**
 * The shape of a value.
 * - `struct`: an object whose members are named fields
 * - `map`: an object whose members are entries
 * - `list`: an array; with `of`, of structs that are compared one by one
 * - `value`: anything else
 */
export type Shape =
  | { readonly kind: 'struct'; readonly fields: Readonly<Record<string, Shape>> }
  | { readonly kind: 'map' }
  | { readonly kind: 'list'; readonly of?: Shape }
  | { readonly kind: 'value' };

const value: Shape = { kind: 'value' };
const map: Shape = { kind: 'map' };
const list: Shape = { kind: 'list' };

function struct(fields: Readonly<Record<string, Shape>>): Shape {
  return { kind: 'struct', fields };
}

function values(...names: string[]): Record<string, Shape> {
  return Object.fromEntries(names.map((name) => [name, value]));
}

const platform: Shape = struct({
  ...values('architecture', 'os', 'os.version', 'variant'),
  'os.features': list,
  features: list,
});

const descriptor: Shape = struct({
  ...values('mediaType', 'digest', 'size', 'data', 'artifactType'),
  urls: list,
  annotations: map,
  platform,
});

const containerConfig: Shape = struct({
  ...values('Hostname', 'Domainname', 'User', 'AttachStdin', 'AttachStdout', 'AttachStderr', 'Tty', 'OpenStdin'),
  ...values('StdinOnce', 'ArgsEscaped', 'Image', 'WorkingDir', 'NetworkDisabled', 'MacAddress', 'StopSignal'),
  ...values('StopTimeout', 'Memory', 'MemorySwap', 'CpuShares', 'Cpuset'),
  ExposedPorts: map,
  Volumes: map,
  Labels: map,
  Env: list,
  Cmd: list,
  Entrypoint: list,
  OnBuild: list,
  Shell: list,
  Healthcheck: struct({ ...values('Interval', 'Timeout', 'StartPeriod', 'StartInterval', 'Retries'), Test: list }),
});

export const CONFIG_SHAPE: Shape = struct({
  ...values('created', 'author', 'architecture', 'os', 'os.version', 'variant'),
  ...values('id', 'parent', 'container', 'docker_version', 'comment', 'Size'),
  'os.features': list,
  config: containerConfig,
  container_config: containerConfig,
  rootfs: struct({ type: value, diff_ids: list }),
  history: { kind: 'list', of: struct(values('created', 'created_by', 'author', 'comment', 'empty_layer')) },
});

export const MANIFEST_SHAPE: Shape = struct({
  ...values('schemaVersion', 'mediaType', 'artifactType'),
  config: descriptor,
  layers: { kind: 'list', of: descriptor },
  subject: descriptor,
  annotations: map,
});

export const INDEX_SHAPE: Shape = struct({
  ...values('schemaVersion', 'mediaType', 'artifactType'),
  manifests: { kind: 'list', of: descriptor },
  subject: descriptor,
  annotations: map,
});

export const DESCRIPTOR_SHAPE: Shape = descriptor;

/** The shape of the member `key`, and whether it is a field that a specification names. */
export function memberShape(shape: Shape, key: string): { readonly shape: Shape; readonly named: boolean } {
  if (shape.kind === 'struct' && Object.hasOwn(shape.fields, key)) {
    return { shape: shape.fields[key] as Shape, named: true };
  }
  return { shape: map, named: false };
}
