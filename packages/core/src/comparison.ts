import type { LayerCache } from './cache/layer-cache.js';
import { readCachedLayer } from './cache/read-cached-layer.js';
import { compareArtifacts } from './compare/artifacts.js';
import type { Subject } from './compare/difference.js';
import type { Finding, FindingSink } from './compare/finding.js';
import { comparedKey, compareRoots } from './compare/indexes.js';
import { type Judged, judge, toDifference } from './compare/judge.js';
import { sumBytes } from './compare/layer-bytes.js';
import { type Level, levelsOf } from './compare/levels.js';
import type { RuleSet } from './compare/rules.js';
import { compareWrapping } from './compare/wrapping.js';
import { type ComparedImages, compareImages } from './compare-images.js';
import type { LayerReader } from './compare-layers.js';
import { compareText } from './compare-text.js';
import { type ComparedDocument, comparedDocuments } from './compared-documents.js';
import { DifferingFiles } from './differing-files.js';
import { OciDiffError, wrapError } from './errors.js';
import { type Accepted, AcceptList } from './explain/accept-list.js';
import type { Cause } from './explain/cause.js';
import type { PairEvidence } from './explain/evidence.js';
import { type Explained, Explainer } from './explain/explainer.js';
import { compareContents } from './explain/in-file/compare-contents.js';
import { type FoundCause, rankCauses } from './explain/rank-causes.js';
import { type SideTraces, sideEvidence } from './explain/side-evidence.js';
import { foreignMissing, foreignNote, isAbsentForeign } from './image/foreign-layer.js';
import type { Layer, LoadedRoot } from './image/load.js';
import { ContentKeeper } from './layer/content-keeper.js';
import type { LayerDepth, LayerReading } from './layer/read-layer.js';
import type { Limits } from './limits.js';
import type { AcceptEntry, Progress } from './options.js';
import { Slots } from './pool.js';
import { ProgressMeter } from './progress.js';
import { readOnce } from './read-once.js';
import type { ReportFolder } from './report/folder.js';
import type {
  Report,
  ReportBase,
  ReportBuilders,
  ReportCause,
  ReportDifference,
  ReportFailure,
  ReportInput,
  ReportLayer,
  ReportNote,
  ReportPackage,
  ReportStep,
  ReportSummary,
  Verdict,
} from './report/report.js';
import { type ImagePair, type PlatformChoice, type Selection, selectImages } from './select-images.js';
import type { ComparedPair, ComparisonSide } from './sides.js';
import { VERSION } from './version.js';

export interface ComparisonOptions {
  readonly limits: Limits;
  readonly signal: AbortSignal;
  readonly choice: PlatformChoice;
  /** Whether the report lists ignored differences too. */
  readonly verbose: boolean;
  /** Whether contents of differing files are looked into. */
  readonly contents: boolean;
  readonly accept: readonly AcceptEntry[] | null;
  /** The causes that are known. */
  readonly catalogue: readonly Cause[];
  readonly onProgress: ((progress: Progress) => void) | undefined;
  /** Null: none is used. */
  readonly cache: LayerCache | null;
  /** Layers read at once, of both sides together. */
  readonly jobs: number;
}

/** One comparison of two opened images, from the choice of platforms to the report. */
export class Comparison {
  readonly #sides: readonly [ComparisonSide, ComparisonSide];
  readonly #rules: RuleSet;
  readonly #options: ComparisonOptions;
  readonly #progress: ProgressMeter;
  readonly #slots: Slots;
  readonly #findings: Finding[] = [];
  readonly #failures: ReportFailure[] = [];
  readonly #compared: ComparedPair[] = [];
  #documents: readonly ComparedDocument[] = [];
  readonly #emit: FindingSink = (finding) => {
    this.#findings.push(finding);
  };

  constructor(sides: readonly [ComparisonSide, ComparisonSide], rules: RuleSet, options: ComparisonOptions) {
    this.#sides = sides;
    this.#rules = rules;
    this.#options = options;
    this.#progress = new ProgressMeter(options.onProgress);
    this.#slots = new Slots(options.jobs);
  }

  /** @throws {OciDiffError} `ERR_PLATFORM`, `ERR_ABORTED`, `ERR_REPORT_DIR`; everything else is a failure in the report */
  async run(folder: ReportFolder | null): Promise<Report> {
    const [side0, side1] = this.#sides;
    const selection = await this.#select();
    const reader = readOnce(this.#readLayer);
    const keeper = folder === null && !this.#options.contents ? null : new ContentKeeper();
    const compared = this.#compared;
    for (const pair of selection.pairs) {
      const images = isArtifact(pair)
        ? await this.#compareArtifacts(pair)
        : await compareImages(pair, {
            limits: this.#options.limits,
            readLayer: reader,
            jobs: this.#options.jobs,
            isRemote: [side0.store.isRemote, side1.store.isRemote],
            emit: this.#emit,
            keeper,
            onFailure: (side, error) => this.#fail(side, error),
            onNote: (side, layer, code, message) => this.#sides[side].notes.push({ code, message, layer }),
          });
      compared.push({ pair, images });
    }
    await this.#compareRoots(selection);
    this.#documents = comparedDocuments(this.#sides, compared);
    compareWrapping(side0.store.wrapping, side1.store.wrapping, this.#emit);
    const found = judge(this.#findings, this.#rules);
    const explanation = await this.#explain(compared, found, folder, keeper);
    const accepted = this.#accept(found, explanation);
    const judged = accepted?.judged ?? found;
    return this.#report(selection, compared, judged, explanation, accepted);
  }

  /** The pairs of images that `run` has compared. */
  get compared(): readonly ComparedPair[] {
    return this.#compared;
  }

  async #writeDocuments(folder: ReportFolder, several: boolean): Promise<void> {
    for (const { side, platform, name, bytes } of this.#documents) {
      await folder.addDocument(side, several && platform !== '' ? platform : null, `${name}.json`, bytes);
    }
  }

  /** What was compared; to be asked for after `run`. */
  get documents(): readonly ComparedDocument[] {
    return this.#documents;
  }

  /* An entry that stands for nothing any more is a mistake, or was made for what is no longer so. */
  #accept(judged: readonly Judged[], { byFinding }: Explanation): Accepted | null {
    if (this.#options.accept === null) return null;
    const accepted = new AcceptList(this.#options.accept).apply(judged, byFinding);
    for (const { entry, matched } of accepted.entries) {
      if (matched > 0) continue;
      this.#fail(null, new OciDiffError('ERR_ACCEPT_LIST', `accept list: ${entry} matches no difference any more`));
    }
    return accepted;
  }

  async #explain(
    compared: readonly ComparedPair[],
    judged: readonly Judged[],
    folder: ReportFolder | null,
    keeper: ContentKeeper | null,
  ): Promise<Explanation> {
    const { limits, signal, contents, jobs } = this.#options;
    const files = new DifferingFiles(this.#sides, compared, {
      keeper,
      limits,
      signal,
      jobs,
      onFailure: (side, error) => this.#fail(side, error),
    });
    const roots = this.#sides.map(({ root }) => root);
    const evidence = new Map(compared.map((each) => [each.pair.platform, evidenceOf(each, roots)]));
    const explainer = new Explainer({
      catalogue: this.#options.catalogue,
      evidence,
      contents: contents ? files : null,
      signal,
      maxFileBytes: limits.inFileBytes,
      maxReportBytes: limits.inFileReportBytes,
      compare: (path, content0, content1) => compareContents(path, content0, content1, limits),
    });
    try {
      if (folder !== null) await this.#writeDocuments(folder, compared.length > 1);
      if (folder !== null || contents) await files.fetch(judged, folder, (each) => contents && explainer.wants(each));
      const wantsMore = await explainer.readPackages(judged);
      if (judged.some(({ finding }) => wantsMore(finding))) await files.fetch(judged, null, wantsMore);
      const byFinding = await explainer.explain(judged);
      return { byFinding, evidence, packages: explainer.packages };
    } finally {
      await files.close();
    }
  }

  async #select(): Promise<Selection> {
    try {
      return await selectImages(...this.#sides, this.#options.choice, (side, error) => this.#fail(side, error));
    } catch (error) {
      throw wrapError(error, 'ERR_IO');
    }
  }

  async #compareRoots(selection: Selection): Promise<void> {
    const [{ root: root0 }, { root: root1 }] = this.#sides;
    const compared = new Map<string, string>();
    for (const { platform, manifest0, manifest1 } of selection.pairs) {
      const [digest0 = null, digest1 = null] = [manifest0.descriptor?.digest, manifest1.descriptor?.digest];
      compared.set(comparedKey(digest0, digest1), platform);
    }
    try {
      await compareRoots(
        root0,
        root1,
        {
          compared,
          allPlatforms: this.#options.choice.all,
          limits: this.#options.limits,
          /* What no rule takes out bears on the answer. */
          onUnreadable: (side, error, excuses) => {
            if (this.#rules.excuse(excuses) === null) this.#fail(side, error);
          },
        },
        this.#emit,
      );
    } catch (error) {
      this.#fail(null, error);
    }
  }

  async #compareArtifacts({ platform, manifest0, manifest1 }: ImagePair): Promise<ComparedImages> {
    const complete = await compareArtifacts(manifest0, manifest1, platform, {
      limits: this.#options.limits,
      emit: this.#emit,
      onFailure: (side, error) => this.#fail(side, error),
      onNote: (side, note) => this.#sides[side].notes.push(note),
    });
    return { image0: null, image1: null, layers: null, complete };
  }

  /* A layer that lies elsewhere: at the depth `blob` both sides name it by one digest, and nothing has to be read. */
  #foreign(side: 0 | 1, layer: Layer, depth: LayerDepth): LayerReading {
    if (depth !== 'blob') throw foreignMissing(layer);
    this.#sides[side].notes.push({ ...foreignNote(layer), layer: layer.position });
    return { compression: null, storedBytes: layer.ref.size ?? 0, index: null };
  }

  readonly #readLayer: LayerReader = async (side, layer, depth, wishes) => {
    const { store, notes, rewritten } = this.#sides[side];
    const known = rewritten?.(layer) ?? null;
    if (known !== null) return depth === 'index' ? known : { ...known, index: null };
    if (await isAbsentForeign(layer, store)) return this.#foreign(side, layer, depth);
    /* At the depth `blob` both sides name it by one digest; to fetch it would tell of the registry, not of the image. */
    if (depth === 'blob' && store.isRemote) {
      return { compression: null, storedBytes: layer.ref.size ?? 0, index: null };
    }
    return this.#slots.run(() =>
      readCachedLayer(this.#options.cache, store, layer, depth, {
        limits: this.#options.limits,
        signal: this.#options.signal,
        onNote: (note) => notes.push({ ...note, layer: layer.position }),
        ...wishes,
        onRead: (bytes) => this.#progress.expect(bytes),
        onBytes: (bytes) => this.#progress.advance(bytes),
      }),
    );
  };

  #fail(side: 0 | 1 | null, error: unknown): void {
    const wrapped = wrapError(error, 'ERR_IO', side === null ? {} : { input: this.#sides[side].reference });
    if (wrapped.code === 'ERR_ABORTED') throw wrapped;
    const failure = { code: wrapped.code, message: wrapped.describe() };
    if (!this.#failures.some(({ message }) => message === failure.message)) this.#failures.push(failure);
  }

  #report(
    selection: Selection,
    compared: readonly ComparedPair[],
    judged: readonly Judged[],
    { byFinding, evidence, packages }: Explanation,
    accepted: Accepted | null,
  ): Report {
    const listed = judged.filter(
      ({ finding, ignoredBy }) => ignoredBy === null || finding.shadowed === true || this.#options.verbose,
    );
    return {
      schemaVersion: 1,
      tool: { name: 'ocidiff', version: VERSION },
      inputs: [this.#input(0, selection, compared), this.#input(1, selection, compared)],
      rules: this.#rules.names,
      verdict: this.#verdict(judged),
      levels: this.#levels(compared, judged),
      layers: compared.flatMap(layersOf),
      base: compared.flatMap(baseOf),
      differences: listed.map((each): ReportDifference => {
        const explained = byFinding.get(each.finding);
        const reason = accepted?.reasons.get(each.finding);
        return { ...toDifference(each), ...explained, ...(reason === undefined ? {} : { accepted: reason }) };
      }),
      notes: [...this.#notes(0), ...this.#notes(1)],
      causes: rankCauses(judged, byFinding, this.#options.catalogue).map((found) => causeOf(found, compared)),
      builders: compared.flatMap((each) => buildersOf(each, evidence)),
      ...(packages === null || packages.length === 0 ? {} : { packages: packages.map(packageOf) }),
      ...(accepted === null ? {} : { accepted: accepted.entries }),
      summary: summarize(judged, compared, byFinding),
      failures: [...this.#failures].sort((a, b) => compareText(a.message, b.message)),
    };
  }

  #input(side: 0 | 1, selection: Selection, compared: readonly ComparedPair[]): ReportInput {
    const { reference, store, root } = this.#sides[side];
    const platforms = compared.map(({ pair }) => pair.platform);
    const single = root.kind === 'manifest' ? selection.available[side] : platforms;
    return {
      reference,
      source: store.kind,
      mediaType: root.descriptor?.mediaType ?? null,
      digest: root.descriptor?.digest ?? null,
      platforms: [...single],
    };
  }

  #verdict(judged: readonly Judged[]): Verdict {
    if (this.#failures.length > 0) return 'incomplete';
    const [digest0, digest1] = this.#sides.map(({ root }) => root.descriptor?.digest ?? null);
    if (digest0 != null && digest0 === digest1) return 'identical';
    return judged.some(({ ignoredBy }) => ignoredBy === null) ? 'different' : 'equivalent';
  }

  #levels(compared: readonly ComparedPair[], judged: readonly Judged[]): Level[] {
    const [index0, index1] = this.#sides.map(({ root }) => (root.kind === 'index' ? root.descriptor.digest : null));
    return compared.flatMap(({ pair, images }) =>
      levelsOf(
        pair.platform,
        { indexDigest: index0 ?? null, manifest: pair.manifest0, image: images.image0 },
        { indexDigest: index1 ?? null, manifest: pair.manifest1, image: images.image1 },
        judged,
        images.complete,
        images.layers?.trees ?? false,
      ),
    );
  }

  #notes(side: 0 | 1): ReportNote[] {
    const notes = [...this.#sides[side].notes];
    notes.sort(
      (a, b) => (a.layer ?? -1) - (b.layer ?? -1) || compareText(a.code, b.code) || compareText(a.message, b.message),
    );
    const seen = new Set<string>();
    return notes.flatMap(({ code, message }) => {
      if (seen.has(message)) return [];
      seen.add(message);
      return [{ input: side, code, message }];
    });
  }
}

function isArtifact({ manifest0, manifest1 }: ImagePair): boolean {
  return manifest0.artifactType !== null || manifest1.artifactType !== null;
}

function layersOf({ pair, images }: ComparedPair): ReportLayer[] {
  return (images.layers?.results ?? []).map(({ layers, change, history, empty, bytes }) => ({
    platform: pair.platform,
    layers,
    change,
    history,
    ...(empty ? { empty } : {}),
    ...(bytes === null ? {} : { bytes }),
  }));
}

function baseOf({ pair, images }: ComparedPair): ReportBase[] {
  const first = images.layers?.first ?? null;
  return first === null ? [] : [{ platform: pair.platform, ...first }];
}

/** What is known of the builds of two images. @param roots of both sides */
export function evidenceOf({ pair, images }: ComparedPair, roots: readonly LoadedRoot[]): PairEvidence {
  const { image0, image1, layers } = images;
  const tracesOf = (side: 0 | 1): SideTraces => ({
    epoch: layers?.latest[side] ?? null,
    compressions: layers?.compressions[side] ?? [],
    attested: isAttested(roots[side], (side === 0 ? pair.manifest0 : pair.manifest1).descriptor?.digest),
  });
  return {
    platform: pair.platform,
    sides: [
      sideEvidence(image0, pair.manifest0.document, tracesOf(0)),
      sideEvidence(image1, pair.manifest1.document, tracesOf(1)),
    ],
  };
}

/* Artifacts are built by nobody, and of an image that cannot be read nothing is known. */
function buildersOf({ pair, images }: ComparedPair, evidence: ReadonlyMap<string, PairEvidence>): ReportBuilders[] {
  const { platform } = pair;
  const sides = evidence.get(platform)?.sides;
  if (sides === undefined || images.image0 === null || images.image1 === null) return [];
  return [{ platform, sides: [sides[0].builder, sides[1].builder] }];
}

function isAttested(root: LoadedRoot | undefined, digest: string | undefined): boolean {
  if (root?.kind !== 'index' || digest === undefined) return false;
  return root.children.some(({ descriptor }) => descriptor.annotations?.['vnd.docker.reference.digest'] === digest);
}

/** What is known of all differences. */
interface Explanation {
  readonly byFinding: ReadonlyMap<Finding, Explained>;
  readonly evidence: ReadonlyMap<string, PairEvidence>;
  /** Null where contents were not looked into. */
  readonly packages: Explainer['packages'];
}

function packageOf({ platform, manager, name, architecture, versions, files }: ChangedPackage): ReportPackage {
  return { platform, manager, name, architecture: architecture === '' ? null : architecture, versions, files };
}

type ChangedPackage = NonNullable<Explainer['packages']>[number];

function causeOf(found: FoundCause, compared: readonly ComparedPair[]): ReportCause {
  const { id, title, class: classOf, remedy, references } = found.cause;
  const { confidence, differences, counted, evidence } = found;
  const steps = found.places.flatMap(({ platform, layers }): ReportStep[] => {
    const results = compared.find(({ pair }) => pair.platform === platform)?.images.layers?.results ?? [];
    const history = results.find((result) => result.layers[0] === layers[0] && result.layers[1] === layers[1])?.history;
    const step = history?.[0] ?? history?.[1] ?? '';
    return step === '' ? [] : [{ platform, layers, history: step }];
  });
  return { id, title, class: classOf, confidence, differences, counted, evidence, remedy, references, steps };
}

function summarize(
  judged: readonly Judged[],
  compared: readonly ComparedPair[],
  byFinding: ReadonlyMap<Finding, Explained>,
): ReportSummary {
  const bytes = sumBytes(
    compared.flatMap(({ images }) => images.layers?.results.flatMap((result) => result.bytes ?? []) ?? []),
  );
  const bySubject: Partial<Record<Subject, number>> = {};
  const byRule: Record<string, number> = {};
  const causes = { explained: 0, probable: 0, unknown: 0 };
  let [counted, shadowed, unexplained] = [0, 0, 0];
  for (const { finding, ignoredBy } of judged) {
    if (finding.follows !== undefined && ignoredBy !== 'consequence') unexplained++;
    if (ignoredBy !== null) {
      if (finding.shadowed === true) shadowed++;
      byRule[ignoredBy] = (byRule[ignoredBy] ?? 0) + 1;
      continue;
    }
    counted++;
    const explained = byFinding.get(finding);
    if (explained?.cause !== undefined) causes.explained++;
    else if (explained?.probableCause !== undefined) causes.probable++;
    else causes.unknown++;
    bySubject[finding.subject] = (bySubject[finding.subject] ?? 0) + 1;
  }
  const sortedRules = Object.fromEntries(Object.entries(byRule).sort(([a], [b]) => compareText(a, b)));
  return {
    counted,
    ignored: judged.length - counted,
    shadowed,
    bySubject,
    byRule: sortedRules,
    ...(bytes === null ? {} : { bytes }),
    unexplained,
    causes,
  };
}
