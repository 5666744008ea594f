import { describe, expect, test } from 'vitest';
import type { Finding } from '../../../packages/core/src/compare/finding.js';
import { RuleSet } from '../../../packages/core/src/compare/rules.js';
import { OciDiffError } from '../../../packages/core/src/errors.js';
import { RULE_NAMES, type RuleName } from '../../../packages/core/src/options.js';
import { PLATFORM } from './support.js';

const NONE = { noIgnore: [], ignorePaths: [], ignoreFields: [], platformsChosen: false };

function withPaths(...ignorePaths: string[]): RuleSet {
  return new RuleSet({ ...NONE, mode: 'strict', ignorePaths });
}

function withFields(...ignoreFields: string[]): RuleSet {
  return new RuleSet({ ...NONE, mode: 'strict', ignoreFields });
}

const file = (path: string): Finding => ({
  subject: 'file',
  change: 'modified',
  platform: PLATFORM,
  layers: [0, 0],
  path,
  field: 'mode',
  values: ['0644', '0755'],
  excuses: [],
});

const field = (subject: 'index' | 'manifest' | 'config', ...steps: string[]): Finding => ({
  subject,
  change: 'modified',
  field: `/${steps.join('/')}`,
  steps,
  values: [1, 2],
  excuses: [],
});

describe('which rules are in force', () => {
  test.each<[string, ConstructorParameters<typeof RuleSet>[0], readonly string[]]>([
    ['strict', { ...NONE, mode: 'strict' }, []],
    ['semantic: all', { ...NONE, mode: 'semantic' }, RULE_NAMES],
    [
      'semantic without one',
      { ...NONE, mode: 'semantic', noIgnore: ['history'] },
      RULE_NAMES.filter((name) => name !== 'history'),
    ],
    ['a list, sorted', { ...NONE, mode: { ignore: ['history', 'annotations'] } }, ['annotations', 'history']],
    [
      'a list without one of it',
      { ...NONE, mode: { ignore: ['history', 'annotations'] }, noIgnore: ['history'] },
      ['annotations'],
    ],
    ['one twice', { ...NONE, mode: { ignore: ['history', 'history'] } }, ['history']],
    [
      'patterns among them',
      { ...NONE, mode: { ignore: ['history'] }, ignorePaths: ['/var/**'], ignoreFields: ['/created'] },
      ['history', 'ignore-field=/created', 'ignore-path=/var/**'],
    ],
  ])('%s', (_what, options, names) => {
    expect(new RuleSet(options).names).toEqual([...names].sort());
  });

  test.each([
    ['an unknown rule', () => new RuleSet({ ...NONE, mode: { ignore: ['hist' as RuleName] } })],
    ['an unknown rule to switch off', () => new RuleSet({ ...NONE, mode: 'semantic', noIgnore: ['x' as RuleName] })],
    ['transport, which is no rule', () => new RuleSet({ ...NONE, mode: { ignore: ['transport' as RuleName] } })],
    ['an empty pattern', () => withPaths('')],
    /* Found by fuzzing: V8 refused the expression only when it came to a path. */
    ['a pattern that is too long', () => withPaths('[ab]'.repeat(16_000))],
    ['a pattern longer than picomatch takes', () => withPaths('x'.repeat(70_000))],
    ['a pattern of slashes', () => withPaths('//')],
    ['no JSON Pointer', () => withFields('created')],
    ['no JSON Pointer after a prefix', () => withFields('manifest:created')],
    ['a prefix that is none', () => withFields('layer:/x')],
  ])('refused: %s', (_what, make) => {
    expect(make).toThrow(OciDiffError);
    expect(make).toThrow(expect.objectContaining({ code: 'ERR_OPTION_INVALID' }));
  });
});

describe('--ignore-path', () => {
  test.each([
    ['a name', 'etc/passwd', 'etc/passwd', true],
    ['a leading slash is dropped', '/etc/passwd', 'etc/passwd', true],
    ['not below it', '/etc', 'etc/passwd', false],
    ['not in another folder', 'passwd', 'etc/passwd', false],
    ['* within one folder', 'etc/*', 'etc/passwd', true],
    ['* not across folders', 'etc/*', 'etc/apt/sources', false],
    ['** across folders', 'etc/**', 'etc/apt/sources', true],
    ['** takes the folder too', '/etc/**', 'etc', true],
    ['but not one that begins the same', '/etc/**', 'etcetera', false],
    ['** in front', '**/*.pyc', 'usr/lib/a.pyc', true],
    ['** in front takes the top too', '**/*.pyc', 'a.pyc', true],
    ['hidden files', 'root/*', 'root/.bashrc', true],
    ['hidden folders', 'root/**', 'root/.cache/x', true],
    ['everything', '**', 'etc/.x/y', true],
    ['everything, the root too', '/**', '.', true],
    ['the root', '.', '.', true],
    ['* is not the root', '*', '.', false],
    ['a whiteout by the name it removes', 'opt/old/*', 'opt/old/.wh.one', true],
    ['not by its own', 'opt/**/.wh.*', 'opt/old/.wh.one', false],
    ['an opaque whiteout by its folder', 'opt/old', 'opt/old/.wh..wh..opq', true],
    ['braces', 'var/{log,cache}/**', 'var/cache/apt/x', true],
    ['a character class', 'v[ab]r', 'var', true],
    ['a file that is named !x', '!x', '!x', true],
    ['an exclamation mark negates nothing', '!x', 'y', false],
    ['a name with a new line', 'a*', 'a\nb', true],
    ['text beyond ASCII', 'caf?', 'caf\xc3\xa9', true],
    ['bytes that are no text', 'caf*', 'caf\xff', true],
    ['a backslash escapes', 'a\\*', 'a*', true],
    ['case matters', 'ETC/*', 'etc/passwd', false],
  ])('%s', (_what, glob, path, ignored) => {
    expect(withPaths(glob).ignoredBy(file(path))).toBe(ignored ? `ignore-path=${glob}` : null);
  });

  test('takes out nothing that is no file', () => {
    expect(withPaths('**').ignoredBy(field('config', 'created'))).toBeNull();
  });
});

describe('--ignore-field', () => {
  test.each([
    ['config without a prefix', '/created', field('config', 'created'), true],
    ['config with one', 'config:/created', field('config', 'created'), true],
    ['not of a manifest', '/created', field('manifest', 'created'), false],
    ['manifest', 'manifest:/annotations', field('manifest', 'annotations', 'x'), true],
    ['index', 'index:/annotations/a~1b', field('index', 'annotations', 'a/b'), true],
    ['what is below', '/config', field('config', 'config', 'Labels', 'a'), true],
    ['not what is above', '/config/Labels/a', field('config', 'config', 'Labels'), false],
    ['* is one step', '/history/*/created', field('config', 'history', '3', 'created'), true],
    ['* is not two', '/*/created', field('config', 'history', '3', 'created'), false],
    ['all of a document', 'manifest:', field('manifest', 'annotations', 'x'), true],
  ])('%s', (_what, pointer, finding, ignored) => {
    expect(withFields(pointer).ignoredBy(finding)).toBe(ignored ? `ignore-field=${pointer}` : null);
  });

  test('takes out no file', () => {
    expect(withFields('').ignoredBy(file('a'))).toBeNull();
  });
});

describe('what the mode and the choice of platforms take out', () => {
  const unselected: Finding = { ...field('index', 'manifests', '0'), excuses: [['semantic'], ['platform']] };
  test.each<[string, ConstructorParameters<typeof RuleSet>[0], string | null]>([
    ['strict', { ...NONE, mode: 'strict' }, null],
    ['semantic', { ...NONE, mode: 'semantic' }, 'semantic'],
    ['all rules by name are not the mode', { ...NONE, mode: { ignore: RULE_NAMES } }, null],
    ['strict, platforms chosen', { ...NONE, mode: 'strict', platformsChosen: true }, 'platform'],
    ['semantic with a rule off', { ...NONE, mode: 'semantic', noIgnore: ['attestations'] }, 'semantic'],
  ])('%s', (_what, options, ignoredBy) => {
    expect(new RuleSet(options).ignoredBy(unselected)).toBe(ignoredBy);
  });

  test('transport is always in force', () => {
    const wrapping: Finding = { ...field('index'), excuses: [['transport']] };
    expect(withPaths().ignoredBy(wrapping)).toBe('transport');
  });

  test('an excuse of several rules needs all of them', () => {
    const finding: Finding = { ...field('manifest', 'mediaType'), excuses: [['media-types', 'compression']] };
    const by = (...ignore: RuleName[]): string | null => new RuleSet({ ...NONE, mode: { ignore } }).ignoredBy(finding);
    expect(by('media-types')).toBeNull();
    expect(by('compression')).toBeNull();
    expect(by('compression', 'media-types')).toBe('media-types');
  });
});
