import { parseArguments } from '../../../packages/cli/src/arguments.js';
import { UsageError } from '../../../packages/cli/src/usage-error.js';
import { checkOptions } from '../../../packages/core/src/check-options.js';
import { RuleSet } from '../../../packages/core/src/compare/rules.js';
import { limitsFrom } from '../../../packages/core/src/limits.js';
import { RULE_NAMES } from '../../../packages/core/src/options.js';
import { clipEnd, clipLists, clipPair } from '../../../packages/core/src/report/clip.js';
import {
  asciiOnly,
  displayBytes,
  displayJson,
  displayMessage,
  displayPath,
} from '../../../packages/core/src/report/escape.js';
import type { Report } from '../../../packages/core/src/report/report.js';
import { coreWith } from '../../support/command.js';
import { mutateBytes } from '../mutate-bytes.js';
import { mutateText } from '../mutate-text.js';
import { check, failed, outcome } from '../oracle.js';
import type { Target } from '../target.js';

/* Controls, formats (bidirectional ones among them), surrogates, separators: nothing that a terminal obeys. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

const TEXTS = [
  'var/log/apt/term.log',
  'a  b',
  ' leading',
  'trailing ',
  '\\x1b',
  'txt\u202eexe',
  '{"a":"b\\u0000"}',
  'x'.repeat(100),
];

const escapes: Target = {
  name: 'escape',
  cases: 8_000,
  prepare: () => ({
    run: (random) => {
      const text = mutateText(random, random.pick(TEXTS));
      const other = mutateText(random, random.chance(0.5) ? text : random.pick(TEXTS));
      const [shown, shownOther] = [displayPath(text), displayPath(other)];
      for (const each of [shown, displayMessage(text), displayBytes(mutateBytes(random, Buffer.from(text)))]) {
        check(!UNSAFE.test(each), () => `${JSON.stringify(text)} is shown as ${JSON.stringify(each)}`);
      }
      check(
        (text === other) === (shown === shownOther),
        () => `${JSON.stringify([text, other])} are shown as ${shown}`,
      );
      check(/^[\x20-\x7e]*$/.test(asciiOnly(shown)), 'no ASCII');
      const json = JSON.stringify({ text, [other]: [text] });
      const shownJson = displayJson(json);
      check(!UNSAFE.test(shownJson), () => `${json} is shown as ${shownJson}`);
      check(JSON.stringify(JSON.parse(shownJson)) === json, () => `${json} is another value as ${shownJson}`);
      const [clip0, clip1] = clipPair(shown, shownOther);
      check(
        (shown === shownOther) === (clip0 === clip1),
        () => `${JSON.stringify([shown, shownOther])} are clipped to ${clip0}`,
      );
      check(
        clip0.length <= 70 && clip1.length <= 70,
        () => `${clip0.length} and ${clip1.length} characters after clipping`,
      );
      const length = random.between(2, 80);
      check(clipEnd(shown, length).length <= length, 'clipped to more than was allowed');
      const lists = clipLists(shown.split('/'), shownOther.split('/'));
      check(
        lists.every((list) => list.length < 500),
        'long lists',
      );
    },
  }),
};

const GLOBS = [
  'var/log/**',
  '*.log',
  '/etc/{passwd,shadow}',
  '**/x',
  '[a-z]*',
  '!(a|b)',
  '+(a|b)*',
  '@(x)',
  'a?b',
  '\\*',
];
const FIELDS = ['/config/Env', 'manifest:/layers/*/size', 'index:/annotations', 'config:/history/*', 'x:/a'];

/** Patterns come from the user, paths from the image. */
const rules: Target = {
  name: 'rules',
  cases: 6_000,
  prepare: () => ({
    run: (random) => {
      const glob = mutateText(random, random.pick(GLOBS), [
        '*',
        '**',
        '/',
        '{',
        '}',
        ',',
        '(',
        ')',
        '[',
        ']',
        '!',
        '\\',
        '?',
      ]);
      const field = mutateText(random, random.pick(FIELDS), ['/', '~', ':', '*', 'index:', 'manifest:']);
      const set = outcome(
        () =>
          new RuleSet({
            mode: random.pick(['strict', 'semantic', { ignore: [random.pick(RULE_NAMES)] }] as const),
            noIgnore: random.chance(0.2) ? [random.pick(RULE_NAMES)] : [],
            ignorePaths: random.chance(0.8) ? [glob] : [],
            ignoreFields: random.chance(0.3) ? [field] : [],
            platformsChosen: random.chance(0.5),
          }),
      );
      if (failed(set)) return;
      const path = mutateText(random, random.pick(['var/log/a.log', 'etc/.wh.passwd', 'a/b/c/d/e/f/g', 'x']), [
        '/',
        '.wh.',
        'a'.repeat(40),
      ]);
      type Found = Parameters<RuleSet['ignoredBy']>[0];
      const finding = { subject: 'file', path: Buffer.from(path, 'utf8').toString('latin1'), excuses: [] };
      set.ignoredBy(finding as unknown as Found);
      set.ignoredBy({ subject: 'config', steps: ['config', 'Env'], excuses: [] } as unknown as Found);
    },
  }),
};

const WORDS = [
  'a.tar',
  'b.tar',
  'diff',
  '--semantic',
  '--strict',
  '--ignore-history',
  '--no-ignore-history',
  '--ignore-path',
  '--ignore-path=x/**',
  '--ignore-field',
  '/config/Env',
  '--platform',
  'linux/amd64,linux/arm64',
  '--all-platforms',
  '--format',
  'json',
  '--output',
  '-',
  '--report-file=out.json',
  '--report-dir',
  'dir',
  '--max-layer-bytes',
  '10G',
  '--max-layers=0',
  '--color=always',
  '--quiet',
  '--verbose',
  '--help',
  '--version',
  '--',
  '-h',
  '-hv',
  '--__proto__=1',
  '--constructor',
  '',
];

const commandLine: Target = {
  name: 'command-line',
  cases: 2_000,
  prepare: () => {
    const core = coreWith(async () => ({}) as Report);
    return {
      run: (random) => {
        const argv = Array.from({ length: random.below(8) }, () => random.pick(WORDS)).map((word) =>
          random.chance(0.3) ? mutateText(random, word, ['--', '-', '=', ',', 'k', 'T']) : word,
        );
        if (random.chance(0.5)) argv.push('a.tar', 'b.tar');
        try {
          const request = parseArguments(argv, core);
          if (request.what !== 'compare') return;
          outcome(() => checkOptions(...request.images, request.options));
          outcome(() => limitsFrom(request.options.limits ?? {}));
        } catch (error) {
          /* The command escapes what it shows; that it is one line is its parser's affair. */
          if (!(error instanceof UsageError)) throw error;
          check(error.message !== '' && displayMessage(error.message).length < 400_000, 'a message that is none');
        }
      },
    };
  },
};

const OPTION_VALUES: readonly unknown[] = [
  undefined,
  null,
  true,
  0,
  -1,
  Number.NaN,
  '',
  'strict',
  'semantic',
  [],
  ['x'],
  [1],
  {},
  { ignore: [] },
  { ignore: ['nothing'] },
  { __proto__: null },
  () => {},
  Symbol.iterator,
  10n,
];
const OPTION_NAMES = [
  'mode',
  'noIgnore',
  'ignorePaths',
  'ignoreFields',
  'platforms',
  'limits',
  'env',
  'registry',
  'signal',
  'stdin',
  'x',
  '__proto__',
];

const libraryOptions: Target = {
  name: 'library-options',
  cases: 5_000,
  prepare: () => ({
    run: (random) => {
      const options = Object.fromEntries(
        Array.from({ length: random.below(4) }, () => [random.pick(OPTION_NAMES), random.pick(OPTION_VALUES)]),
      );
      outcome(() => checkOptions('a', random.chance(0.9) ? 'b' : random.pick(OPTION_VALUES), options));
      const limits = { [random.pick(['layers', 'layerBytes', 'x', 'toString'])]: random.pick(OPTION_VALUES) };
      outcome(() => limitsFrom(limits as Parameters<typeof limitsFrom>[0]));
    },
  }),
};

export const TEXT_TARGETS: readonly Target[] = [escapes, rules, commandLine, libraryOptions];
