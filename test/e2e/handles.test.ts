import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import type { DiffOptions } from '../../packages/core/src/index.js';
import { fixture } from '../support/fixtures.js';
import { buildImage, type ImageSpec, type LayerSpec } from '../support/images.js';
import { outcome, temporaryFolder, write, writeArchive } from './support.js';

const folder = temporaryFolder();
const OPEN_FILES = '/proc/self/fd';

test.skipIf(!existsSync(OPEN_FILES))(
  'fifty comparisons, good and bad, leave nothing open and warn of nothing',
  async () => {
    const warnings: Error[] = [];
    const listen = (warning: Error): void => {
      warnings.push(warning);
    };
    process.on('warning', listen);
    const layers = (content: string): LayerSpec[] =>
      Array.from({ length: 30 }, (_, i) => ({
        entries: [{ path: `${i}`, content: `${content}${i}` }],
        compression: (['gzip', 'zstd', 'none'] as const)[i % 3] as 'gzip',
      }));
    const put = async (name: string, spec: ImageSpec): Promise<string> =>
      writeArchive(folder, name, await buildImage(spec));
    const [many0, many1] = [await put('0.tar', { layers: layers('a') }), await put('1.tar', { layers: layers('b') })];
    const apt = readFileSync(fixture('apt-0.docker.tar'));
    const packed = write(folder, 'packed.tar.gz', gzipSync(apt));
    const cut = write(folder, 'cut.tar', apt.subarray(0, 9000));
    const flipped = Buffer.from(apt);
    flipped.fill(0xff, 9000, 9010);
    const corrupt = write(folder, 'corrupt.tar', flipped);
    async function* stdin(): AsyncGenerator<Uint8Array> {
      yield apt;
    }
    /* One signal for all of them: none may keep a listener on it. */
    const { signal } = new AbortController();
    const cases: readonly (() => [string, string, DiffOptions])[] = [
      () => [many0, many1, { signal }],
      () => [many0, many0, { signal, mode: 'semantic' }],
      () => [fixture('apt-0.docker.tar'), fixture('apt-1.docker.tar'), { signal, reportDir: join(folder, 'out') }],
      () => [packed, fixture('clock-buildkit-1-layout'), { signal }],
      () => ['-', packed, { signal, stdin: stdin() }],
      () => [cut, corrupt, { signal }],
      () => [corrupt, fixture('apt-0.docker.tar'), { signal, reportDir: join(folder, 'out') }],
      () => [join(folder, 'missing'), packed, { signal }],
      () => [packed, folder, { signal }],
      () => {
        const controller = new AbortController();
        return [many0, many1, { signal: controller.signal, onProgress: () => controller.abort() }];
      },
    ];
    const open = (): number => readdirSync(OPEN_FILES).length;
    const run = async (): Promise<void> => {
      for (const make of cases) await outcome(...make());
    };
    await run();
    const before = open();
    const resources = process.getActiveResourcesInfo().sort();
    for (let i = 0; i < 4; i++) await run();
    /* Also several at once. */
    await Promise.all(cases.filter((_, i) => i !== 2 && i !== 6).map((make) => outcome(...make())));
    expect(open()).toBe(before);
    expect(process.getActiveResourcesInfo().sort()).toEqual(resources);
    /* Warnings come with the next turn of the event loop. */
    await new Promise((resolve) => setTimeout(resolve, 10));
    process.off('warning', listen);
    expect(warnings.map(({ name, message }) => `${name}: ${message}`)).toEqual([]);
  },
);
