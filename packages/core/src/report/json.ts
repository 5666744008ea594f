import { escapeUnseen } from './escape.js';
import type {
  LayerBytes,
  RenamedFile,
  Report,
  ReportBase,
  ReportCause,
  ReportDifference,
  ReportFailure,
  ReportInput,
  ReportLayer,
  ReportLevel,
  ReportNote,
  ReportSummary,
} from './report.js';
import { stringify } from './stringify.js';

/** Characters in one chunk, about: enough that writing chunks costs nothing. */
const CHUNK_CHARACTERS = 65_536;

const REPORT_KEYS: readonly (keyof Report)[] = [
  'schemaVersion',
  'tool',
  'inputs',
  'rules',
  'verdict',
  'levels',
  'layers',
  'base',
  'differences',
  'notes',
  'causes',
  'builders',
  'packages',
  'proof',
  'accepted',
  'summary',
  'failures',
  'renamed',
];
const INPUT_KEYS: readonly (keyof ReportInput)[] = ['reference', 'source', 'mediaType', 'digest', 'platforms'];
const LEVEL_KEYS: readonly (keyof ReportLevel)[] = ['platform', 'level', 'equal', 'equivalent', 'detail'];
const LAYER_KEYS: readonly (keyof ReportLayer)[] = ['platform', 'layers', 'change', 'history', 'empty', 'bytes'];
const BASE_KEYS: readonly (keyof ReportBase)[] = ['platform', 'layers', 'history', 'origin', 'evidence'];
const DIFFERENCE_KEYS: readonly (keyof ReportDifference)[] = [
  'subject',
  'change',
  'platform',
  'layer',
  'layers',
  'path',
  'pathBytes',
  'duplicate',
  'field',
  'values',
  'ignoredBy',
  'shadowed',
  'layerEncoding',
  'accepted',
  'package',
  'cause',
  'otherCauses',
  'probableCause',
  'partly',
  'inFile',
];
const CAUSE_KEYS: readonly (keyof ReportCause)[] = [
  'id',
  'title',
  'class',
  'confidence',
  'differences',
  'counted',
  'evidence',
  'remedy',
  'references',
  'steps',
];
const NOTE_KEYS: readonly (keyof ReportNote)[] = ['input', 'code', 'message'];
const FAILURE_KEYS: readonly (keyof ReportFailure)[] = ['code', 'message'];
const RENAMED_KEYS: readonly (keyof RenamedFile)[] = ['input', 'path', 'pathBytes', 'file'];
const SUMMARY_KEYS: readonly (keyof ReportSummary)[] = [
  'counted',
  'ignored',
  'shadowed',
  'bySubject',
  'byRule',
  'bytes',
  'unexplained',
  'causes',
];
const BYTES_KEYS: readonly (keyof LayerBytes)[] = [
  'total',
  'equalEntries',
  'equalContent',
  'differingContent',
  'headers',
  'padding',
  'trailer',
];

const ITEM_KEYS: Readonly<Partial<Record<keyof Report, readonly string[]>>> = {
  inputs: INPUT_KEYS,
  levels: LEVEL_KEYS,
  layers: LAYER_KEYS,
  base: BASE_KEYS,
  differences: DIFFERENCE_KEYS,
  notes: NOTE_KEYS,
  causes: CAUSE_KEYS,
  builders: ['platform', 'sides'],
  packages: ['platform', 'manager', 'name', 'architecture', 'versions', 'files'],
  accepted: ['entry', 'reason', 'matched'],
  failures: FAILURE_KEYS,
  renamed: RENAMED_KEYS,
};

/**
 * The JSON report, in chunks, since a string holds at most 536,870,888 characters and a report may be longer.
 * No character of an input that cannot be seen is in it as it is: a report is printed, too. One line an input, level, layer, difference, note; keys in the order of the type `Report`; a newline at the end.
 */
export function* renderJson(report: Report): Iterable<string> {
  let chunk = '';
  for (const part of parts(report)) {
    chunk += part;
    if (chunk.length < CHUNK_CHARACTERS) continue;
    yield escapeUnseen(chunk);
    chunk = '';
  }
  yield escapeUnseen(chunk);
}

function* parts(report: Report): Iterable<string> {
  let before = '{\n';
  for (const [key, value] of ordered(report, REPORT_KEYS)) {
    yield `${before}  ${JSON.stringify(key)}: `;
    before = ',\n';
    const itemKeys = ITEM_KEYS[key as keyof Report];
    if (key === 'summary') yield* stringify(item(value as object, SUMMARY_KEYS));
    else if (itemKeys === undefined || (value as readonly object[]).length === 0) yield* stringify(value);
    else yield* lines(value as readonly object[], itemKeys);
  }
  yield '\n}\n';
}

function* lines(items: readonly object[], keys: readonly string[]): Iterable<string> {
  let before = '[\n    ';
  for (const each of items) {
    yield before;
    before = ',\n    ';
    yield* stringify(item(each, keys));
  }
  yield '\n  ]';
}

function item(object: object, keys: readonly string[]): object {
  const members = ordered(object, keys);
  return Object.fromEntries(
    members.map(([key, value]) => [key, key === 'bytes' ? item(value as object, BYTES_KEYS) : value]),
  );
}

/* Keys that are not in the list come last, sorted: a member that is new here is not lost. */
function ordered(object: object, keys: readonly string[]): [string, unknown][] {
  const members = object as Readonly<Record<string, unknown>>;
  const others = Object.keys(members).filter((key) => !keys.includes(key));
  return [...keys, ...others.sort()].flatMap((key) => (members[key] === undefined ? [] : [[key, members[key]]]));
}
