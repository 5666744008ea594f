/**
 * The library of ocidiff: compares two container images and says exactly why they are not bit-for-bit the same.
 * @packageDocumentation
 */
export type { CacheOptions } from './cache/cache-folder.js';
export { type CacheContents, clearCache, inspectCache } from './cache/manage-cache.js';
export type { Change, Difference, Subject, Value } from './compare/difference.js';
export { diffImages } from './diff-images.js';
export { type ErrorCode, type ErrorLocation, OciDiffError } from './errors.js';
export { parseAcceptList } from './explain/accept-list.js';
export { CATALOGUE } from './explain/catalogue/index.js';
export type { Cause, CauseClass } from './explain/cause.js';
export type {
  BytesDifference,
  EqualBut,
  FieldDifference,
  InFileDifference,
  MemberDifference,
  TextDifference,
} from './explain/in-file/in-file-difference.js';
export type { SourceKind } from './image/blob-store.js';
export { DEFAULT_LIMITS, type Limits, limitOption, MAX_JOBS } from './limits.js';
export type { NoteCode } from './notes.js';
export {
  type AcceptEntry,
  type ComparedText,
  type DiffOptions,
  type Progress,
  type RegistryOptions,
  RULE_NAMES,
  type RuleName,
} from './options.js';
export { displayMessage, displayPath } from './report/escape.js';
export { renderHtml } from './report/html/render-html.js';
export { renderJson } from './report/json.js';
export { type MarkdownOptions, renderMarkdown } from './report/markdown.js';
export { parseReport } from './report/parse-report.js';
export type {
  LayerBytes,
  LayerChange,
  LevelName,
  RenamedFile,
  Report,
  ReportAccepted,
  ReportBase,
  ReportBuilder,
  ReportBuilders,
  ReportCause,
  ReportDifference,
  ReportFailure,
  ReportInput,
  ReportLayer,
  ReportLevel,
  ReportNote,
  ReportPackage,
  ReportProof,
  ReportStep,
  ReportSummary,
  Verdict,
} from './report/report.js';
export { renderTable, type TableOptions } from './report/table.js';
