import type { EntryRef, Finding } from '../compare/finding.js';
import type { Judged } from '../compare/judge.js';
import { throwIfAborted } from '../errors.js';
import type { Cause } from './cause.js';
import type { Contents } from './contents.js';
import type { FileSide, PairEvidence } from './evidence.js';
import { explainContent } from './explain-content.js';
import { compareXattr } from './formats/xattr.js';
import type { InFileDifference } from './in-file/in-file-difference.js';
import { CauseMatcher } from './matching.js';
import { isPackageFile, type PackageChange, PackageChanges } from './package-changes.js';
import { isPrivileged, isSensitiveFinding } from './sensitive.js';

/** What is known of one difference. */
export interface Explained {
  /** The cause that accounts for all of it. */
  readonly cause?: string;
  /** Further ones, where it takes several. */
  readonly otherCauses?: readonly string[];
  /** The changed package that it is of. */
  readonly package?: string;
  /** By its path alone. */
  readonly probableCause?: string;
  readonly inFile?: InFileDifference;
  /** What is left where causes account for a part of it only. */
  readonly partly?: { readonly causes: readonly string[]; readonly left: InFileDifference };
}

export interface ExplainerOptions {
  readonly catalogue: readonly Cause[];
  /** By platform. */
  readonly evidence: ReadonlyMap<string, PairEvidence>;
  /** Null where contents are not looked into. */
  readonly contents: Contents | null;
  readonly signal: AbortSignal;
  /** Bytes of the largest file that is looked into. */
  readonly maxFileBytes: number;
  /** Bytes that all differences of contents may take in the report. */
  readonly maxReportBytes: number;
  readonly compare: (path: string, content0: Uint8Array, content1: Uint8Array) => Promise<InFileDifference>;
}

const XATTR = 'xattrs/';
/** Differing files that are looked into before others get a turn. */
const FILES_A_TURN = 16;

/** Finds the causes of differences, and looks into contents, one comparison long. */
export class Explainer {
  readonly #options: ExplainerOptions;
  readonly #matcher: CauseMatcher;
  readonly #byFinding = new Map<Finding, Explained>();
  #packages: PackageChanges | null = null;
  #reportBytes = 0;
  #looked = 0;

  constructor(options: ExplainerOptions) {
    this.#options = options;
    this.#matcher = new CauseMatcher(options.catalogue);
  }

  /** Whether the contents of the file that a finding is of say something of its cause. */
  wants(finding: Finding): boolean {
    if (finding.path === undefined || finding.entries === undefined) return false;
    const large = finding.entries.some((ref) => ref !== null && ref.header.size > this.#options.maxFileBytes);
    if (large) return false;
    if (finding.field === 'content') return true;
    return (
      isOneSided(finding) && (isPackageFile(finding.path) || this.#matcher.presenceCauses(finding.path).length > 0)
    );
  }

  /**
   * Finds out which packages differ; to be called once the wanted contents are there. Others may be wanted then: of files
   * that one side has alone, and that such a package lists.
   * @returns whether a finding's content is one of those
   */
  async readPackages(judged: readonly Judged[]): Promise<(finding: Finding) => boolean> {
    const { contents, maxFileBytes } = this.#options;
    if (contents === null) return () => false;
    const packages = await PackageChanges.read(judged, contents);
    this.#packages = packages;
    return (finding) =>
      isOneSided(finding) &&
      packages.lists(finding) &&
      (finding.entries ?? []).every((ref) => ref === null || ref.header.size <= maxFileBytes);
  }

  /** Packages that differ, and how many of the explained differences are theirs; null where contents were not read. */
  get packages(): readonly (PackageChange & { readonly files: number })[] | null {
    if (this.#packages === null) return null;
    const files = new Map<string, number>();
    for (const [{ platform = '' }, { package: name }] of this.#byFinding) {
      if (name !== undefined) files.set(`${platform} ${name}`, (files.get(`${platform} ${name}`) ?? 0) + 1);
    }
    return this.#packages.changes.map((change) => ({
      ...change,
      files: files.get(`${change.platform} ${change.name}`) ?? 0,
    }));
  }

  /** @throws {OciDiffError} `ERR_IO` where contents that were put aside cannot be read, `ERR_ABORTED` */
  async explain(judged: readonly Judged[]): Promise<ReadonlyMap<Finding, Explained>> {
    for (const { ignoredBy, finding } of judged) {
      /* What a layer holds that one side has alone follows from the layer, whose row needs it explained; see below. */
      if ((ignoredBy === 'consequence' && finding.lone !== true) || ignoredBy === 'transport') continue;
      if (finding.field === 'content') await this.#giveWay();
      const explained = await this.#explainOne(finding);
      if (explained !== null) this.#byFinding.set(finding, explained);
    }
    this.#doubtLoneLayers(judged);
    return this.#byFinding;
  }

  /* Many files keep this thread busy for long, and who wants to end it must be heard. */
  async #giveWay(): Promise<void> {
    this.#looked++;
    if (this.#looked % FILES_A_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
    throwIfAborted(this.#options.signal);
  }

  /* A layer that one side has alone is explained by how layers are cut only if all that it makes of the files is, too. */
  #doubtLoneLayers(judged: readonly Judged[]): void {
    const doubtful = new Set<string>();
    for (const { finding } of judged) {
      if (finding.lone !== true || finding.tree !== 'final' || this.#byFinding.get(finding)?.cause !== undefined)
        continue;
      for (const key of layerKeys(finding)) doubtful.add(key);
    }
    for (const { finding } of judged) {
      if (finding.subject !== 'layer' || finding.field !== 'diffId' || finding.layers?.includes(null) !== true)
        continue;
      const { cause, ...rest } = this.#byFinding.get(finding) ?? {};
      if (cause === undefined || !layerKeys(finding).some((key) => doubtful.has(key))) continue;
      this.#byFinding.set(finding, { ...rest, probableCause: cause });
    }
  }

  async #explainOne(finding: Finding): Promise<Explained | null> {
    if (finding.subject === 'file' && finding.path !== undefined) {
      if (finding.field === 'content') {
        const explained = await this.#explainContent(finding, finding.path);
        /* What only a tree below shows may come from how layers are cut, whatever it holds. */
        const known = explained?.cause !== undefined || finding.tree !== 'below';
        return known ? explained : { ...this.#explainByFinding(finding), ...explained };
      }
      if (isOneSided(finding)) {
        const explained = await this.#explainPresence(finding, finding.path);
        if (explained !== null) return explained;
      }
    }
    return this.#explainByFinding(finding);
  }

  #explainByFinding(finding: Finding): Explained | null {
    const shown = this.#xattrOf(finding);
    const evidence = this.#evidenceOf(finding);
    if (evidence === undefined) return shown;
    if (isOneSided(finding) && isEffective(finding) && hasPrivileged(finding)) return shown;
    const sensitive = isSensitiveFinding(finding);
    const cause = this.#matcher
      .findingCauses(finding.subject)
      .find((each) => !(sensitive && each.class === 'benign') && each.rule.covers(finding, evidence));
    return cause === undefined ? shown : { cause: cause.id, ...shown };
  }

  /* An attribute's values as what they mean: capabilities by their names. */
  #xattrOf({ field, values }: Finding): Pick<Explained, 'inFile'> | null {
    if (!field.startsWith(XATTR) || this.#options.contents === null) return null;
    const [bytes0 = null, bytes1 = null] = values.map((value) =>
      typeof value === 'string' ? Buffer.from(value, 'base64') : null,
    );
    return { inFile: this.#bounded(compareXattr(field.slice(XATTR.length), bytes0, bytes1)) };
  }

  async #explainContent(finding: Finding, path: string): Promise<Explained | null> {
    const causes = this.#matcher.contentCauses(path);
    const [probable] = causes.filter(({ rule }) => !rule.paths.includes('**'));
    const guess = probable === undefined ? {} : { probableCause: probable.id };
    if (this.#options.contents === null) return probable === undefined ? null : guess;
    const files = await this.#filesOf(finding, path);
    const [file0, file1] = files;
    if (file0 === null || file1 === null) return { ...guess, inFile: this.#notLookedInto(finding) };
    const inFile = this.#bounded(await this.#options.compare(path, file0.content, file1.content));
    const owner =
      this.#packages?.owner(finding, [file0.content, file1.content]) ??
      this.#packages?.explainsDatabase(finding, file0.content, file1.content) ??
      null;
    if (owner !== null) return { ...this.#byPackage(owner), inFile };
    const { causes: found, left } = explainContent(file0, file1, causes);
    const [first, ...others] = found.map(({ id }) => id);
    if (left !== null) {
      if (first === undefined) return { inFile };
      const rest = this.#bounded(await this.#options.compare(path, ...left));
      return { inFile, partly: { causes: [first, ...others], left: rest } };
    }
    return {
      ...(first === undefined ? {} : { cause: first }),
      ...(others.length === 0 ? {} : { otherCauses: others }),
      inFile,
    };
  }

  #byPackage({ name }: PackageChange): Explained {
    const cause = this.#matcher.packages;
    return cause === undefined ? {} : { cause: cause.id, package: name };
  }

  async #explainPresence(finding: Finding, path: string): Promise<Explained | null> {
    if (hasPrivileged(finding)) return null;
    const causes = this.#matcher.presenceCauses(path);
    const [first] = causes;
    const [file0, file1] = await this.#filesOf(finding, path);
    const file = file0 ?? file1;
    if (file === null) return first === undefined ? null : { probableCause: first.id };
    const owner = this.#packages?.owner(finding, [file0?.content ?? null, file1?.content ?? null]) ?? null;
    if (owner !== null) return this.#byPackage(owner);
    const cause = causes.find(({ rule }) => rule.covers(file));
    return cause === undefined ? null : { cause: cause.id };
  }

  async #filesOf(
    { platform = '', entries }: Finding,
    path: string,
  ): Promise<readonly [FileSide | null, FileSide | null]> {
    const evidence = this.#options.evidence.get(platform);
    const fileOf = async (side: 0 | 1, ref: EntryRef | null | undefined): Promise<FileSide | null> => {
      if (ref == null || evidence === undefined) return null;
      const { header } = ref;
      const content = header.type === 'file' ? await this.#options.contents?.of(ref) : new Uint8Array(0);
      return content == null ? null : { path, content, header, image: evidence.sides[side] };
    };
    return [await fileOf(0, entries?.[0]), await fileOf(1, entries?.[1])];
  }

  /* An index belongs to all platforms: rules about it ask neither image. */
  #evidenceOf({ subject, platform }: Finding): PairEvidence | undefined {
    const { evidence } = this.#options;
    if (platform !== undefined) return evidence.get(platform);
    return subject === 'index' ? evidence.values().next().value : undefined;
  }

  #notLookedInto({ entries }: Finding): InFileDifference {
    const sizes = (entries ?? []).map((ref) => ref?.header.size ?? 0);
    const tooLarge = sizes.some((size) => size > this.#options.maxFileBytes);
    const summary = tooLarge ? `more than ${this.#options.maxFileBytes} bytes` : 'it could not be read again';
    return { format: 'unknown', summary: `not looked into: ${summary}`, omitted: [summary] };
  }

  /* What all differences of contents take in memory and in the report has a bound; beyond it there are only summaries. */
  #bounded(difference: InFileDifference): InFileDifference {
    const bytes = JSON.stringify(difference).length;
    if (this.#reportBytes + bytes <= this.#options.maxReportBytes) {
      this.#reportBytes += bytes;
      return difference;
    }
    const { format, summary, equalBut } = difference;
    const omitted = [`differences of contents take more than ${this.#options.maxReportBytes} bytes in this report`];
    return { format, summary, ...(equalBut === undefined ? {} : { equalBut }), omitted };
  }
}

/* The layers that a finding is of, each with its side. */
function layerKeys({ platform = '', layers = [null, null] }: Finding): string[] {
  return layers.flatMap((layer, side) => (layer === null ? [] : [`${platform} ${side}:${layer}`]));
}

function hasPrivileged({ entries = [null, null] }: Finding): boolean {
  return entries.some((ref) => ref !== null && isPrivileged(ref.header));
}

/* Whether the trees are not the same for it, the last one included. */
function isEffective({ tree, excuses }: Finding): boolean {
  return tree !== 'below' && !excuses.some((excuse) => excuse.includes('layer-encoding'));
}

/** Of a path that one side has alone. */
function isOneSided({ field, values }: Finding): boolean {
  return field === 'type' && values.includes(null);
}
