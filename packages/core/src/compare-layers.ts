import type { Compression } from './bytes/compression.js';
import { alignLayers, type LayerAlignment } from './compare/align.js';
import { type FirstDifference, firstDifference } from './compare/base.js';
import { type Finding, type FindingSink, isState, type LayerPair } from './compare/finding.js';
import { ImageTrees } from './compare/image-trees.js';
import { bytesAlone, type LayerBytes } from './compare/layer-bytes.js';
import { type LayerChange, layerChange } from './compare/layer-change.js';
import { compareLayers } from './compare/layers.js';
import { canSettle, isParallel } from './compare/settle.js';
import { OciDiffError } from './errors.js';
import { layerHistory } from './image/layer-history.js';
import type { Image, Layer, LoadedDocument } from './image/load.js';
import type { ContentKeeper } from './layer/content-keeper.js';
import type { IndexMemory } from './layer/index-builder.js';
import type { LayerIndex } from './layer/layer-index.js';
import { keyOf, normalizePath } from './layer/path.js';
import type { LayerDepth, LayerReading, ReadLayerOptions } from './layer/read-layer.js';
import type { Limits } from './limits.js';
import type { NoteCode } from './notes.js';
import { forEachBounded } from './pool.js';

/** What is wanted of a layer beside its depth; see `ReadLayerOptions`. */
export type LayerWishes = Pick<ReadLayerOptions, 'tap' | 'memory' | 'examine'>;

/** Reads one layer of one side; see `readLayer`. */
export type LayerReader = (side: 0 | 1, layer: Layer, depth: LayerDepth, wishes?: LayerWishes) => Promise<LayerReading>;

/** What comparing two images needs and leaves behind. */
export interface ImageComparison {
  readonly limits: Limits;
  readonly readLayer: LayerReader;
  /** Layers read at once, of both sides together; `readLayer` holds to it, and this says how many it is worth asking for. */
  readonly jobs: number;
  /** By side: reading a layer means to fetch it. */
  readonly isRemote: readonly [boolean, boolean];
  readonly emit: FindingSink;
  /** Keeps what the report folder will want; null without one. */
  readonly keeper: ContentKeeper | null;
  /** Takes what failed on one side; the comparison goes on with what is left. */
  readonly onFailure: (side: 0 | 1, error: unknown) => void;
  readonly onNote: (side: 0 | 1, layer: number, code: NoteCode, message: string) => void;
}

/** An image, and the manifest that it was read by; null where the medium has lost it. */
export interface ImageWithManifest extends Image {
  readonly manifest: LoadedDocument | null;
}

/** One pair of aligned layers, one layer that a side has alone, or one that stands in another place. */
export interface LayerResult {
  readonly layers: LayerPair;
  readonly change: LayerChange;
  /** The step that made it, as each side's config tells it; null where it does not. */
  readonly history: readonly [string | null, string | null];
  /** It has no entries at all. */
  readonly empty: boolean;
  /** Where the streams differ, and were read. */
  readonly bytes: LayerBytes | null;
}

/** How the layers of two images are aligned, and what became of each. */
export interface ComparedLayers {
  readonly pairs: readonly LayerPair[];
  readonly results: readonly LayerResult[];
  /** The first layer that differs; null where none does. */
  readonly first: FirstDifference | null;
  /** Whether the trees after the last layer were compared, or are known to be the same. */
  readonly trees: boolean;
  /** Whether everything that bears on the answer was read. */
  readonly complete: boolean;
  /** By side: the latest modification time of all entries that were indexed, in seconds, if several have it. */
  readonly latest: readonly [number | null, number | null];
  /** By side: how the layers that were read are compressed, in the order of reading. */
  readonly compressions: readonly [readonly Compression[], readonly Compression[]];
}

/** The diffID of a tar archive that holds nothing: 1,024 zero bytes. */
const EMPTY_DIFF_ID = 'sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef';

/**
 * Compares the layers of two images: aligned layers as streams, and the trees that they make.
 *
 * A layer is read as deep as it must be. One whose diffID has no equal in its place is indexed. Of those that both
 * sides have, one that both name by one digest is only verified, others are decompressed and verified, unless trees
 * cannot be judged without them: those above a layer that differs, since they may cover it; and those below, if
 * something above is on one side only, or if what differs is covered above and a link of theirs may lead to it. One
 * side's is indexed then: the other's has the same content.
 */
export function compareLayerStacks(
  image0: ImageWithManifest,
  image1: ImageWithManifest,
  platform: string,
  comparison: ImageComparison,
): Promise<ComparedLayers> {
  return new LayerStacks(image0, image1, platform, comparison).run();
}

class LayerStacks {
  readonly #images: readonly [ImageWithManifest, ImageWithManifest];
  /** By side and layer: the step that made it. */
  readonly #history: readonly [readonly (string | null)[], readonly (string | null)[]];
  readonly #platform: string;
  readonly #comparison: ImageComparison;
  readonly #readings: readonly [Map<number, LayerReading>, Map<number, LayerReading>] = [new Map(), new Map()];
  /** By side: of the indexes in `#readings`, which are held to the end. */
  readonly #memory: readonly [IndexMemory, IndexMemory] = [{ bytes: 0 }, { bytes: 0 }];
  #complete = true;

  constructor(image0: ImageWithManifest, image1: ImageWithManifest, platform: string, comparison: ImageComparison) {
    this.#images = [image0, image1];
    this.#history = [historyOf(image0), historyOf(image1)];
    this.#platform = platform;
    this.#comparison = comparison;
  }

  async run(): Promise<ComparedLayers> {
    const first = this.#align();
    const differing = first.pairs.filter((pair) => !this.#isSame(pair));
    await this.#forEach(differing, (pair) => this.#read(pair, 'index', 'index'));
    const { pairs, moved } = this.#isClear(first.pairs) ? first : this.#align();
    const streams = new Map<LayerPair, StreamComparison>();
    for (const pair of pairs) if (!this.#isSame(pair)) streams.set(pair, this.#compareStreams(pair));
    const trees = this.#treesFor(pairs, streams);
    const same = [...pairs.entries()].filter(([, pair]) => this.#isSame(pair));
    await this.#forEach(same, ([place, pair]) => this.#readSame(pair, trees !== null && place >= trees.from));
    for (const [, pair] of same) this.#compareSame(pair);
    this.#tellLists(pairs, moved);
    const results = pairs.map((pair) => this.#resultOf(pair, streams.get(pair)));
    for (const { findings } of streams.values()) {
      for (const finding of findings) if (finding.subject !== 'file') this.#comparison.emit(finding);
    }
    const judged = this.#complete && (await this.#judge(pairs, streams, trees));
    if (!judged) {
      for (const { findings } of streams.values()) {
        for (const finding of findings) if (finding.subject === 'file') this.#comparison.emit(finding);
      }
    }
    return {
      pairs,
      results: this.#withMoved(results, moved),
      first: firstDifference(...this.#images, pairs, (pair) => !this.#isSame(pair)),
      trees: judged,
      complete: this.#complete,
      latest: [this.#latest(0, pairs), this.#latest(1, pairs)],
      compressions: [this.#compressions(0, pairs), this.#compressions(1, pairs)],
    };
  }

  /* Of a blob that both sides have it may have been told on the other alone. */
  #compressions(side: 0 | 1, pairs: readonly LayerPair[]): Compression[] {
    return pairs.flatMap((pair) => {
      if (pair[side] === null) return [];
      const own = this.#readingAt(side, pair)?.compression ?? null;
      const other = this.#isSameBlob(pair) ? this.#readingAt(side === 0 ? 1 : 0, pair)?.compression : null;
      return own ?? other ?? [];
    });
  }

  /* A layer that both sides have is indexed on one of them, for both; see `#indexedSide`. */
  #latest(side: 0 | 1, pairs: readonly LayerPair[]): number | null {
    let [latest, entries] = [Number.NEGATIVE_INFINITY, 0];
    for (const pair of pairs) {
      const index = this.#indexAt(side, pair) ?? (this.#isSame(pair) ? this.#indexAt(side === 0 ? 1 : 0, pair) : null);
      for (const { mtime } of index?.entries ?? []) {
        if (mtime.seconds === latest) entries++;
        else if (mtime.seconds > latest) [latest, entries] = [mtime.seconds, 1];
      }
    }
    return entries > 1 ? latest : null;
  }

  #isSameBlob(pair: LayerPair): boolean {
    const digest = this.#layerAt(0, pair)?.ref.digest ?? null;
    return digest !== null && digest === this.#layerAt(1, pair)?.ref.digest;
  }

  /* Each layer that differs stands between two that do not: what is in them makes no other pairs. */
  #isClear(pairs: readonly LayerPair[]): boolean {
    return pairs.every((pair, place) => {
      if (this.#isSame(pair)) return true;
      const next = pairs[place + 1];
      return !pair.includes(null) && (next === undefined || this.#isSame(next));
    });
  }

  #align(): LayerAlignment {
    const [facts0, facts1] = this.#images.map(({ layers }, side) =>
      layers.map(({ position, diffId }) => {
        const index = this.#readings[side as 0 | 1].get(position)?.index ?? null;
        const createdBy = this.#history[side as 0 | 1][position] ?? null;
        return { diffId, createdBy, paths: index === null ? null : pathsOf(index) };
      }),
    );
    return alignLayers(facts0 ?? [], facts1 ?? []);
  }

  #layerAt(side: 0 | 1, pair: LayerPair): Layer | null {
    const position = pair[side];
    return position === null ? null : (this.#images[side].layers[position] as Layer);
  }

  #isSame(pair: LayerPair): boolean {
    const [layer0, layer1] = [this.#layerAt(0, pair), this.#layerAt(1, pair)];
    return layer0 !== null && layer1 !== null && layer0.diffId === layer1.diffId;
  }

  #indexAt(side: 0 | 1, pair: LayerPair): LayerIndex | null {
    const position = pair[side];
    return position === null ? null : (this.#readings[side].get(position)?.index ?? null);
  }

  /* Which side's index stands for a layer that both have: one that is here, if there is one. */
  #indexedSide(): 0 | 1 {
    const [remote0, remote1] = this.#comparison.isRemote;
    return remote0 && !remote1 ? 1 : 0;
  }

  /* Where the sides disagree on the diffID of one blob, one of them lies, and only decompressing tells which. */
  async #readSame(pair: LayerPair, wantsIndex: boolean): Promise<void> {
    const [layer0, layer1] = [this.#layerAt(0, pair) as Layer, this.#layerAt(1, pair) as Layer];
    const sameBlob = layer0.ref.digest !== null && layer0.ref.digest === layer1.ref.digest;
    const depth = sameBlob ? 'blob' : 'diff-id';
    const indexed = this.#indexedSide();
    const depthOf = (side: 0 | 1): LayerDepth => (wantsIndex && side === indexed ? 'index' : depth);
    await this.#read(pair, depthOf(0), depthOf(1), depth === 'diff-id');
  }

  #compareSame(pair: LayerPair): void {
    const [layer0, layer1] = [this.#layerAt(0, pair) as Layer, this.#layerAt(1, pair) as Layer];
    const [reading0, reading1] = [this.#readingAt(0, pair), this.#readingAt(1, pair)];
    if (reading0 === undefined || reading1 === undefined) return;
    const [side0, side1] = [
      { layer: layer0, reading: reading0 },
      { layer: layer1, reading: reading1 },
    ];
    compareLayers(side0, side1, this.#platform, pair, this.#comparison.emit);
  }

  #readingAt(side: 0 | 1, pair: LayerPair): LayerReading | undefined {
    const position = pair[side];
    return position === null ? undefined : this.#readings[side].get(position);
  }

  /* As many pairs as there can be readings of both their sides; what is under way has ended when this settles. */
  #forEach<T>(items: readonly T[], task: (item: T) => Promise<void>): Promise<void> {
    return forEachBounded(items, Math.ceil(this.#comparison.jobs / 2), task);
  }

  /* Both sides at once; neither is under way any more when this settles. */
  async #read(pair: LayerPair, depth0: LayerDepth, depth1: LayerDepth, examine = false): Promise<void> {
    const [layer0, layer1] = [this.#layerAt(0, pair), this.#layerAt(1, pair)];
    const differs = layer0 !== null && layer1 !== null && layer0.diffId !== layer1.diffId;
    const taps = differs ? this.#comparison.keeper?.pair(layer0, layer1) : undefined;
    const read = async (side: 0 | 1, layer: Layer | null, depth: LayerDepth): Promise<void> => {
      if (layer === null) return;
      try {
        const wishes = { tap: taps?.[side], memory: this.#memory[side], examine };
        const reading = await this.#comparison.readLayer(side, layer, depth, wishes);
        this.#readings[side].set(layer.position, reading);
      } catch (error) {
        if (error instanceof OciDiffError && error.code === 'ERR_ABORTED') throw error;
        this.#fail(side, error);
      }
    };
    const results = await Promise.allSettled([read(0, layer0, depth0), read(1, layer1, depth1)]);
    if (taps !== undefined) this.#comparison.keeper?.release(taps);
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  }

  #fail(side: 0 | 1, error: unknown): void {
    this.#complete = false;
    this.#comparison.onFailure(side, error);
  }

  #compareStreams(pair: LayerPair): StreamComparison {
    const findings: Finding[] = [];
    const [layer0, layer1] = [this.#layerAt(0, pair), this.#layerAt(1, pair)];
    const [reading0, reading1] = [this.#readingAt(0, pair), this.#readingAt(1, pair)];
    if (layer0 === null || layer1 === null || reading0 === undefined || reading1 === undefined) {
      const [index0, index1] = [reading0?.index ?? null, reading1?.index ?? null];
      const alone = layer0 === null || layer1 === null;
      return { findings, bytes: alone ? bytesAlone(index0, index1) : null };
    }
    const [side0, side1] = [
      { layer: layer0, reading: reading0 },
      { layer: layer1, reading: reading1 },
    ];
    const bytes = compareLayers(side0, side1, this.#platform, pair, (finding) => findings.push(finding));
    return { findings, bytes };
  }

  /** From which pair on trees are needed; null where the answer is known without. */
  #treesFor(pairs: readonly LayerPair[], streams: Streams): NeededTrees | null {
    const first = pairs.findIndex((pair) => !this.#isSame(pair));
    if (first < 0 || !this.#complete) return null;
    const compared = pairs.slice(first).flatMap((pair) => (streams.has(pair) ? [this.#streamsOf(pair, streams)] : []));
    if (pairs.length === first + 1 && compared.every((each) => canSettle(each, first === 0))) return null;
    const open = compared.every(isParallel);
    return { from: open ? first : 0, open: open && first > 0 };
  }

  #streamsOf(pair: LayerPair, streams: Streams): Parameters<typeof canSettle>[0] {
    const { findings } = streams.get(pair) as StreamComparison;
    return { findings, index0: this.#indexAt(0, pair), index1: this.#indexAt(1, pair) };
  }

  /** Says of all findings of files what the trees make of them. @returns whether it could */
  async #judge(pairs: readonly LayerPair[], streams: Streams, needed: NeededTrees | null): Promise<boolean> {
    const { emit, limits, onNote } = this.#comparison;
    if (needed === null) {
      for (const { findings } of streams.values()) {
        for (const finding of findings) if (finding.subject === 'file') emit(settled(finding));
      }
      return true;
    }
    const trees = new ImageTrees(this.#platform, limits, needed.open);
    for (const pair of pairs.slice(needed.from)) {
      const [index0, index1] = this.#isSame(pair)
        ? ([this.#indexAt(this.#indexedSide(), pair), this.#indexAt(this.#indexedSide(), pair)] as const)
        : ([this.#indexAt(0, pair), this.#indexAt(1, pair)] as const);
      const findings = (streams.get(pair)?.findings ?? []).filter(({ subject }) => subject === 'file');
      const failure = trees.step(pair, [index0, index1], findings);
      if (failure === null) continue;
      this.#fail(failure.side, failure.error.at({ blob: this.#layerAt(failure.side, pair)?.ref.name ?? '' }));
      return false;
    }
    const partners = [new Map(pairs), new Map(pairs.map(([layer0, layer1]) => [layer1, layer0]))] as const;
    if (trees.finish((side, layer) => partners[side].get(layer) ?? null, emit, onNote)) return true;
    await this.#forEach(pairs.slice(0, needed.from), (pair) => this.#read(pair, 'index', 'blob'));
    return this.#complete && this.#judge(pairs, streams, { from: 0, open: false });
  }

  /* Tells the layers that one side has alone or in another place, and that the numbers differ. */
  #tellLists(pairs: readonly LayerPair[], moved: readonly (readonly [number, number])[]): void {
    const { emit } = this.#comparison;
    const place = { subject: 'layer', platform: this.#platform, excuses: [['layering']] } as const;
    const [moved0, moved1] = [new Set(moved.map(([layer]) => layer)), new Set(moved.map(([, layer]) => layer))];
    for (const layers of moved) emit({ ...place, change: 'modified', layers, field: 'position', values: layers });
    for (const layers of pairs) {
      const [layer0, layer1] = layers;
      if (layer0 !== null && layer1 !== null) continue;
      if ((layer0 !== null && moved0.has(layer0)) || (layer1 !== null && moved1.has(layer1))) continue;
      const change = layer0 !== null ? 'removed' : 'added';
      const values = [this.#layerAt(0, layers)?.diffId ?? null, this.#layerAt(1, layers)?.diffId ?? null] as const;
      emit({ ...place, change, layers, field: 'diffId', values });
    }
    for (const layers of pairs) this.#tellEmpty(layers);
    const [count0, count1] = this.#images.map(({ layers }) => layers.length) as [number, number];
    if (count0 !== count1) emit({ ...place, change: 'modified', field: 'count', values: [count0, count1] });
  }

  /* That both sides have an empty layer is nothing to be told. */
  #tellEmpty(layers: LayerPair): void {
    const [empty0, empty1] = ([0, 1] as const).map((side) => layers[side] !== null && this.#isEmpty(side, layers));
    if (empty0 === empty1) return;
    const side = empty0 === true ? 0 : 1;
    const position = layers[side] as number;
    this.#comparison.onNote(side, position, 'empty-layer', `layer ${position} has no entries`);
  }

  #historyAt([layer0, layer1]: LayerPair): readonly [string | null, string | null] {
    const [history0, history1] = this.#history;
    return [layer0 === null ? null : (history0[layer0] ?? null), layer1 === null ? null : (history1[layer1] ?? null)];
  }

  #isEmpty(side: 0 | 1, pair: LayerPair): boolean {
    const index = this.#indexAt(this.#isSame(pair) ? this.#indexedSide() : side, pair);
    return this.#layerAt(side, pair)?.diffId === EMPTY_DIFF_ID || index?.entries.length === 0;
  }

  #resultOf(pair: LayerPair, streams: StreamComparison | undefined): LayerResult {
    const [layer0, layer1] = pair;
    const sides = ([0, 1] as const).filter((side) => pair[side] !== null);
    const empty = sides.every((side) => this.#isEmpty(side, pair));
    const history = this.#historyAt(pair);
    const bytes = streams?.bytes ?? null;
    if (layer1 === null) return { layers: pair, change: 'removed', history, empty, bytes };
    if (layer0 === null) return { layers: pair, change: 'added', history, empty, bytes };
    if (streams !== undefined) {
      return { layers: pair, change: layerChange(streams.findings), history, empty, bytes };
    }
    const [digest0, digest1] = [this.#layerAt(0, pair)?.descriptor?.digest, this.#layerAt(1, pair)?.descriptor?.digest];
    const sameBlob = digest0 === undefined || digest1 === undefined || digest0 === digest1;
    return { layers: pair, change: sameBlob ? 'same' : 'compression', history, empty, bytes: null };
  }

  /* A layer in another place is one row, where side 0 has it. */
  #withMoved(results: readonly LayerResult[], moved: readonly (readonly [number, number])[]): LayerResult[] {
    const [by0, by1] = [new Map(moved), new Map(moved.map(([layer0, layer1]) => [layer1, layer0]))];
    return results.flatMap((result) => {
      const [layer0, layer1] = result.layers;
      if (layer1 === null && layer0 !== null && by0.has(layer0)) {
        const layers = [layer0, by0.get(layer0) as number] as const;
        return [{ ...result, layers, change: 'moved', history: this.#historyAt(layers), bytes: null }];
      }
      return layer0 === null && layer1 !== null && by1.has(layer1) ? [] : [result];
    });
  }
}

interface StreamComparison {
  readonly findings: readonly Finding[];
  readonly bytes: LayerBytes | null;
}

/** From which pair of layers on, and whether those below are left out. */
interface NeededTrees {
  readonly from: number;
  readonly open: boolean;
}

type Streams = ReadonlyMap<LayerPair, StreamComparison>;

function historyOf({ config, layers }: Image): (string | null)[] {
  return layerHistory(config.json, layers.length).map((line) => line?.createdBy ?? null);
}

/* Of the only layer that differs, with nothing above: what it holds is what the last tree holds. */
function settled(finding: Finding): Finding {
  return isState(finding) ? { ...finding, tree: 'final' } : finding;
}

function pathsOf(index: LayerIndex): ReadonlySet<string> {
  const paths = new Set<string>();
  for (const { path } of index.entries) paths.add(keyOf(normalizePath(path)));
  return paths;
}
