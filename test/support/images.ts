import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { extract, type Header, pack } from 'tar-stream';

/*
 * Whole images in memory, made with tar-stream and Node alone: nothing here knows the code that reads them.
 * Layouts: image-spec, image-layout.md. `docker save`: Docker Image Specification v1.2. `dir:`: containers/image.
 */

/** One entry of a layer. */
export interface EntrySpec {
  readonly path: string;
  readonly type?: 'file' | 'directory' | 'symlink' | 'link' | 'fifo' | 'character-device' | 'block-device';
  readonly content?: string | Buffer;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly uname?: string;
  readonly gname?: string;
  /** Seconds. */
  readonly mtime?: number;
  readonly linkTarget?: string;
  readonly device?: readonly [major: number, minor: number];
  /** Records of an extended header in front of the entry. */
  readonly pax?: Readonly<Record<string, string>>;
}

/** USTAR as tar-stream writes it, or its headers with the magic of GNU tar, or with none as in 1979. */
export type Dialect = 'ustar' | 'gnu' | 'v7';
export type LayerCompression = 'none' | 'gzip' | 'zstd';

export interface LayerSpec {
  readonly entries?: readonly EntrySpec[];
  readonly dialect?: Dialect;
  /** The stream itself, instead of `entries`. */
  readonly tar?: Buffer;
  readonly compression?: LayerCompression;
  readonly gzipLevel?: number;
  /** The stored bytes themselves, instead of a compressed `tar`. */
  readonly stored?: Buffer;
  /** What the config says, where it is not the truth. */
  readonly diffId?: string;
  readonly mediaType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface PlatformSpec {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
  readonly 'os.version'?: string;
}

export interface ImageSpec {
  readonly layers?: readonly LayerSpec[];
  readonly platform?: PlatformSpec;
  /** The config's `config`. */
  readonly config?: object;
  /** Other members of the config file, over those made here. */
  readonly configFile?: object;
  /** Other members of the manifest, over those made here. */
  readonly manifest?: object;
  /** Docker's media types for the manifest, the config and the layers. */
  readonly docker?: boolean;
  /** Spaces of indentation in the documents. */
  readonly indent?: number;
}

export interface DescriptorJson {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly [member: string]: unknown;
}

/** An image or index with every blob below it, by digest. */
export interface Built {
  readonly descriptor: DescriptorJson;
  readonly blobs: ReadonlyMap<string, Buffer>;
}

export interface BuiltLayer {
  readonly tar: Buffer;
  readonly stored: Buffer;
  readonly diffId: string;
  readonly descriptor: DescriptorJson;
}

export interface BuiltImage extends Built {
  readonly config: Buffer;
  readonly layers: readonly BuiltLayer[];
}

/** A member of an outer archive, or a file of a folder. */
export interface Member {
  readonly name: string;
  readonly content: Buffer;
  readonly type?: Header['type'];
  readonly linkname?: string;
}

export const LINUX: PlatformSpec = { os: 'linux', architecture: 'amd64' };

const OCI = {
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  index: 'application/vnd.oci.image.index.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: {
    none: 'application/vnd.oci.image.layer.v1.tar',
    gzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
    zstd: 'application/vnd.oci.image.layer.v1.tar+zstd',
  },
} as const;
const DOCKER = {
  manifest: 'application/vnd.docker.distribution.manifest.v2+json',
  config: 'application/vnd.docker.container.image.v1+json',
  layer: {
    none: 'application/vnd.docker.image.rootfs.diff.tar',
    gzip: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
    zstd: 'application/vnd.docker.image.rootfs.diff.tar.zstd',
  },
} as const;

export function sha256(bytes: Buffer | string): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** A layer's tar stream. */
export async function layerTar(entries: readonly EntrySpec[], dialect: Dialect = 'ustar'): Promise<Buffer> {
  const packing = pack();
  for (const entry of entries) {
    const content = Buffer.from(entry.content ?? '');
    const header = {
      name: entry.path,
      type: entry.type ?? 'file',
      mode: entry.mode ?? (entry.type === 'directory' ? 0o755 : 0o644),
      uid: entry.uid ?? 0,
      gid: entry.gid ?? 0,
      uname: entry.uname ?? '',
      gname: entry.gname ?? '',
      mtime: new Date((entry.mtime ?? 0) * 1000),
      size: content.length,
      ...(entry.linkTarget === undefined ? {} : { linkname: entry.linkTarget }),
      ...(entry.device === undefined ? {} : { devmajor: entry.device[0], devminor: entry.device[1] }),
      ...(entry.pax === undefined ? {} : { pax: { ...entry.pax } }),
    };
    packing.entry(header as Header, content);
  }
  packing.finalize();
  return rewriteHeaders(await buffer(packing), entries, dialect);
}

const BLOCK = 512;

/* What tar-stream cannot be asked for: mode bits above 07777, and the magic of another dialect. */
function rewriteHeaders(tar: Buffer, entries: readonly EntrySpec[], dialect: Dialect): Buffer {
  const copy = Buffer.from(tar);
  let position = 0;
  for (let at = 0; at < copy.length && copy[at] !== 0; ) {
    const block = copy.subarray(at, at + BLOCK);
    const size = Number.parseInt(block.toString('latin1', 124, 136), 8);
    const flag = block.toString('latin1', 156, 157);
    if (flag !== 'x') {
      const mode = entries[position]?.mode ?? 0;
      if (mode > 0o7777) block.write(`${mode.toString(8).padStart(6, '0')} \0`, 100, 'latin1');
      position += 1;
    }
    if (dialect === 'gnu') block.write('ustar  \0', 257, 'latin1');
    else if (dialect === 'v7' && !'x346'.includes(flag)) block.fill(0, 257);
    sign(block);
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
  return copy;
}

/** Writes the checksum of a header block, as POSIX.1-2017 pax, "ustar Interchange Format" has it. */
export function sign(block: Buffer): void {
  block.fill(0x20, 148, 156);
  const sum = block.subarray(0, BLOCK).reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
}

/** A frame of raw blocks: zstd's own way to store bytes as they are. Source: RFC 8878, section 3.1.1. */
export function zstdStored(content: Buffer): Buffer {
  const header = Buffer.alloc(9);
  header.writeUInt32LE(0xfd2fb528, 0);
  /* Single segment, four bytes of content size, no checksum. */
  header[4] = 0b1010_0000;
  header.writeUInt32LE(content.length, 5);
  const parts: Buffer[] = [header];
  const blockBytes = 128 * 1024;
  for (let at = 0; at === 0 || at < content.length; at += blockBytes) {
    const block = content.subarray(at, at + blockBytes);
    const last = at + blockBytes >= content.length ? 1 : 0;
    const blockHeader = Buffer.alloc(3);
    blockHeader.writeUIntLE(block.length * 8 + last, 0, 3);
    parts.push(blockHeader, block);
  }
  return Buffer.concat(parts);
}

export async function buildLayer(spec: LayerSpec, docker = false): Promise<BuiltLayer> {
  const tar = spec.tar ?? (await layerTar(spec.entries ?? [], spec.dialect));
  const compression = spec.compression ?? 'gzip';
  const stored = spec.stored ?? compress(tar, compression, spec.gzipLevel);
  const mediaType = spec.mediaType ?? (docker ? DOCKER : OCI).layer[compression];
  const { annotations } = spec;
  return {
    tar,
    stored,
    diffId: spec.diffId ?? sha256(tar),
    descriptor: { ...descriptorOf(stored, mediaType), ...(annotations === undefined ? {} : { annotations }) },
  };
}

function compress(tar: Buffer, compression: LayerCompression, level = 6): Buffer {
  if (compression === 'none') return tar;
  return compression === 'gzip' ? gzipSync(tar, { level }) : zstdStored(tar);
}

function descriptorOf(bytes: Buffer, mediaType: string): DescriptorJson {
  return { mediaType, digest: sha256(bytes), size: bytes.length };
}

export async function buildImage(spec: ImageSpec = {}): Promise<BuiltImage> {
  const { docker = false, platform = LINUX, indent } = spec;
  const types = docker ? DOCKER : OCI;
  const layers: BuiltLayer[] = [];
  for (const layer of spec.layers ?? []) layers.push(await buildLayer(layer, docker));
  const config = json(
    {
      architecture: platform.architecture,
      os: platform.os,
      ...(platform.variant === undefined ? {} : { variant: platform.variant }),
      ...(platform['os.version'] === undefined ? {} : { 'os.version': platform['os.version'] }),
      config: spec.config ?? {},
      rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
      ...spec.configFile,
    },
    indent,
  );
  const manifest = json(
    {
      schemaVersion: 2,
      mediaType: types.manifest,
      config: descriptorOf(config, types.config),
      layers: layers.map(({ descriptor }) => descriptor),
      ...spec.manifest,
    },
    indent,
  );
  const blobs = new Map([...layers.map(({ stored }) => stored), config, manifest].map((blob) => [sha256(blob), blob]));
  return { descriptor: descriptorOf(manifest, types.manifest), blobs, config, layers };
}

/** One of the things that an index names. */
export interface ChildSpec {
  readonly built: Built;
  readonly platform?: PlatformSpec;
  readonly annotations?: Readonly<Record<string, string>>;
}

export function buildIndex(children: readonly ChildSpec[], members: object = {}): Built {
  const manifests = children.map(({ built, platform, annotations }) => ({
    ...built.descriptor,
    ...(platform === undefined ? {} : { platform }),
    ...(annotations === undefined ? {} : { annotations }),
  }));
  const document = json({ schemaVersion: 2, mediaType: OCI.index, manifests, ...members });
  const blobs = new Map(children.flatMap(({ built }) => [...built.blobs]));
  blobs.set(sha256(document), document);
  return { descriptor: descriptorOf(document, OCI.index), blobs };
}

/** The files of an OCI layout. */
export function layoutMembers(built: Built, annotations?: Readonly<Record<string, string>>): Member[] {
  const entry = { ...built.descriptor, ...(annotations === undefined ? {} : { annotations }) };
  return [
    { name: 'oci-layout', content: json({ imageLayoutVersion: '1.0.0' }) },
    { name: 'index.json', content: json({ schemaVersion: 2, manifests: [entry] }) },
    ...[...built.blobs].map(([digest, content]) => ({ name: `blobs/${digest.replace(':', '/')}`, content })),
  ];
}

/** The files of a `docker save` archive of the classic store: `<id>/layer.tar`, nothing compressed. */
export function dockerMembers(image: BuiltImage, tags: readonly string[] = []): Member[] {
  const config = `${sha256(image.config).slice('sha256:'.length)}.json`;
  const layers = image.layers.map(({ tar }, i) => ({
    name: `${sha256(`${i} ${sha256(tar)}`).slice('sha256:'.length)}/layer.tar`,
    content: tar,
  }));
  const manifest = [{ Config: config, RepoTags: tags, Layers: layers.map(({ name }) => name) }];
  return [{ name: config, content: image.config }, ...layers, { name: 'manifest.json', content: json(manifest) }];
}

/** The files of a skopeo `dir:` folder. */
export function dirMembers(image: BuiltImage): Member[] {
  const { digest } = image.descriptor;
  return [
    { name: 'version', content: Buffer.from('Directory Transport Version: 1.1\n') },
    ...[...image.blobs].map(([blob, content]) => ({
      name: blob === digest ? 'manifest.json' : blob.slice('sha256:'.length),
      content,
    })),
  ];
}

/** `members` as a tar archive. */
export async function packMembers(members: readonly Member[]): Promise<Buffer> {
  const packing = pack();
  for (const { name, content, type = 'file', linkname } of members) {
    const header = { name, type, mode: 0o644, mtime: new Date(0), size: content.length };
    packing.entry(linkname === undefined ? header : { ...header, linkname }, content);
  }
  packing.finalize();
  return buffer(packing);
}

/** The members of a tar archive, folders left out. */
export async function unpackMembers(archive: Buffer): Promise<Member[]> {
  const members: Member[] = [];
  const extracting = extract();
  const reading = (async () => {
    for await (const entry of extracting) {
      const content = await buffer(entry);
      const { name, type, linkname } = entry.header;
      if (type === 'directory') continue;
      members.push({ name, content, ...(type == null ? {} : { type }), ...(linkname == null ? {} : { linkname }) });
    }
  })();
  extracting.end(archive);
  await reading;
  return members;
}

/** `members` as files below `folder`, which is made. */
export function writeMembers(folder: string, members: readonly Member[]): string {
  mkdirSync(folder, { recursive: true });
  for (const { name, content } of members) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

function json(value: unknown, indent?: number): Buffer {
  return Buffer.from(JSON.stringify(value, undefined, indent));
}
