import { readFile, stat } from 'node:fs/promises';
import { OciDiffError } from '../../errors.js';
import { parseJson } from '../../json/parse.js';
import { optionalMember } from '../../json/read.js';
import type { JsonNode, JsonObject } from '../../json/value.js';
import { ioError, systemCode } from '../io-error.js';
import type { Environment } from './transport.js';

/** Who asks. */
export type Credentials =
  | { readonly type: 'basic'; readonly username: string; readonly password: string }
  /** To be exchanged for tokens of the registry. */
  | { readonly type: 'identity-token'; readonly token: string }
  /** To be sent to the registry as it is. */
  | { readonly type: 'registry-token'; readonly token: string };

/** A file of credentials, as `docker login` and `podman login` write it. */
export interface CredentialFile {
  /** For messages. */
  readonly name: string;
  /** By registry or a name below it, without its scheme (see `normalizeKey`). */
  readonly auths: ReadonlyMap<string, Credentials>;
  /** Helpers by registry. */
  readonly helpers: ReadonlyMap<string, string>;
  /** The helper for all others; null without. */
  readonly store: string | null;
}

/** Bytes of one file. */
const MAX_BYTES = 4 * 1024 ** 2;

/**
 * Where credentials are looked for, in this order. What the environment names comes before the usual places; Podman's
 * before Docker's, as in Podman and skopeo.
 * Sources: containers-auth.json(5); Docker's "docker login", `DOCKER_CONFIG`.
 */
export function credentialPaths(env: Environment): string[] {
  const { REGISTRY_AUTH_FILE, DOCKER_CONFIG, XDG_RUNTIME_DIR, XDG_CONFIG_HOME } = env;
  const home = env.HOME ?? env.USERPROFILE;
  const named = [
    ...(isSet(REGISTRY_AUTH_FILE) ? [REGISTRY_AUTH_FILE] : []),
    ...(isSet(DOCKER_CONFIG) ? [`${DOCKER_CONFIG}/config.json`] : []),
  ];
  /* Who names Podman's file means that one and no other of Podman's. */
  if (isSet(REGISTRY_AUTH_FILE)) return named;
  return [
    ...named,
    ...(isSet(XDG_RUNTIME_DIR) ? [`${XDG_RUNTIME_DIR}/containers/auth.json`] : []),
    ...(isSet(XDG_CONFIG_HOME)
      ? [`${XDG_CONFIG_HOME}/containers/auth.json`]
      : isSet(home)
        ? [`${home}/.config/containers/auth.json`]
        : []),
    ...(isSet(home) && !isSet(DOCKER_CONFIG) ? [`${home}/.docker/config.json`] : []),
  ];
}

function isSet(value: string | undefined): value is string {
  return value !== undefined && value !== '';
}

/**
 * Reads one file of credentials; null where there is none. Entries that make no sense are as good as absent.
 * @throws {OciDiffError} `ERR_IO`, `ERR_LIMIT_EXCEEDED`, `ERR_JSON_INVALID`; no message holds anything of the file
 */
export async function readCredentialFile(path: string): Promise<CredentialFile | null> {
  const name = path.slice(path.lastIndexOf('/') + 1);
  let bytes: Uint8Array;
  try {
    const { size } = await stat(path);
    if (size > MAX_BYTES) throw new OciDiffError('ERR_LIMIT_EXCEEDED', `${name} has more than ${MAX_BYTES} bytes`);
    bytes = await readFile(path);
  } catch (error) {
    if (error instanceof OciDiffError) throw error;
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw ioError(error, name);
  }
  return parseCredentialFile(bytes, name);
}

/**
 * What a file of credentials says.
 * @param name for messages
 * @throws {OciDiffError} `ERR_JSON_INVALID`; no message holds anything of the file
 */
export function parseCredentialFile(bytes: Uint8Array, name: string): CredentialFile {
  const root = parseOrThrow(bytes, name);
  const helpers = new Map<string, string>();
  for (const [key, value] of members(optionalMember(root, 'credHelpers'))) {
    const helper = textOf(value);
    if (helper !== '') helpers.set(normalizeKey(key), helper);
  }
  const auths = new Map<string, Credentials>();
  for (const [key, value] of members(optionalMember(root, 'auths'))) {
    const credentials = value.type === 'object' ? credentialsOf(value) : null;
    const name = normalizeKey(key);
    /* Of several keys that mean one registry: `docker login` keeps tokens below `https://index.docker.io/v1/`, too. */
    const isExact = key === name || key === HUB_SERVER;
    if (credentials !== null && (isExact || !auths.has(name))) auths.set(name, credentials);
  }
  const store = textOf(optionalMember(root, 'credsStore'));
  return { name, auths, helpers, store: store === '' ? null : store };
}

function parseOrThrow(bytes: Uint8Array, name: string): JsonObject {
  let root: JsonNode;
  try {
    root = parseJson(bytes, { maxDepth: 100, maxBytes: MAX_BYTES }).root;
  } catch {
    throw new OciDiffError('ERR_JSON_INVALID', `${name} is no JSON document`);
  }
  if (root.type === 'object') return root;
  throw new OciDiffError('ERR_JSON_INVALID', `${name} is no JSON object`);
}

function* members(node: JsonNode | undefined): Iterable<readonly [string, JsonNode]> {
  if (node?.type !== 'object') return;
  for (const [key, { value }] of node.members) yield [key, value];
}

function textOf(node: JsonNode | undefined): string {
  return node?.type === 'string' ? node.value : '';
}

/* Source: docker/cli, cli/config/types/authconfig.go and configfile/file.go (decodeAuth). */
function credentialsOf(entry: JsonObject): Credentials | null {
  const text = (name: string): string => textOf(optionalMember(entry, name));
  const [identityToken, registryToken] = [text('identitytoken'), text('registrytoken')];
  if (identityToken !== '') return { type: 'identity-token', token: identityToken };
  if (registryToken !== '') return { type: 'registry-token', token: registryToken };
  const decoded = Buffer.from(text('auth'), 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  if (colon > 0) return basic(decoded.slice(0, colon), decoded.slice(colon + 1).replace(/\0+$/, ''));
  return basic(text('username'), text('password'));
}

function basic(username: string, password: string): Credentials | null {
  return username === '' ? null : { type: 'basic', username, password };
}

/** The name under which Docker Hub's credentials are looked for, whichever of its names they were kept under. */
const HUB = 'docker.io';
/** The address under which `docker login` and helpers keep Docker Hub's credentials. */
export const HUB_SERVER = 'https://index.docker.io/v1/';
const HUB_NAMES: ReadonlySet<string> = new Set([HUB, 'index.docker.io', 'registry-1.docker.io']);

/**
 * A key of a file as the registry that it means: `https://index.docker.io/v1/` is `docker.io`. Podman's may go on with
 * a name below the registry (`quay.io/org`); behind a scheme stands an old address, of which only the host counts.
 */
export function normalizeKey(key: string): string {
  const [, scheme, rest = ''] = /^(https?:\/\/)?(.*)$/s.exec(key) ?? [];
  const slash = rest.indexOf('/');
  const host = slash === -1 ? rest : rest.slice(0, slash);
  const path = slash === -1 || scheme !== undefined ? '' : rest.slice(slash).replace(/\/+$/, '');
  const isVersion = path === '/v1' || path === '/v2';
  return `${HUB_NAMES.has(host) ? HUB : host}${isVersion ? '' : path}`;
}
