import type { Difference, Subject } from '../compare/difference.js';
import type { LayerBytes } from '../compare/layer-bytes.js';
import type { LayerChange } from '../compare/layer-change.js';
import type { Level as ReportLevel } from '../compare/levels.js';
import type { ErrorCode } from '../errors.js';
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
  readonly differences: readonly Difference[];
  readonly notes: readonly ReportNote[];
  readonly causes: readonly never[];
  readonly summary: ReportSummary;
  readonly failures: readonly ReportFailure[];
  /** Only with a report folder that holds any. */
  readonly renamed?: readonly RenamedFile[];
}
