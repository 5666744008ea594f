import { documentKind, ownMediaType } from '../../../packages/core/src/image/document-kind.js';
import { canonicalMediaType } from '../../../packages/core/src/image/media-type.js';
import { parseConfigFile } from '../../../packages/core/src/image/parse-config.js';
import { parseIndex } from '../../../packages/core/src/image/parse-index.js';
import { parseManifest } from '../../../packages/core/src/image/parse-manifest.js';
import { formatPlatform } from '../../../packages/core/src/image/platform.js';
import { describeEncoding, sameEncoding } from '../../../packages/core/src/json/encoding.js';
import { parseJson } from '../../../packages/core/src/json/parse.js';
import { matchPointer, parsePointer, pointerOf } from '../../../packages/core/src/json/pointer.js';
import { jsonStable } from '../../../packages/core/src/json/stable.js';
import { jsonEqual, toValue } from '../../../packages/core/src/json/to-value.js';
import { parseDockerManifest } from '../../../packages/core/src/sources/docker-manifest.js';
import { mutateJson } from '../mutate-json.js';
import { mutateText } from '../mutate-text.js';
import { check, failed, outcome } from '../oracle.js';
import { readSeeds } from '../seeds.js';
import type { Target } from '../target.js';

const OPTIONS = { maxDepth: 100, maxBytes: 1024 ** 2 };

/** What JSON.parse makes of it; undefined where it refuses it. */
function byNode(bytes: Uint8Array): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)) };
  } catch {
    return undefined;
  }
}

/** Why a document that JSON.parse takes may be refused. */
const STRICTER = /duplicate key|nested deeper/;

const json: Target = {
  name: 'json',
  cases: 20_000,
  prepare: async () => {
    const { documents } = await readSeeds();
    const small = documents.filter(({ length }) => length < 8192);
    return {
      run: (random) => {
        const bytes = mutateJson(random, random.pick(small));
        const document = outcome(() => parseJson(bytes, OPTIONS));
        const expected = byNode(bytes);
        if (failed(document)) {
          const { offset } = document.location;
          check(expected === undefined || STRICTER.test(document.message), () => `refused: ${document.message}`);
          check(
            offset !== undefined && offset >= 0 && offset <= bytes.length,
            `the offset ${offset} of ${bytes.length}`,
          );
          return;
        }
        check(expected !== undefined, 'taken, though it is not JSON');
        const value = toValue(document.root);
        const text = jsonStable(value);
        const again = outcome(() => parseJson(Buffer.from(text, 'utf8'), { ...OPTIONS, maxDepth: 100 }));
        /* A surrogate alone has no UTF-8; written, it is another character. */
        const whole = Buffer.from(text, 'utf8').toString('utf8') === text;
        if (whole && !failed(again))
          check(jsonStable(toValue(again.root)) === text, 'another value after writing and reading');
        if (whole) check(!failed(again), () => `what was written cannot be read: ${String(again)}`);
        check(jsonEqual(document.root, document.root), 'not equal to itself');
        check(sameEncoding(document, document), 'not written as itself');
        check(!failed(outcome(() => describeEncoding(document))), 'no encoding');
      },
    };
  },
};

const documentsTarget: Target = {
  name: 'documents',
  cases: 12_000,
  prepare: async () => {
    const { documents } = await readSeeds();
    const small = documents.filter(({ length }) => length < 8192);
    return {
      run: (random) => {
        const bytes = mutateJson(random, random.pick(small));
        const document = outcome(() => parseJson(bytes, OPTIONS));
        if (failed(document)) return;
        const own = document.root.type === 'object' ? ownMediaType(document.root) : null;
        outcome(() => documentKind(document, random.chance(0.5) ? own : null));
        if (own !== null) canonicalMediaType(own);
        const index = outcome(() => parseIndex(document));
        if (!failed(index))
          for (const { platform } of index.manifests) if (platform !== undefined) formatPlatform(platform);
        outcome(() => parseManifest(document));
        outcome(() => parseConfigFile(document));
        outcome(() => parseDockerManifest(document));
      },
    };
  },
};

const POINTERS = ['/config/Env', '/history/*/created', '/a~1b/m~0n', '/rootfs/diff_ids/0', '', '/'];

const pointers: Target = {
  name: 'pointer',
  cases: 20_000,
  prepare: () => ({
    run: (random) => {
      const text = mutateText(random, random.pick(POINTERS), ['/', '~', '~0', '~1', '~01', '*', '//']);
      const steps = outcome(() => parsePointer(text));
      if (failed(steps)) return;
      check(
        pointerOf(steps) === text,
        () => `${JSON.stringify(text)} written again is ${JSON.stringify(pointerOf(steps))}`,
      );
      check(matchPointer(steps, steps), 'it does not match its own place');
    },
  }),
};

export const JSON_TARGETS: readonly Target[] = [json, documentsTarget, pointers];
