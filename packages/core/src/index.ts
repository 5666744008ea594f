/**
 * The library of ocidiff: compares two container images and says exactly why they are not bit-for-bit the same.
 * @packageDocumentation
 */
export type { CacheOptions } from './cache/cache-folder.js';
export { type CacheContents, clearCache, inspectCache } from './cache/manage-cache.js';
export type { Change, Difference, Subject, Value } from './compare/difference.js';
export { diffImages } from './diff-images.js';
export { type ErrorCode, type ErrorLocation, OciDiffError } from './errors.js';
export type { SourceKind } from './image/blob-store.js';
export { DEFAULT_LIMITS, type Limits, limitOption, MAX_JOBS } from './limits.js';
export type { NoteCode } from './notes.js';
export { type DiffOptions, type Progress, type RegistryOptions, RULE_NAMES, type RuleName } from './options.js';
export { displayMessage, displayPath } from './report/escape.js';
export { renderJson } from './report/json.js';
export type {
  LayerBytes,
  LayerChange,
  LevelName,
  RenamedFile,
  Report,
  ReportBase,
  ReportFailure,
  ReportInput,
  ReportLayer,
  ReportLevel,
  ReportNote,
  ReportSummary,
  Verdict,
} from './report/report.js';
export { renderTable, type TableOptions } from './report/table.js';
