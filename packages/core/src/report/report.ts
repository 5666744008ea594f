import type { Difference, Subject } from '../compare/difference.js';
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

export type { Level as ReportLevel, LevelName } from '../compare/levels.js';

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
  readonly shadowed: number;
  /** Counted differences by subject; a subject without any is absent. */
  readonly bySubject: Readonly<Partial<Record<Subject, number>>>;
  /** Ignored differences by what took them out, keys sorted. */
  readonly byRule: Readonly<Record<string, number>>;
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
  /** Sorted and complete. Ignored ones (but shadowed ones) only with `verbose` or a report folder. */
  readonly differences: readonly Difference[];
  readonly notes: readonly ReportNote[];
  readonly causes: readonly never[];
  readonly summary: ReportSummary;
  readonly failures: readonly ReportFailure[];
  /** Only with a report folder that holds any. */
  readonly renamed?: readonly RenamedFile[];
}
