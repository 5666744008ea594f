/*
 * Names of images in registries. Source: distribution/reference, regexp.go (grammar) and normalize.go (familiar names).
 */
const DOMAIN_LABEL = '[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?';
const DOMAIN = `(?:${DOMAIN_LABEL}(?:\\.${DOMAIN_LABEL})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`;
const COMPONENT = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const NAME = `(?:${DOMAIN}/)?${COMPONENT}(?:/${COMPONENT})*`;
const TAG = '\\w[\\w.-]{0,127}';
const DIGEST = '[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}';
const IMAGE_NAME = new RegExp(`^(${NAME})(?::(${TAG}))?(?:@(${DIGEST}))?$`);

/** Above what any registry takes; keeps the grammar's backtracking short. */
const MAX_LENGTH = 1024;

/** Of a name without its registry. Source: distribution/reference, reference.go, RepositoryNameTotalLengthMax. */
const MAX_PATH_LENGTH = 255;

/** What stands for an image's id. Source: distribution/reference, regexp.go, anchoredIdentifier. */
const IDENTIFIER = /^[a-f0-9]{64}$/;

/** An image in a registry, as `NAME[:TAG][@DIGEST]` names it. */
export interface ImageName {
  /** With its registry: `docker.io/library/debian`. */
  readonly name: string;
  readonly tag: string | null;
  readonly digest: string | null;
  /** Whether the text itself names the registry. */
  readonly hasDomain: boolean;
}

/** Whether `text` stands for an image's id, which no name may look like. */
export function isImageId(text: string): boolean {
  return IDENTIFIER.test(text);
}

/** `text` as the name of an image; null where it reads as none. */
export function parseImageName(text: string): ImageName | null {
  const match = text.length > MAX_LENGTH || isImageId(text) ? null : IMAGE_NAME.exec(text);
  if (match === null) return null;
  const [, name = '', tag = null, digest = null] = match;
  const slash = name.indexOf('/');
  const first = slash === -1 ? '' : name.slice(0, slash);
  const hasDomain = /[.:[]/.test(first) || first === 'localhost' || first.toLowerCase() !== first;
  const path = slash === -1 ? `library/${name}` : name;
  if (path.length > (hasDomain ? slash + 1 : 0) + MAX_PATH_LENGTH) return null;
  return { name: hasDomain ? name : `docker.io/${path}`, tag, digest, hasDomain };
}

/** `text` with its registry written out, as Docker understands it; any other text as it is. */
export function normalizeImageName(text: string): string {
  const parsed = parseImageName(text);
  if (parsed === null) return text;
  /* Docker Hub has an older name, and its own images a folder that may be left out. */
  const hub = parsed.name.replace(/^index\.docker\.io\//, 'docker.io/');
  const name = hub.replace(/^docker\.io\/(?=[^/]+$)/, 'docker.io/library/');
  return `${name}${parsed.tag === null ? '' : `:${parsed.tag}`}${parsed.digest === null ? '' : `@${parsed.digest}`}`;
}

/** The tag of a full name (`localhost:5000/a:1` → `1`); null without one. */
export function tagOf(text: string): string | null {
  return parseImageName(text)?.tag ?? null;
}
