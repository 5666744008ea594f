import { describe, expect, test } from 'vitest';
import { buildProgram, parseArguments } from '../../packages/cli/src/arguments.js';
import { helpText } from '../../packages/cli/src/help.js';
import { parseLimit, showLimit } from '../../packages/cli/src/limit-value.js';
import { DEFAULT_LIMITS } from '../../packages/core/src/limits.js';
import { type DiffOptions, RULE_NAMES } from '../../packages/core/src/options.js';
import { coreWith } from '../support/command.js';

const core = coreWith(() => Promise.reject(new Error('not called')));

function optionsOf(...argv: string[]): DiffOptions {
  const request = parseArguments([...argv, 'a', 'b'], core);
  if (request.what !== 'compare') throw new Error(`compares nothing: ${request.what}`);
  return request.options;
}

describe('what counts', () => {
  test.each<[reason: string, argv: string[], mode: DiffOptions['mode'], noIgnore?: string[]]>([
    ['strict is the default', [], 'strict'],
    ['strict, said', ['--strict'], 'strict'],
    ['semantic', ['--semantic'], 'semantic'],
    ['one rule', ['--ignore-history'], { ignore: ['history'] }],
    ['one rule, strict otherwise', ['--strict', '--ignore-history'], { ignore: ['history'] }],
    ['rules in any order', ['--ignore-tar-format', '--ignore-history'], { ignore: ['history', 'tar-format'] }],
    ['semantic is all rules', ['--semantic', '--ignore-history'], 'semantic'],
    ['one rule off', ['--semantic', '--no-ignore-history'], 'semantic', ['history']],
    ['one rule off, said before', ['--no-ignore-history', '--semantic'], 'semantic', ['history']],
    ['off wins over on', ['--no-ignore-history', '--ignore-history'], { ignore: ['history'] }, ['history']],
    ['both kinds of times', ['--ignore-timestamps'], { ignore: ['file-timestamps', 'image-timestamps'] }],
    [
      'one of them',
      ['--ignore-timestamps', '--no-ignore-file-timestamps'],
      { ignore: ['file-timestamps', 'image-timestamps'] },
      ['file-timestamps'],
    ],
    ["diffoci's name", ['--treat-canonical-paths-equal'], { ignore: ['path-spelling'] }],
  ])('%s', (_reason, argv, mode, noIgnore) => {
    const options = optionsOf(...argv);
    expect([options.mode, options.noIgnore]).toEqual([mode, noIgnore]);
  });

  test.each(RULE_NAMES)('the rule %s can be set on and off', (rule) => {
    expect(optionsOf(`--ignore-${rule}`).mode).toEqual({ ignore: [rule] });
    expect(optionsOf('--semantic', `--no-ignore-${rule}`).noIgnore).toEqual([rule]);
  });
});

describe('options of diffImages', () => {
  test.each<[reason: string, argv: string[], expected: Partial<DiffOptions>]>([
    ['nothing asked for', [], { mode: 'strict', limits: {} }],
    ['paths, repeated', ['--ignore-path', 'a/**', '--ignore-path=b'], { ignorePaths: ['a/**', 'b'] }],
    ['a pattern may have commas', ['--ignore-path', '{a,b}'], { ignorePaths: ['{a,b}'] }],
    ['fields, repeated', ['--ignore-field', '/a', '--ignore-field', 'index:/b'], { ignoreFields: ['/a', 'index:/b'] }],
    [
      'platforms, repeated and with commas',
      ['--platform', 'linux/amd64,linux/arm64', '--platform', 'linux/arm/v7'],
      { platforms: ['linux/amd64', 'linux/arm64', 'linux/arm/v7'] },
    ],
    ['all platforms', ['--all-platforms'], { allPlatforms: true }],
    ['a report folder', ['--report-dir', 'diffs'], { reportDir: 'diffs' }],
    [
      'registries',
      ['--plain-http', '--insecure', '--ca-file', 'ca.pem'],
      { registry: { plainHttp: true, insecure: true, caFile: 'ca.pem' } },
    ],
    ['an authority alone', ['--ca-file', 'ca.pem'], { registry: { caFile: 'ca.pem' } }],
    ['no cache', ['--no-cache'], { cache: false }],
    ['a cache elsewhere', ['--cache-dir', 'kept'], { cache: { dir: 'kept' } }],
    ['several layers at once', ['--jobs', '64'], { jobs: 64 }],
    ['verbose', ['--verbose'], { verbose: true }],
    ['a proof', ['--prove'], { prove: true }],
    ['a limit', ['--max-layers', '20k'], { limits: { layers: 20_480 } }],
    ['a limit of several words', ['--max-extended-header-bytes', '1M'], { limits: { extendedHeaderBytes: 1_048_576 } }],
  ])('%s', (_reason, argv, expected) => {
    expect(optionsOf(...argv)).toEqual({ mode: 'strict', cache: true, limits: {}, ...expected });
  });

  test.each(Object.keys(DEFAULT_LIMITS))('the limit %s has an option', (name) => {
    const option = core.limitOption(name as keyof typeof DEFAULT_LIMITS);
    expect(option).toMatch(/^--max-[a-z-]+$/);
    expect(optionsOf(option, '7').limits).toEqual({ [name]: 7 });
  });
});

describe('images', () => {
  test.each([
    ['two', ['a', 'b'], ['a', 'b']],
    ['after the command', ['diff', 'a', 'b'], ['a', 'b']],
    ['one that is called diff', ['diff', 'diff', 'b'], ['diff', 'b']],
    ['standard input', ['-', 'b'], ['-', 'b']],
    ['options between them', ['a', '--semantic', 'b'], ['a', 'b']],
    ['a file called as a command', ['./show', 'b'], ['./show', 'b']],
    ['a second one called as a command', ['a', 'show'], ['a', 'show']],
    ['a first one called as a command, after the command', ['diff', 'show', 'b'], ['show', 'b']],
  ])('%s', (_reason, argv, images) => {
    expect(parseArguments(argv, core)).toMatchObject({ what: 'compare', images });
  });
});

describe('wrong usage is one line that says what is wrong', () => {
  test.each([
    ['no image', [], 'two images are wanted, none is given'],
    ['one image', ['a'], 'two images are wanted, one is given'],
    ['the command is no image', ['diff', 'a'], 'two images are wanted, one is given'],
    ['three images', ['a', 'b', 'c'], 'two images are wanted, 3 are given'],
    ['an unknown option', ['--x', 'a', 'b'], "unknown option '--x'"],
    ['a likely one', ['--semantics', 'a', 'b'], "unknown option '--semantics' (Did you mean --semantic?)"],
    ['an unknown rule', ['--ignore-everything', 'a', 'b'], "unknown option '--ignore-everything'"],
    ['a value that is missing', ['a', 'b', '--format'], "option '--format <format>' argument missing"],
    ['a value for a switch', ['--quiet=yes', 'a', 'b'], "unknown option '--quiet=yes'"],
    [
      'a format that there is not',
      ['--format', 'pdf', 'a', 'b'],
      "option '--format <format>' argument 'pdf' is invalid. Choose one of: table, json, markdown, html.",
    ],
    [
      'colour when?',
      ['--color', 'yes', 'a', 'b'],
      "option '--color <when>' argument 'yes' is invalid. Choose one of: auto, always, never.",
    ],
    [
      'a limit that is none',
      ['--max-layers', '0', 'a', 'b'],
      "option '--max-layers <n>' argument '0' is invalid. A positive whole number, with k, M, G or T for powers of 1024.",
    ],
    ['no jobs', ['--jobs', '0', 'a', 'b'], "option '--jobs <n>' argument '0' is invalid. A whole number from 1 to 64."],
    [
      'too many',
      ['--jobs', '65', 'a', 'b'],
      "option '--jobs <n>' argument '65' is invalid. A whole number from 1 to 64.",
    ],
    [
      'no cache, and where',
      ['--no-cache', '--cache-dir', 'x', 'a', 'b'],
      "option '--cache-dir <dir>' cannot be used with option '--no-cache'",
    ],
    ['a cache without a name', ['--cache-dir', '', 'a', 'b'], '--cache-dir has an empty name'],
    [
      'the cache, and what to do with it',
      ['cache', 'empty'],
      '`ocidiff cache` shows what is kept of layers, `ocidiff cache clear` removes it',
    ],
    [
      'the cache, and more',
      ['cache', 'clear', 'a'],
      '`ocidiff cache` shows what is kept of layers, `ocidiff cache clear` removes it',
    ],
    ['the cache with an option of a comparison', ['cache', '--semantic'], '`ocidiff cache` has no option --semantic'],
    ['both modes', ['--strict', '--semantic', 'a', 'b'], "option '--strict' cannot be used with option '--semantic'"],
    [
      'some platforms and all',
      ['--platform', 'a/b', '--all-platforms', 'a', 'b'],
      "option '--platform <platform>' cannot be used with option '--all-platforms'",
    ],
    ['one file twice', ['--output', 'x', '--report-file', './x', 'a', 'b'], '--output and --report-file name one file'],
    ['an image as the output', ['--output', './a', 'a', 'b'], 'an image and --output name one file'],
    [
      'an image as the report',
      ['--report-file', 'b', 'a', 'oci-archive:b'],
      'an image and --report-file name one file',
    ],
    [
      'a report file on standard output',
      ['--report-file', '-', 'a', 'b'],
      '--report-file wants a file; --format json writes to standard output',
    ],
    ['an empty name', ['--report-dir', '', 'a', 'b'], '--report-dir has an empty name'],
    ['an empty name of an authority', ['--ca-file', '', 'a', 'b'], '--ca-file has an empty name'],
    ['show without a report', ['show'], '`ocidiff show` wants one report: its folder or its file'],
    ['show with two', ['show', 'a', 'b'], '`ocidiff show` wants one report: its folder or its file'],
    ['show with rules', ['show', 'a', '--ignore-path', 'x'], '`ocidiff show` has no option --ignore-path'],
    ['show with paths', ['show', 'a', '--', 'x'], '`ocidiff show` takes no paths after --'],
    ['two causes', ['causes', 'a', 'b'], '`ocidiff causes` wants one cause, or none for all'],
    ['causes with a format', ['causes', '--format', 'json'], '`ocidiff causes` has no option --format'],
    ['a saved report is not proved again', ['show', '--prove', 'x'], '`ocidiff show` has no option --prove'],
    ['no paths', ['a', 'b', '--'], 'no paths after --'],
    ['an accept list without a name', ['a', 'b', '--accept', ''], '--accept has an empty name'],
  ])('%s', (_reason, argv, message) => {
    expect(() => parseArguments(argv, core)).toThrow(expect.objectContaining({ name: 'UsageError', message }));
  });
});

describe('the cache', () => {
  test.each([
    [['cache'], false, true, 1024 ** 3],
    [['cache', 'clear'], true, true, 1024 ** 3],
    [['cache', '--cache-dir', 'x', '--max-cache-bytes', '10M'], false, { dir: 'x' }, 10 * 1024 ** 2],
  ])('%j', (argv, clear, cache, maxBytes) => {
    expect(parseArguments(argv, core)).toEqual({ what: 'cache', clear, cache, maxBytes });
  });

  test('an image of the name', () => {
    expect(parseArguments(['./cache', 'a'], core).what).toBe('compare');
  });
});

describe('numbers of limits', () => {
  test.each([
    ['1', 1],
    ['10k', 10_240],
    ['10K', 10_240],
    ['16M', 16_777_216],
    ['2g', 2_147_483_648],
    ['1T', 1_099_511_627_776],
    ['0', null],
    ['', null],
    ['-1', null],
    ['1.5M', null],
    ['1e3', null],
    ['0x10', null],
    ['1 M', null],
    ['1P', null],
    ['9007199254740993', null],
    ['9007199254740991T', null],
  ])('%s', (text, value) => {
    expect(parseLimit(text)).toBe(value);
  });

  test.each(Object.values(DEFAULT_LIMITS))('%d is shown as what reads as it', (value) => {
    expect(parseLimit(showLimit(value))).toBe(value);
  });
});

describe('--help', () => {
  const help = helpText(core);

  test('is asked for in any company', () => {
    for (const argv of [['--help'], ['-h'], ['diff', '--help'], ['a', '--semantic', '-h']]) {
      expect(parseArguments(argv, core)).toEqual({ what: 'help' });
    }
  });

  test('names every option, every rule and every limit', () => {
    const named = new Set(help.match(/--?[a-z][a-z-]*/g));
    const rules = new Set(RULE_NAMES.flatMap((rule) => [`--ignore-${rule}`, `--no-ignore-${rule}`]));
    const options = buildProgram(core).options.flatMap(({ long, short }) =>
      [long, short].filter((flag) => flag != null),
    );
    expect(options.filter((flag) => !rules.has(flag) && !named.has(flag))).toEqual([]);
    expect(RULE_NAMES.filter((rule) => !new RegExp(`^  ${rule} +\\S`, 'm').test(help))).toEqual([]);
  });

  test('names no option that is not there', () => {
    const options = new Set(buildProgram(core).options.map(({ long }) => long));
    const named = [...help.matchAll(/^ {2}(?:-h, )?(--[a-z][a-z-]+[a-z])/gm)].map((match) => match[1]);
    expect(named.length).toBeGreaterThan(25);
    expect(named.filter((flag) => !options.has(flag) && !/^--(no-)?ignore$/.test(flag ?? ''))).toEqual([]);
  });

  test('starts with examples that work, and fits into 80 columns', () => {
    expect(help.indexOf('Examples:')).toBeLessThan(200);
    expect(help.split('\n').filter((line) => line.length > 80)).toEqual([]);
    /* A name that takes the whole of its column runs into its text. */
    expect(help.match(/^ {2}--\S+ N\S.*/gm)).toBeNull();
    const examples = help
      .split('\n')
      .flatMap((line) => /^ {2}(?:.*\| )?ocidiff (.*?)(?: {2,}.*)?$/.exec(line)?.[1] ?? []);
    expect(examples.length).toBe(7);
    for (const example of examples) expect(parseArguments(example.split(' '), core).what).toBe('compare');
  });
});
