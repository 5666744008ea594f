import { expect, test } from 'vitest';
import type { Value } from '../../../packages/core/src/compare/difference.js';
import { renderJson } from '../../../packages/core/src/report/json.js';
import type { Report } from '../../../packages/core/src/report/report.js';
import { buildReport, fileDifference, fullLayer, layerBytes } from '../../support/report.js';
import { expectValidReport } from '../../support/schema.js';

const json = (report: Report): string => [...renderJson(report)].join('');

test('it is the report, with a newline at the end', () => {
  const report = buildReport([fileDifference('a'), fileDifference('b', { ignoredBy: 'file-order' })], {
    rules: ['file-order'],
    notes: [{ input: 0, code: 'media-type-lie', message: 'x\n' }],
    renamed: [{ input: 1, path: '../a', file: 'input-1/layers-1/a~0' }],
  });
  expect(JSON.parse(json(report))).toEqual(report);
  expect(json(report).endsWith('}\n')).toBe(true);
});

test('keys have one order, whatever the order they were made in, and a difference is one line', () => {
  const { subject, change, field, values, ...rest } = fileDifference('a', { duplicate: 1 });
  const report = buildReport([{ ...rest, values, field, ignoredBy: 'file-order', change, subject }]);
  const reversed = Object.fromEntries(Object.entries(report).reverse()) as unknown as Report;
  expect(json(reversed)).toBe(json(report));
  expect(
    json(report)
      .split('\n')
      .filter((line) => line.includes('"subject"')),
  ).toEqual([
    '    {"subject":"file","change":"modified","platform":"linux/amd64","layer":1,"path":"a","duplicate":1,"field":"content","values":["sha256:1234abcd00000000000000000000000000000000000000000000000000000000","sha256:5678ef0100000000000000000000000000000000000000000000000000000000"],"ignoredBy":"file-order"}',
  ]);
  expect(
    json(report)
      .split('\n')
      .filter((line) => /^ {2}"/.test(line))
      .map((line) => line.split('"')[1]),
  ).toEqual([
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
    'summary',
    'failures',
  ]);
});

test('members of members have one order too', () => {
  const layer = fullLayer([1, 1], { empty: true });
  const { unexplained, ...summary } = buildReport([]).summary;
  const report = buildReport([], {
    levels: [{ platform: 'linux/amd64', level: 'index', equal: null, equivalent: null, detail: 'in neither input' }],
    layers: [layer],
    base: [{ platform: 'linux/amd64', layers: [1, 1], history: ['RUN a', null], origin: 'build', evidence: 'x' }],
    summary: { ...summary, bytes: layerBytes(), unexplained },
  });
  expectValidReport(report);
  const text = json(report);
  expect(text.split('\n').filter((line) => /"(detail|evidence|unexplained|empty)"/.test(line))).toEqual([
    '    {"platform":"linux/amd64","level":"index","equal":null,"equivalent":null,"detail":"in neither input"}',
    `    {"platform":"linux/amd64","layers":[1,1],"change":"content","history":["RUN a","RUN a"],"empty":true,"bytes":${BYTES}}`,
    '    {"platform":"linux/amd64","layers":[1,1],"history":["RUN a",null],"origin":"build","evidence":"x"}',
    `  "summary": {"counted":0,"ignored":0,"shadowed":0,"bySubject":{},"byRule":{},"bytes":${BYTES},"unexplained":0},`,
  ]);
  const reversed = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map(reversed)
      : typeof value === 'object' && value !== null
        ? Object.fromEntries(
            Object.entries(value)
              .reverse()
              .map(([key, member]) => [key, reversed(member)]),
          )
        : value;
  const { levels, layers, base, summary: shown } = report;
  const turned = reversed({ levels, layers, base, summary: shown }) as Partial<Report>;
  expect(json({ ...report, ...turned })).toBe(text);
});

const BYTES =
  '{"total":[4096,4608],"equalEntries":[1000,1000],"equalContent":[24,24],"differingContent":[512,1024],"headers":[1024,1024],"padding":[512,512],"trailer":[1024,1024]}';

test('members that no list names are not lost', () => {
  const report = { ...buildReport([]), zebra: 1, apple: { b: 1, a: 2 } };
  expect(JSON.parse(json(report))).toEqual(report);
});

test('values stand as they were given, keys that objects inherit too', () => {
  const value = JSON.parse('{"z":1,"a":[null,"\\u001b"],"__proto__":{"x":1}}') as Value;
  expect(json(buildReport([fileDifference('a', { values: [value, null] })]))).toContain(
    '"values":[{"z":1,"a":[null,"\\u001b"],"__proto__":{"x":1}},null]',
  );
});

test('values nested deeper than a stack', () => {
  const depth = 50_000;
  let value: Value = { a: 1, b: [true] };
  for (let i = 0; i < depth; i++) value = i % 2 === 0 ? [value, 0] : { 'k"': value };
  const text = json(buildReport([fileDifference('a', { values: [value, null] })]));
  expect(text.split('{"k\\"":').length - 1).toBe(depth / 2);
  expect(text).toContain('[{"a":1,"b":[true]},0]');
});

test('it comes in chunks, none of them large', () => {
  const report = buildReport(Array.from({ length: 10_000 }, (_, i) => fileDifference(`file-${i}`)));
  const chunks = [...renderJson(report)];
  expect(chunks.length).toBeGreaterThan(20);
  expect(Math.max(...chunks.map((chunk) => chunk.length))).toBeLessThan(100_000);
  expect(JSON.parse(chunks.join(''))).toEqual(report);
});
