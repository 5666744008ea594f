import { type Digest, isDigest } from '../digest.js';
import { type HistoryLine, linesOfLayers, readHistory } from '../image/layer-history.js';
import type { Image, LoadedDocument } from '../image/load.js';
import { optionalMember } from '../json/read.js';
import type { JsonNode, JsonObject } from '../json/value.js';
import type { LayerPair } from './finding.js';

/** What says where a layer of one side comes from. */
export interface OriginSources extends Pick<Image, 'config' | 'configFile'> {
  /** Null where the medium has lost it. */
  readonly manifest: LoadedDocument | null;
}

export interface FirstDifference {
  /** The first differing layer of each side; null for a side that has none there. */
  readonly layers: LayerPair;
  /** What the history says made it; null where it says nothing. */
  readonly history: readonly [string | null, string | null];
  /** `base`: it lies in what the builds started from; `build`: in what the builds added. */
  readonly origin: 'base' | 'build' | 'unknown';
  /** What that rests on, or why it cannot be told: a part of a sentence. */
  readonly evidence: string;
}

/**
 * The first layer that differs, and whether it lies in the base image or in what was built on it. That is told only
 * where something in the images says so, for both of them; otherwise it is `unknown`. Null where no layer differs.
 * @param pairs how the layers are aligned, in order; layers that one side has alone differ by themselves
 * @param differs whether a pair of two layers differs
 */
export function firstDifference(
  sources0: OriginSources,
  sources1: OriginSources,
  pairs: readonly LayerPair[],
  differs: (pair: LayerPair) => boolean,
): FirstDifference | null {
  const first = pairs.findIndex((pair) => pair.includes(null) || differs(pair));
  if (first === -1) return null;
  const layers = layersAt(pairs, first);
  const sides = [new Side(sources0, layers[0]), new Side(sources1, layers[1])] as const;
  const history = [textOf(sides[0].line), textOf(sides[1].line)] as const;
  return { layers, history, ...judge(sides, first) };
}

/* Where layers stand alone on both sides, side by side, the first of each: no order is told between them. */
function layersAt(pairs: readonly LayerPair[], first: number): LayerPair {
  const pair = pairs[first] as LayerPair;
  if (!pair.includes(null)) return pair;
  const end = pairs.findIndex((next, index) => index > first && !next.includes(null));
  const alone = pairs.slice(first, end === -1 ? undefined : end);
  const firstOf = (side: 0 | 1): number | null => alone.find((next) => next[side] !== null)?.[side] ?? null;
  return [firstOf(0), firstOf(1)];
}

function textOf(line: HistoryLine | null): string | null {
  return line === null || line.createdBy === '' ? null : line.createdBy;
}

interface Claim {
  readonly origin: 'base' | 'build';
  readonly evidence: string;
}
type Judgement = Pick<FirstDifference, 'origin' | 'evidence'>;

function judge(sides: readonly [Side, Side], shared: number): Judgement {
  const own = sides.map((side) => side.claim());
  const joint = jointClaim(sides, shared);
  const present = own.filter((_, side) => sides[side as 0 | 1].layer !== null);
  const claims = [...(joint === null ? [] : [joint]), ...present.flatMap((claim) => claim ?? [])];
  const [claim] = claims;
  if (claims.some(({ origin }) => origin !== claim?.origin)) {
    const told = new Set(claims.map(({ origin, evidence }) => `${evidence}, so the ${origin}`));
    return { origin: 'unknown', evidence: `the images contradict each other: ${[...told].sort().join('; ')}` };
  }
  if (claim !== undefined && (joint !== null || present.every((each) => each !== null))) {
    return { origin: claim.origin, evidence: [...new Set(claims.map(({ evidence }) => evidence))].sort().join('; ') };
  }
  const silent = ([0, 1] as const).filter((side) => own[side] === null && sides[side].layer !== null);
  const reason = [...new Set(silent.map((side) => sides[side].reason()))].sort().join('; ');
  if (claim === undefined) return { origin: 'unknown', evidence: reason };
  return {
    origin: 'unknown',
    evidence: `only of input ${silent[0] === 0 ? 1 : 0} it is told (${claim.evidence}): ${reason}`,
  };
}

const BASE_DIGEST = 'org.opencontainers.image.base.digest';
const BASE_NAME = 'org.opencontainers.image.base.name';
const REWRITTEN = 'buildkit/rewritten-timestamp';

/** Sources: BuildKit, frontend/dockerfile/dockerfile2llb/convert.go (historyComment), and exporter/containerimage. */
const BUILDKIT = 'buildkit.dockerfile.v0';
/**
 * BuildKit adds such lines at the end for layers that the history it was given says nothing of, so that no line is
 * sure to be of the layer in its place.
 */
const BUILDKIT_FILLED = 'buildkit.exporter.image.v0';

/** Times that builders write to say that there is none. */
const NO_TIMES: ReadonlySet<string> = new Set(['0001-01-01T00:00:00Z', '1970-01-01T00:00:00Z']);

/** One side of the difference: the layer, its line, and what the documents say. */
class Side {
  readonly layer: number | null;
  readonly line: HistoryLine | null;
  readonly lines: readonly HistoryLine[];
  /** The digest of the base image; `''` where the manifest says that there is none, null where it says nothing. */
  readonly baseDigest: Digest | '' | null;
  readonly layers: number;
  readonly platform: string;
  /** Whether Docker itself, without BuildKit, made the image: it says so, and says nothing in its history lines. */
  readonly #classic: boolean;
  readonly #manifest: JsonObject | undefined;

  constructor({ config, configFile, manifest }: OriginSources, layer: number | null) {
    const lines = readHistory(config.json);
    this.layers = configFile.rootfs.diffIds.length;
    this.layer = layer;
    const usable = lines?.some(({ comment }) => comment === BUILDKIT_FILLED) === true ? null : lines;
    this.line = layer === null ? null : (linesOfLayers(usable, this.layers)[layer] ?? null);
    this.lines = usable ?? [];
    this.platform = `${configFile.os}/${configFile.architecture}`;
    const version = optionalMember(asObject(config.json.root), 'docker_version');
    this.#classic = version?.type === 'string' && version.value !== '';
    this.#manifest = asObject(manifest?.json.root);
    this.baseDigest = baseDigestOf(asObject(optionalMember(this.#manifest, 'annotations')));
  }

  /** Of the history, the position of the layer's line; -1 where it has none. */
  get at(): number {
    return this.line === null ? -1 : this.lines.indexOf(this.line);
  }

  /** What this side alone says of its layer. */
  claim(): Claim | null {
    if (this.layer === null) return null;
    /* Buildah writes an empty digest if there was no image to start from. Source: buildah, new.go. */
    if (this.baseDigest === '') {
      return { origin: 'build', evidence: `no base image: ${BASE_DIGEST} is empty` };
    }
    return this.#byRewrittenTimes(this.layer) ?? this.#byComments() ?? this.#byOneTime();
  }

  /** Why nothing is told. */
  reason(): string {
    if (this.line === null) return 'nothing says which line of the history made the layer';
    if (this.lines.at(-1)?.comment === BUILDKIT) {
      return 'the layer and all above it are from BuildKit, which may have built the base image too';
    }
    return 'nothing in the history says where the base image ends';
  }

  /*
   * BuildKit, told to rewrite times, leaves the layers of the base image as they are and marks all others.
   * Source: BuildKit, exporter/containerimage/writer.go, rewriteRemoteWithEpoch.
   */
  #byRewrittenTimes(layer: number): Claim | null {
    const list = optionalMember(this.#manifest, 'layers');
    const marked = (list?.type === 'array' ? list.items : []).map((item) => {
      const annotations = asObject(optionalMember(asObject(item), 'annotations'));
      return optionalMember(annotations, REWRITTEN) !== undefined;
    });
    if (marked[layer] === true)
      return { origin: 'build', evidence: `BuildKit rewrote the layer's times (${REWRITTEN})` };
    if (!marked.includes(true) || marked.indexOf(true) < layer) return null;
    return { origin: 'base', evidence: `BuildKit rewrote the times of the layers above alone (${REWRITTEN})` };
  }

  #byComments(): Claim | null {
    const { at, lines } = this;
    if (at === -1) return null;
    const named = lines.findLastIndex(({ comment }) => fromName(comment) !== null);
    if (at < named) {
      return { origin: 'base', evidence: `its history line is below the one that says FROM ${nameAt(lines, named)}` };
    }
    if (lines.at(-1)?.comment === BUILDKIT) {
      /* BuildKit marks every line of its own, so one without the mark, and all below it, was there before. */
      const other = lines.findLastIndex(({ comment }) => comment !== BUILDKIT);
      if (at > other) return null;
      return { origin: 'base', evidence: "the last build is BuildKit's, and its history line or one above it is not" };
    }
    /* Lines of another builder may stand above Buildah's; it clears docker_version (buildah, config.go). */
    if (named === -1 || this.#classic || lines.some(({ comment }, index) => index > named && comment === BUILDKIT))
      return null;
    return {
      origin: 'build',
      evidence: `its history line is not below the one that says FROM ${nameAt(lines, named)}`,
    };
  }

  /*
   * Builders that are given a time write it into all lines of their own. A lone layer is not enough: a build that adds
   * no layer takes over the time of the last.
   */
  #byOneTime(): Claim | null {
    const { lines } = this;
    const [bottom] = lines;
    if (this.at === -1 || bottom === undefined || bottom.created === null || NO_TIMES.has(bottom.created)) return null;
    if (bottom.comment !== null && bottom.comment !== BUILDKIT) return null;
    if (!lines.every(({ created, comment }) => created === bottom.created && comment === bottom.comment)) return null;
    if (lines.filter(({ emptyLayer }) => !emptyLayer).length < 2) return null;
    return {
      origin: 'build',
      evidence: `all lines of the history are of one builder and one time, ${clip(bottom.created)}`,
    };
  }
}

/* What only both sides together say. @param shared how many pairs of equal layers are below */
function jointClaim([side0, side1]: readonly [Side, Side], shared: number): Claim | null {
  const [digest0, digest1] = [side0.baseDigest, side1.baseDigest];
  if (digest0 && digest1) {
    if (digest0 === digest1 && shared > 0 && side0.platform === side1.platform) {
      return { origin: 'build', evidence: `both are built on one base image, ${clip(digest0)} (${BASE_DIGEST})` };
    }
    /* A squashed image has one layer that holds the base image and all else. */
    const lowest = [side0, side1].every(({ layer, layers }) => layer === 0 && layers > 1);
    if (digest0 !== digest1 && lowest) {
      return { origin: 'base', evidence: `built on ${clip(digest0)} and ${clip(digest1)} (${BASE_DIGEST})` };
    }
  }
  return sameLineOfOldTime(side0, side1);
}

/*
 * Two builds do not write one time into a line unless they were given it, and then they write it into all their lines.
 * So a line that is the same to its time, where the last lines have other times, is older than both builds.
 */
function sameLineOfOldTime(side0: Side, side1: Side): Claim | null {
  const { at } = side0;
  if (at === -1 || at !== side1.at) return null;
  const same = (index: number): boolean => {
    const [line0, line1] = [side0.lines[index] as HistoryLine, side1.lines[index] as HistoryLine];
    return line0.created === line1.created && line0.createdBy === line1.createdBy && line0.comment === line1.comment;
  };
  const created = side0.line?.created ?? null;
  if (created === null || NO_TIMES.has(created)) return null;
  for (let index = 0; index <= at; index++) if (!same(index)) return null;
  const [last0, last1] = [side0.lines.at(-1)?.created ?? null, side1.lines.at(-1)?.created ?? null];
  if (last0 === null || last1 === null || last0 === last1) return null;
  if (last0 === created || last1 === created) return null;
  return {
    origin: 'base',
    evidence: `its history line has one time in both, ${clip(created)}, and the last lines have others`,
  };
}

/*
 * Buildah says in the first line that it adds what it started from: by name, or, within one build, by the short ID of
 * the image of the step before. Source: buildah, image.go ("Assemble a comment indicating which base image was used").
 */
function fromName(comment: string | null): string | null {
  const name = /(?:^| )FROM (\S+)$/.exec(comment ?? '')?.[1];
  return name === undefined || /^[0-9a-f]{12,64}$/.test(name) ? null : name;
}

function nameAt(lines: readonly HistoryLine[], index: number): string {
  return clip(fromName(lines[index]?.comment ?? null) ?? '');
}

function baseDigestOf(annotations: JsonObject | undefined): Digest | '' | null {
  const value = (name: string): string | null => {
    const node = optionalMember(annotations, name);
    return node?.type === 'string' ? node.value : null;
  };
  const digest = value(BASE_DIGEST);
  if (digest === null || digest === '') return digest;
  /*
   * Ubuntu's images name the archive that they were made from, and as its name `scratch`. Buildah that keeps the layer
   * of each step (1.28.2, `--layers`) names the image of the step before, which has no name.
   */
  const name = value(BASE_NAME);
  return isDigest(digest) && name !== 'scratch' && name !== '' ? (digest as Digest) : null;
}

function asObject(node: JsonNode | undefined): JsonObject | undefined {
  return node?.type === 'object' ? node : undefined;
}

/* Texts of the images in the evidence: enough to know them by. */
function clip(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}
