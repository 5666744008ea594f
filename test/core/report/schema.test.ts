import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { RULE_NAMES } from '../../../packages/core/src/options.js';
import { renderJson } from '../../../packages/core/src/report/json.js';
import { buildReport, fileDifference, fullLayer, layerBytes, oneSided, reportInput } from '../../support/report.js';

const core = fileURLToPath(new URL('../../../packages/core/', import.meta.url));
const schema = JSON.parse(readFileSync(`${core}report.schema.json`, 'utf8')) as Record<string, unknown>;
const validate = new Ajv2020({ strict: true, strictTypes: true, strictTuples: true }).compile(schema);

const failure = { code: 'ERR_IO', message: 'a.tar: gone' } as const;
const full = buildReport(
  [
    { subject: 'index', change: 'added', field: '/manifests/0/platform', values: [null, { os: 'linux' }] },
    { subject: 'config', change: 'modified', platform: 'linux/amd64', field: '/config/Env', values: [['a'], null] },
    { subject: 'layer', change: 'modified', platform: 'linux/amd64', field: 'count', values: [1, 2] },
    fileDifference('a', { duplicate: 1 }),
    fileDifference('b\ufffd', { pathBytes: 'Yv8=', layers: [1, 2] }),
    oneSided('c', 0, 'file', { layers: [1, null] }),
    oneSided('d', 1, 'file', { shadowed: true, ignoredBy: 'layering' }),
    fileDifference('e', { ignoredBy: 'ignore-path=x/**', cause: 'apt-log' }),
    fileDifference('f', { ignoredBy: 'consequence' }),
    oneSided('g', 1, 'whiteout', { layerEncoding: true }),
  ],
  {
    levels: [{ platform: 'linux/amd64', level: 'layers', equal: false, equivalent: true, detail: '1 of 4 differs' }],
    layers: [
      fullLayer([0, 0], { empty: true }),
      { platform: 'linux/amd64', layers: [1, null], change: 'removed', history: [null, null] },
    ],
    base: [{ platform: 'linux/amd64', layers: [0, 0], history: ['ADD x', null], origin: 'base', evidence: 'x' }],
    summary: {
      counted: 7,
      ignored: 2,
      shadowed: 1,
      bySubject: { file: 7 },
      byRule: { layering: 1, consequence: 1 },
      bytes: layerBytes(),
      unexplained: 1,
    },
    rules: ['history', 'ignore-field=/a', 'ignore-path=x/**'],
    notes: [{ input: 1, code: 'layer-count', message: 'x' }],
    renamed: [{ input: 0, path: '../a\ufffd', pathBytes: '/w==', file: 'input-0/layers-1/a~0' }],
  },
);

describe('the schema takes', () => {
  test.each([
    ['a report with everything in it', full],
    ['one with nothing', buildReport([], { verdict: 'identical', levels: [] })],
    [
      'one of a medium without a manifest',
      buildReport([], { inputs: [reportInput(0, { digest: null, mediaType: null }), reportInput(1)] }),
    ],
    ['an incomplete one', buildReport([], { verdict: 'incomplete', failures: [failure] })],
  ])('%s', (_what, report) => {
    validate(JSON.parse([...renderJson(report)].join('')));
    expect(validate.errors ?? []).toEqual([]);
  });
});

describe('the schema refuses', () => {
  const withDifference = (changes: object): object => ({
    ...full,
    differences: [{ ...fileDifference('a'), ...changes }],
  });
  test.each<[reason: string, report: object]>([
    ['another version', { ...full, schemaVersion: 2 }],
    ['another tool', { ...full, tool: { name: 'diffoci', version: '0.1.0' } }],
    ['one input', { ...full, inputs: [full.inputs[0]] }],
    ['three inputs', { ...full, inputs: [...full.inputs, full.inputs[0]] }],
    ['an unknown member', { ...full, more: 1 }],
    ['an unknown member of an input', { ...full, inputs: [full.inputs[0], { ...full.inputs[1], more: 1 }] }],
    ['a digest that is none', { ...full, inputs: [full.inputs[0], { ...full.inputs[1], digest: 'sha256:12' }] }],
    ['an unknown source', { ...full, inputs: [full.inputs[0], { ...full.inputs[1], source: 'floppy' }] }],
    ['an unknown rule', { ...full, rules: ['everything'] }],
    ['a rule twice', { ...full, rules: ['history', 'history'] }],
    ['an unknown verdict', { ...full, verdict: 'same' }],
    ['an unknown level', { ...full, levels: [{ platform: 'a/b', level: 'bytes', equal: true, equivalent: true }] }],
    [
      'a level that may be anything',
      { ...full, levels: [{ platform: 'a/b', level: 'index', equal: 'yes', equivalent: true }] },
    ],
    ['an incomplete report that does not say why', { ...full, verdict: 'incomplete' }],
    ['a failure with another verdict', { ...full, failures: [failure] }],
    ['an unknown failure', { ...full, verdict: 'incomplete', failures: [{ ...failure, code: 'ERR_X' }] }],
    ['an unknown note', { ...full, notes: [{ input: 0, code: 'x', message: 'x' }] }],
    ['a note of no input', { ...full, notes: [{ input: 2, code: 'layer-count', message: 'x' }] }],
    ['a cause, before there are any', { ...full, causes: [{ id: 'apt-log' }] }],
    ['no layers', { ...full, layers: undefined }],
    ['no base', { ...full, base: undefined }],
    ['a level that says nothing', { ...full, levels: [{ ...full.levels[0], detail: '' }] }],
    ['an unknown change of a layer', { ...full, layers: [{ ...full.layers[0], change: 'size' }] }],
    ['a layer that is not empty', { ...full, layers: [{ ...full.layers[0], empty: false }] }],
    ['a layer without a history', { ...full, layers: [{ ...full.layers[0], history: undefined }] }],
    ['half a count of bytes', { ...full, layers: [{ ...full.layers[0], bytes: { total: [1, 1] } }] }],
    ['bytes of one side', { ...full, layers: [{ ...full.layers[0], bytes: layerBytes({ headers: [1] as never }) }] }],
    ['an unknown origin', { ...full, base: [{ ...full.base[0], origin: 'cloud' }] }],
    ['no evidence', { ...full, base: [{ ...full.base[0], evidence: '' }] }],
    ['no count of the unexplained', { ...full, summary: { ...full.summary, unexplained: undefined } }],
    ['no summary', { ...full, summary: undefined }],
    ['a negative count', { ...full, summary: { ...full.summary, counted: -1 } }],
    ['a subject without differences in the counts', { ...full, summary: { ...full.summary, bySubject: { file: 0 } } }],
    ['an unknown rule in the counts', { ...full, summary: { ...full.summary, byRule: { everything: 1 } } }],
    ['no renamed file', { ...full, renamed: [] }],
    ['an unknown subject', withDifference({ subject: 'blob' })],
    ['an unknown change', withDifference({ change: 'touched' })],
    ['a difference without a field', withDifference({ field: undefined })],
    ['one value', withDifference({ values: [1] })],
    ['three values', withDifference({ values: [1, 2, 3] })],
    [
      'an added file with a value of input 0',
      withDifference({ change: 'added', field: 'type', values: ['file', null] }),
    ],
    [
      'a removed file with a value of input 1',
      withDifference({ change: 'removed', field: 'type', values: [null, 'file'] }),
    ],
    ['a file without a path', withDifference({ path: undefined })],
    ['a path of a layer', withDifference({ subject: 'layer' })],
    ['a layer and layers', withDifference({ layers: [1, 2] })],
    ['a layer before the first', withDifference({ layer: -1 })],
    ['three layers', withDifference({ layer: undefined, layers: [1, 2, 3] })],
    ['path bytes that are no base64', withDifference({ pathBytes: 'a' })],
    ['ignored by what is no rule', withDifference({ ignoredBy: 'me' })],
    ['shadowed: false', withDifference({ shadowed: false })],
    ['layerEncoding: false', withDifference({ layerEncoding: false })],
    ['an unknown member of a difference', withDifference({ severity: 1 })],
  ])('%s', (_reason, report) => {
    expect(validate(JSON.parse(JSON.stringify(report)))).toBe(false);
  });
});

describe('the schema knows', () => {
  const defs = schema.$defs as Record<string, { enum?: string[]; properties?: Record<string, { enum?: string[] }> }>;
  /* Types are gone at run time, so the lists are read from their sources. */
  const listed = (file: string, type: string): string[] => {
    const source =
      new RegExp(`export type ${type} =([^;]*);`).exec(readFileSync(`${core}src/${file}`, 'utf8'))?.[1] ?? '';
    return [...source.matchAll(/'([^']+)'/g)].map((match) => match[1] as string).sort();
  };
  const known = (list: string[] | undefined): string[] => [...(list ?? [])].sort();

  test('every rule', () => expect(known(defs.rule?.enum)).toEqual([...RULE_NAMES].sort()));
  test('every code of an error', () =>
    expect(known(defs.failure?.properties?.code?.enum)).toEqual(listed('errors.ts', 'ErrorCode')));
  test('every code of a note', () =>
    expect(known(defs.note?.properties?.code?.enum)).toEqual(listed('notes.ts', 'NoteCode')));
  test('every source', () =>
    expect(known(defs.input?.properties?.source?.enum)).toEqual(listed('image/blob-store.ts', 'SourceKind')));
});
