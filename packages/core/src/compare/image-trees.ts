import { OciDiffError } from '../errors.js';
import { FileTree, type LayerFact, type TreeNode, typeOf } from '../layer/file-tree.js';
import type { LayerIndex } from '../layer/layer-index.js';
import { resolvedPath } from '../layer/path.js';
import { markerOf, whiteoutOf } from '../layer/whiteout.js';
import type { Limits } from '../limits.js';
import type { NoteCode } from '../notes.js';
import type { TarHeader } from '../tar/entry.js';
import { escapedPath } from './entry-fields.js';
import {
  changeOf,
  type EntryRef,
  type Excuses,
  type Finding,
  type FindingSink,
  isState,
  type LayerPair,
} from './finding.js';
import { standsAlone } from './settle.js';
import { compareNodes, compareTrees, type NodeDifference, samePaths } from './trees.js';

/** Takes what is worth knowing of one side's layer. */
export type LayerNoteSink = (side: 0 | 1, layer: number, code: NoteCode, message: string) => void;

/** Nodes looked at for all opaque whiteouts of an image; real ones have but a few. */
const OPAQUE_BUDGET = 10_000_000;
/** Paths that a note names. */
const NAMED_PATHS = 3;

/** A finding of two layers' streams, and what became of it in the trees right after them. */
interface StreamFinding {
  readonly finding: Finding;
  /** `writing`: the trees are the same there; `below`: they are not. */
  readonly effect: 'writing' | 'below';
}

/** An entry of a layer that one side has alone, and how it made the trees differ when it came. */
interface LoneEntry extends AppliedEntry {
  readonly differences: readonly Pick<Finding, 'change' | 'field' | 'values' | 'excuses' | 'entries' | 'layers'>[];
}

/** An entry of a layer that one side has alone, and what it had made of its path when the layer was applied. */
interface AppliedEntry {
  readonly side: 0 | 1;
  readonly layer: number;
  readonly entry: TarHeader;
  readonly path: string;
  readonly node: TreeNode;
}

/**
 * The trees of two images, built layer by layer beside each other, and what they make of the findings of streams: what
 * differs in the tree after the last layer, what only in one below, and what is just another way to write the same.
 */
export class ImageTrees {
  readonly #trees: readonly [FileTree, FileTree];
  readonly #platform: string;
  readonly #limits: Limits;
  readonly #openBelow: boolean;
  /** Whether something that differs may stand elsewhere than its path says: below a link of a layer that was not read. */
  #loose = false;
  readonly #streams: StreamFinding[] = [];
  readonly #lone: LoneEntry[] = [];
  /** Of layers alone since the last pair; they are compared once all of a gap are applied, so that no side is first. */
  #applied: AppliedEntry[] = [];
  readonly #facts: readonly [LayerFacts, LayerFacts] = [new LayerFacts(), new LayerFacts()];
  readonly #budget = { left: OPAQUE_BUDGET };
  /** Layers that one side has alone. */
  readonly #loneLayers: readonly [Set<number>, Set<number>] = [new Set(), new Set()];

  /** @param openBelow whether layers below, the same on both sides, were not read */
  constructor(platform: string, limits: Limits, openBelow: boolean) {
    this.#trees = [new FileTree(limits, { openBelow }), new FileTree(limits, { openBelow })];
    this.#platform = platform;
    this.#limits = limits;
    this.#openBelow = openBelow;
  }

  /**
   * Applies a pair of layers, or one that a side has alone.
   * @param findings what comparing the two as streams told
   * @returns what is wrong with the layer of one side, after which the trees are of no use; null if nothing is
   */
  step(
    layers: LayerPair,
    indexes: readonly [LayerIndex | null, LayerIndex | null],
    findings: readonly Finding[],
  ): { readonly side: 0 | 1; readonly error: OciDiffError } | null {
    if (!layers.includes(null)) this.#compareApplied();
    for (const side of [0, 1] as const) {
      const [index, layer] = [indexes[side], layers[side]];
      if (index === null || layer === null) continue;
      try {
        this.#trees[side].apply(index, layer, (fact) => this.#facts[side].add(layer, fact));
      } catch (error) {
        if (error instanceof OciDiffError) return { side, error };
        throw error;
      }
    }
    const [index0, index1] = indexes;
    if (index0 !== null && index1 !== null) {
      if (this.#openBelow) this.#loose ||= !standsAlone({ findings, index0, index1 });
      for (const finding of findings) this.#streams.push({ finding, effect: this.#effectOf(finding) });
    } else if (index0 !== null && layers[0] !== null) {
      this.#keepApplied(0, index0, layers[0]);
    } else if (index1 !== null && layers[1] !== null) {
      this.#keepApplied(1, index1, layers[1]);
    }
    return null;
  }

  /**
   * Tells what differs, when all layers are applied. `alignedWith` gives the layer of the other side, if any.
   * @returns false, and nothing told, where layers that were not read decide whether something is there at the end
   */
  finish(alignedWith: (side: 0 | 1, layer: number) => number | null, emit: FindingSink, note: LayerNoteSink): boolean {
    this.#compareApplied();
    const final = new FinalFindings((path, entries) => this.#areAt(path, entries));
    compareTrees(...this.#trees, this.#platform, (finding) => final.add(finding));
    const notFinal = this.#streams.filter(({ finding }) => !final.takes(finding));
    if (!this.#isSure() && notFinal.some(({ finding }) => isState(finding))) return false;
    for (const { finding, effect } of notFinal) {
      if (effect === 'writing') emit(excused(finding, 'layer-encoding'));
      else emit({ ...excused(finding, 'layering'), tree: 'below', ...this.#shadowed(finding) });
    }
    for (const finding of final.all()) emit(this.#isLone(finding) ? { ...finding, lone: true } : finding);
    for (const lone of this.#lone) this.#emitLone(lone, emit);
    this.#emitDependent(alignedWith, emit);
    for (const side of [0, 1] as const) this.#facts[side].tell((layer, code, text) => note(side, layer, code, text));
    return true;
  }

  /* Whether what is not in the last trees is not there, whatever the layers hold that were not read. */
  #isSure(): boolean {
    return !this.#openBelow || (!this.#loose && !this.#trees.some(({ leansBelow }) => leansBelow));
  }

  /** What a difference between two entries means for the trees right after their layers. */
  #effectOf(finding: Finding): StreamFinding['effect'] {
    const { path, field, entries, duplicate } = finding;
    if (path === undefined || entries === undefined || duplicate !== undefined || !isState(finding)) return 'writing';
    const resolved = resolvedPath(path, this.#limits);
    if (resolved === null) return 'writing';
    const marker = markerOf(resolved);
    if (marker !== null) {
      const isWhiteout = marker.type === 'whiteout' || marker.type === 'opaque-whiteout';
      if (!isWhiteout || field !== 'type') return 'writing';
      return samePaths(...this.#trees, marker.target, this.#budget) ? 'writing' : 'below';
    }
    const [node0, node1] = [this.#trees[0].at(resolved), this.#trees[1].at(resolved)];
    if (node0 === null || node1 === null) return node0 === node1 ? 'writing' : 'below';
    let differs = false;
    compareNodes(node0, node1, (difference) => {
      /* One side's entry for what both have: how it differs is told by itself. */
      differs ||= difference.field === field && (finding.change === 'modified' || field === 'type');
    });
    return differs ? 'below' : 'writing';
  }

  /* Whether the last trees have these entries at their path. */
  #areAt(path: string, [ref0, ref1]: readonly [EntryRef | null, EntryRef | null]): boolean {
    const resolved = resolvedPath(path, this.#limits);
    if (resolved === null || ref0 === null || ref1 === null) return false;
    const [node0, node1] = [this.#trees[0].at(resolved), this.#trees[1].at(resolved)];
    return node0?.entry === ref0.header && node1?.entry === ref1.header;
  }

  #isLone({ layers = [null, null] }: Finding): boolean {
    return ([0, 1] as const).some((side) => {
      const layer = layers[side];
      return layer !== null && this.#loneLayers[side].has(layer);
    });
  }

  #keepApplied(side: 0 | 1, index: LayerIndex, layer: number): void {
    this.#loneLayers[side].add(layer);
    for (const entry of index.entries) {
      if (entry.type === 'global-header') continue;
      const path = resolvedPath(entry.path, this.#limits);
      if (path === null || markerOf(path) !== null) continue;
      const node = this.#trees[side].at(path);
      /* Nodes change while layers are applied; what this one was is kept. */
      if (node?.entry === entry)
        this.#applied.push({ side, layer, entry, path, node: { ...node, inode: { ...node.inode } } });
    }
  }

  #compareApplied(): void {
    for (const applied of this.#applied) {
      const { side, layer, path, node } = applied;
      const differences: LoneEntry['differences'][number][] = [];
      const partner = this.#trees[side === 0 ? 1 : 0].at(path);
      if (partner === null) differences.push(aloneDifference(side, node, layer));
      else {
        const pair = side === 0 ? ([node, partner] as const) : ([partner, node] as const);
        compareNodes(...pair, (difference) => differences.push(modified(difference)));
      }
      if (differences.length > 0) this.#lone.push({ ...applied, differences });
    }
    this.#applied = [];
  }

  /* What is left of it in the last tree is told there. */
  #emitLone({ side, entry, path, differences }: LoneEntry, emit: FindingSink): void {
    if (survives(this.#trees[side].at(path), entry)) return;
    for (const difference of differences) {
      emit({
        subject: 'file',
        platform: this.#platform,
        path,
        ...difference,
        excuses: [...difference.excuses, ['layering']],
        tree: 'below',
        lone: true,
        shadowed: true,
      });
    }
  }

  #shadowed({ path, entries }: Finding): { shadowed?: true } {
    const resolved = path === undefined ? null : resolvedPath(path, this.#limits);
    if (resolved === null || entries === undefined) return {};
    const isCovered = (side: 0 | 1): boolean => {
      const ref = entries[side];
      if (ref === null || whiteoutOf(resolved) !== null) return false;
      return !survives(this.#trees[side].at(resolved), ref.header);
    };
    return isCovered(0) || isCovered(1) ? { shadowed: true } : {};
  }

  /* Engines make something else of a layer than the rules do: only if they would of both sides' is that no difference. */
  #emitDependent(alignedWith: (side: 0 | 1, layer: number) => number | null, emit: FindingSink): void {
    const told = new Map<string, { layers: LayerPair; values: [string[], string[]] }>();
    for (const side of [0, 1] as const) {
      const other = this.#facts[1 - side] as LayerFacts;
      for (const [key, { layer, fact }] of this.#facts[side].dependent) {
        if (other.dependent.has(key)) continue;
        const partner = alignedWith(side, layer);
        const layers: LayerPair = side === 0 ? [layer, partner] : [partner, layer];
        const known = told.get(layers.join(':')) ?? { layers, values: [[], []] };
        told.set(layers.join(':'), known);
        known.values[side].push(`${fact.what}: ${escapedPath(fact.path)}`);
      }
    }
    for (const { layers, values } of told.values()) {
      const [texts0, texts1] = values.map((texts) => (texts.length === 0 ? null : texts.sort()));
      emit({
        subject: 'layer',
        change: changeOf(texts0 !== null, texts1 !== null),
        platform: this.#platform,
        layers,
        field: 'engine-dependent',
        values: [texts0 ?? null, texts1 ?? null],
        excuses: [],
      });
    }
  }
}

type AreAt = (path: string, entries: readonly [EntryRef | null, EntryRef | null]) => boolean;

/** The findings of the last trees by the entries they come from, to know those of the streams again. */
class FinalFindings {
  readonly #all: Finding[] = [];
  /** Places in `#all`; most entries have but one. */
  readonly #byEntry = new Map<TarHeader, number | number[]>();
  readonly #byRemoval = new Map<TarHeader, number>();
  /** Made when the first finding asks for it: where no link differs, none does. */
  #byField: Map<string, number> | null = null;
  readonly #areAt: AreAt;
  /** By place: pairs of layers whose streams say it, too. An entry is in one layer, so they are few. */
  readonly #streams: (LayerPair[] | undefined)[] = [];

  /** @param areAt whether two entries are what the last trees have at a path */
  constructor(areAt: AreAt) {
    this.#areAt = areAt;
  }

  add(finding: Finding): void {
    const place = this.#all.push(finding) - 1;
    const { entries, removedBy } = finding;
    this.#byField = null;
    if (removedBy !== undefined && !this.#byRemoval.has(removedBy)) this.#byRemoval.set(removedBy, place);
    const header = entries?.[0]?.header ?? entries?.[1]?.header;
    if (header === undefined) return;
    const known = this.#byEntry.get(header);
    if (known === undefined) this.#byEntry.set(header, place);
    else if (typeof known === 'number') this.#byEntry.set(header, [known, place]);
    else known.push(place);
  }

  /** Whether what `finding` says of two entries, or of one, is told of the last trees; it need not be told again then. */
  takes(finding: Finding): boolean {
    const place = this.#placeOf(finding);
    if (place === undefined || finding.layers === undefined) return false;
    const [layer0, layer1] = finding.layers;
    const pairs = this.#streams[place];
    if (pairs === undefined) this.#streams[place] = [finding.layers];
    else if (!pairs.some((pair) => pair[0] === layer0 && pair[1] === layer1)) pairs.push(finding.layers);
    return true;
  }

  *all(): Iterable<Finding> {
    for (const [place, finding] of this.#all.entries()) {
      const streams = this.#streams[place];
      yield streams === undefined ? finding : { ...finding, streams };
    }
  }

  #placeOf({ entries, field, path }: Finding): number | undefined {
    const [header0, header1] = [entries?.[0]?.header, entries?.[1]?.header];
    const header = header0 ?? header1;
    if (header === undefined) return undefined;
    const places = this.#byEntry.get(header) ?? [];
    const found = (typeof places === 'number' ? [places] : places).find((place) => {
      const final = this.#all[place] as Finding;
      if (final.entries?.[0]?.header !== header0 || final.entries?.[1]?.header !== header1) return false;
      return final.field === field || (final.field === 'type' && FOLLOW_FROM_TYPE.has(field));
    });
    /* A whiteout, or what replaced a folder, is told by what it took away. */
    const alone = header0 === undefined || header1 === undefined;
    if (found !== undefined || alone) return found ?? this.#byRemoval.get(header);
    /* Of a file that links share, the attributes are from another entry than that of its path. */
    if (!this.#areAt(path ?? '', [entries?.[0] ?? null, entries?.[1] ?? null])) return undefined;
    this.#byField ??= new Map(this.#all.map((final, at) => [`${final.path}\0${final.field}`, at]));
    return this.#byField.get(`${path}\0${field}`);
  }
}

const FOLLOW_FROM_TYPE: ReadonlySet<string> = new Set(['linkTarget', 'device', 'content']);

/** What one side's layers are, by what engines make of them. */
class LayerFacts {
  /** Each once, however often a layer says it. */
  readonly dependent = new Map<string, { readonly layer: number; readonly fact: LayerFact }>();
  readonly #byLayer = new Map<string, { layer: number; fact: LayerFact; paths: Set<string>; count: number }>();

  add(layer: number, fact: LayerFact): void {
    const key = `${fact.what}\0${fact.path}`;
    /* What AUFS left all engines leave out; a whiteout of nothing makes some delete a folder, and others refuse. */
    if (fact.code !== 'aufs-metadata' && !this.dependent.has(key)) this.dependent.set(key, { layer, fact });
    const kind = `${layer} ${fact.what}`;
    const known = this.#byLayer.get(kind) ?? { layer, fact, paths: new Set(), count: 0 };
    this.#byLayer.set(kind, known);
    known.count++;
    if (known.paths.size < NAMED_PATHS) known.paths.add(fact.path);
  }

  tell(note: (layer: number, code: NoteCode, message: string) => void): void {
    for (const { layer, fact, paths, count } of this.#byLayer.values()) {
      const more = count > paths.size ? `, and ${count - paths.size} more` : '';
      const named = [...paths].map(escapedPath).join(', ');
      note(layer, fact.code, `layer ${layer}: ${fact.what}: ${named}${more}`);
    }
  }
}

function excused(finding: Finding, rule: Excuses[number][number]): Finding {
  return isState(finding) || finding.duplicate !== undefined
    ? { ...finding, excuses: [...finding.excuses, [rule]] }
    : finding;
}

function aloneDifference(side: 0 | 1, node: TreeNode, layer: number): LoneEntry['differences'][number] {
  const type = typeOf(node);
  const ref: EntryRef | null = node.entry === null ? null : { header: node.entry, contentDigest: node.inode.digest };
  return {
    change: side === 0 ? 'removed' : 'added',
    field: 'type',
    values: side === 0 ? [type, null] : [null, type],
    excuses: [],
    entries: side === 0 ? [ref, null] : [null, ref],
    layers: side === 0 ? [layer, null] : [null, layer],
  };
}

function modified(difference: NodeDifference): LoneEntry['differences'][number] {
  return { change: 'modified', ...difference };
}

/* Whether the last tree has something from this entry at its path; that a folder is named again does not cover it. */
function survives(node: TreeNode | null, entry: TarHeader): boolean {
  if (node === null) return false;
  if (entry.type === 'directory' && node.children !== null) return true;
  return node.entry === entry || node.inode.created === entry || node.inode.header === entry;
}
