import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect } from 'vitest';

const schema = JSON.parse(readFileSync(new URL('../../packages/core/report.schema.json', import.meta.url), 'utf8'));
const validate = new Ajv2020({ allErrors: true, strict: true }).compile(schema);

/** Holds a report, as it would be written, against the published schema. */
export function expectValidReport(report: unknown): void {
  const valid = validate(JSON.parse(JSON.stringify(report)));
  expect(valid ? [] : validate.errors).toEqual([]);
}
