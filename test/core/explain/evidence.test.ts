import { fileURLToPath } from 'node:url';
import glob from 'fast-glob';
import { describe, expect, test } from 'vitest';
import { CATALOGUE } from '../../../packages/core/src/explain/catalogue/index.js';
import { CASES } from './catalogue/index.js';
import { evidence } from './evidence.js';
import { explainedBy } from './explained-by.js';

const folder = fileURLToPath(new URL('../../../fixtures/evidence/', import.meta.url));

/* By the README of the evidence, and what the tools that wrote these files are known for. */
const EXPECTED = new Map<RegExp, string[]>([
  [/\.pyc$/, ['python-bytecode-mtime']],
  [/\/machine-id$/, ['machine-id']],
  [/\/ssh_host_.*\.pub$/, ['ssh-host-key']],
  [/\/cacerts$/, ['java-truststore-time']],
  [/\/ssl-cert-snakeoil\.pem$/, ['generated-certificate']],
  [/\/\.gnupg\//, ['gnupg-keyring']],
  [/\/(?:alternatives|dpkg)\.log$/, ['dpkg-log']],
  [/\/history\.log$/, ['apt-log']],
  [/\/term\.log$/, ['apt-log', 'ssh-fingerprint-log']],
  [/\/fontconfig\//, ['fontconfig-cache']],
  [/\/aux-cache$/, ['ldconfig-aux-cache']],
]);

describe.each(['services', 'python'] as const)('files that differed between two builds: %s', (image) => {
  const paths = glob.sync('**', { cwd: `${folder}${image}/0`, dot: true }).sort();

  test.each(paths)('%s', async (path) => {
    const expected = [...EXPECTED].find(([pattern]) => pattern.test(path))?.[1];
    expect(await explainedBy(evidence(image, path, ''))).toEqual(expected);
  });
});

test('enough of the catalogue stands on files that really differed, or on what a tool wrote', () => {
  const real = CASES.filter(({ shows }) => shows.some(({ origin }) => origin !== 'written'));
  expect(CATALOGUE.length).toBeGreaterThanOrEqual(60);
  expect(real.length).toBeGreaterThanOrEqual(25);
});
