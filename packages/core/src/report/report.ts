import type { Difference, Subject } from '../compare/difference.js';
import type { LayerBytes } from '../compare/layer-bytes.js';
import type { LayerChange } from '../compare/layer-change.js';
import type { Level as ReportLevel } from '../compare/levels.js';
import type { ErrorCode } from '../errors.js';
import type { CauseClass } from '../explain/cause.js';
import type { InFileDifference } from '../explain/in-file/in-file-difference.js';
import type { SourceKind } from '../image/blob-store.js';
import type { NoteCode } from '../notes.js';

export type Verdict = 'identical' | 'equivalent' | 'different' | 'incomplete';

/** One side of the comparison, as it was found. */
export interface ReportInput {
  /** As the user wrote it. */
  readonly reference: string;
  readonly source: SourceKind;
  /** Of the index or manifest that the image is; null where the medium has none of its own. */
  readonly mediaType: string | null;
  readonly digest: string | null;
  /** The platforms that were compared, as `os/architecture[/variant]`, normalised. */
  readonly platforms: readonly string[];
}

export type { LayerBytes } from '../compare/layer-bytes.js';
export type { LayerChange } from '../compare/layer-change.js';
export type { Level as ReportLevel, LevelName } from '../compare/levels.js';

/** A pair of layers, or a layer that one side has alone. */
export interface ReportLayer {
  readonly platform: string;
  /** Positions from 0; null for a side without one. */
  readonly layers: readonly [number | null, number | null];
  readonly change: LayerChange;
  /** The step that made it, as each side's config tells it; null where it does not. */
  readonly history: readonly [string | null, string | null];
  /** Only of a layer without entries. */
  readonly empty?: true;
  /** Only where both streams were read to the entry. */
  readonly bytes?: LayerBytes;
}

/** The first layer that differs, and where it comes from. */
export interface ReportBase {
  readonly platform: string;
  readonly layers: readonly [number | null, number | null];
  readonly history: readonly [string | null, string | null];
  /** `base`: of what both builds started from; `build`: of what the Dockerfile added. */
  readonly origin: 'base' | 'build' | 'unknown';
  /** What tells so, in one short text. */
  readonly evidence: string;
}

export interface ReportNote {
  readonly input: 0 | 1;
  readonly code: NoteCode;
  readonly message: string;
}

export interface ReportFailure {
  readonly code: ErrorCode;
  /** One line: names the input, the blob and the reason. */
  readonly message: string;
}

export interface ReportSummary {
  readonly counted: number;
  readonly ignored: number;
  /** Those of the ignored ones that a later layer covers. */
  readonly shadowed: number;
  /** Counted differences by subject; a subject without any is absent. */
  readonly bySubject: Readonly<Partial<Record<Subject, number>>>;
  /** Ignored differences by what took them out, keys sorted. */
  readonly byRule: Readonly<Record<string, number>>;
  /** Of all differing layers together; absent where none was read to the entry. */
  readonly bytes?: LayerBytes;
  /** Digests and sizes that differ, while nothing is told that they follow from. */
  readonly unexplained: number;
  /** Counted differences by what is known of their cause; the three add up to `counted`. */
  readonly causes?: { readonly explained: number; readonly probable: number; readonly unknown: number };
}

/** A difference as the report lists it. */
export interface ReportDifference extends Difference {
  /** Further causes, where it takes several to account for all of it. */
  readonly otherCauses?: readonly string[];
  /** By the path alone: contents were not looked into. */
  readonly probableCause?: string;
  /** Causes that account for a part of it, and what they leave. */
  readonly partly?: { readonly causes: readonly string[]; readonly left: InFileDifference };
  /** The changed package that the file belongs to, as in `packages`. */
  readonly package?: string;
  /** What the accept list says of it. */
  readonly accepted?: string;
  /** Only where contents were looked into. */
  readonly inFile?: InFileDifference;
}

/** A cause that explains differences of this report. */
export interface ReportCause {
  readonly id: string;
  readonly title: string;
  readonly class: CauseClass;
  /** `probable`: only paths and fields were looked at. Certain ones come first. */
  readonly confidence: 'certain' | 'probable';
  /** Differences that it explains, by itself or together with others, and how many of them count. */
  readonly differences: number;
  readonly counted: number;
  /** What of this comparison shows it; a few short texts. */
  readonly evidence: readonly string[];
  readonly remedy: string;
  readonly references: readonly string[];
  /** The steps of the build that made the layers it was found in; those that are known, in the order of layers. */
  readonly steps: readonly ReportStep[];
}

export interface ReportStep {
  readonly platform: string;
  readonly layers: readonly [number | null, number | null];
  readonly history: string;
}

/** Which builder made each side. */
export interface ReportBuilders {
  readonly platform: string;
  readonly sides: readonly [ReportBuilder, ReportBuilder];
}

export interface ReportBuilder {
  /** `buildkit`, `buildah`, …; `unknown`. */
  readonly name: string;
  readonly settings: readonly string[];
  readonly evidence: readonly string[];
  readonly confidence: 'certain' | 'probable' | 'none';
}

/** A package whose version differs, or that one side has alone, by the databases of package managers. */
export interface ReportPackage {
  readonly platform: string;
  readonly manager: 'dpkg' | 'apk' | 'rpm' | 'pacman';
  readonly name: string;
  /** Null where the database tells none. */
  readonly architecture: string | null;
  readonly versions: readonly [string | null, string | null];
  /** Differing files that follow from it. */
  readonly files: number;
}

/** What was left after the normalisers of the named causes had been applied to both sides. */
export interface ReportProof {
  /** Causes whose normalisers were applied. */
  readonly causes: readonly string[];
  /** Differences that count, of the normalised images. */
  readonly residual: readonly Difference[];
  /** Why it could not be made; absent where it was. */
  readonly failure?: string;
}

/** An entry of the accept list, and how many differences it stands for. */
export interface ReportAccepted {
  readonly entry: string;
  readonly reason: string;
  readonly matched: number;
}

/** A file that the report folder holds under another name than its path, since the disk could not hold it. */
export interface RenamedFile {
  readonly input: 0 | 1;
  readonly path: string;
  readonly pathBytes?: string;
  /** Relative to the report folder, `/` between. */
  readonly file: string;
}

/**
 * What a comparison found. The JSON report is this object; `report.schema.json` is its schema. The same inputs and
 * options give the same bytes: it holds no clock, host name or path beyond what the user typed.
 */
export interface Report {
  readonly schemaVersion: 1;
  readonly tool: { readonly name: 'ocidiff'; readonly version: string };
  readonly inputs: readonly [ReportInput, ReportInput];
  /** The ignore rules in force, sorted; `ignore-path=GLOB` and `ignore-field=POINTER` among them. */
  readonly rules: readonly string[];
  readonly verdict: Verdict;
  readonly levels: readonly ReportLevel[];
  /** In the order of the layers, one image after the other. */
  readonly layers: readonly ReportLayer[];
  /** At most one an image: none where no layer differs. */
  readonly base: readonly ReportBase[];
  /** Sorted and complete. Ignored ones (but shadowed ones) only with `verbose` or a report folder. */
  readonly differences: readonly ReportDifference[];
  readonly notes: readonly ReportNote[];
  /** Those that explain most of what counts first. */
  readonly causes: readonly ReportCause[];
  /** One a platform whose images could both be read. */
  readonly builders?: readonly ReportBuilders[];
  /** Sorted by platform, manager, name; only where databases were looked into and differ. */
  readonly packages?: readonly ReportPackage[];
  /** Only where it was asked for. */
  readonly proof?: ReportProof;
  /** Only with an accept list. */
  readonly accepted?: readonly ReportAccepted[];
  readonly summary: ReportSummary;
  readonly failures: readonly ReportFailure[];
  /** Only with a report folder that holds any. */
  readonly renamed?: readonly RenamedFile[];
}
