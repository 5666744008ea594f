// biome-ignore-all lint/suspicious/noTemplateCurlyInString: source texts to scan, not templates
import { describe, expect, test } from 'vitest';
import { importedModules, usesGlobal } from './module-scanner.js';

describe('importedModules', () => {
  test.each([
    ['a named import', `import { a } from './a.js';`, ['./a.js']],
    ['double quotes', `import { a } from "./a.js"`, ['./a.js']],
    ['a default import', `import a from 'a';`, ['a']],
    ['a namespace', `import * as a from 'a';`, ['a']],
    ['a type-only import', `import type { A } from './a.js';`, ['./a.js']],
    ['an inline type', `import { type A, b } from './a.js';`, ['./a.js']],
    ['a side effect', `import './a.js';`, ['./a.js']],
    ['several lines', `import {\n  a,\n  b as c,\n} from './a.js';`, ['./a.js']],
    ['no white space', `import{a}from'./a.js';import*as b from'./b.js'`, ['./a.js', './b.js']],
    ['attributes', `import a from './a.json' with { type: 'json' };`, ['./a.json']],
    ['a dynamic import', `const a = await import('./a.js');`, ['./a.js']],
    ['a dynamic import over lines', `await import(\n  './a.js'\n)`, ['./a.js']],
    ['a dynamic import with attributes', `import('./a.json', { with: { type: 'json' } })`, ['./a.json']],
    ['a type of a module', `type A = import('./a.js').A;`, ['./a.js']],
    ['a dynamic import of a template', 'import(`./${name}.js`)', [null]],
    ['a dynamic import of a variable', `import(name)`, [null]],
    ['a dynamic import of a sum', `import('./a' + name)`, [null]],
    ['a dynamic import inside a template', '`${await import("./a.js")}`', ['./a.js']],
    ['require', `const a = require('a');`, ['a']],
    ['import = require', `import a = require('a');`, ['a']],
    ['an export of names', `export { a } from './a.js';`, ['./a.js']],
    ['an export of everything', `export * from './a.js';`, ['./a.js']],
    ['an export of a namespace', `export * as a from './a.js';`, ['./a.js']],
    ['an export of types', `export type { A } from './a.js';`, ['./a.js']],
    ['an export of all types', `export type * from './a.js';`, ['./a.js']],
    ['an export over lines', `export {\n  a,\n  b,\n} from './a.js';`, ['./a.js']],
    ['after a comment in between', `import { a } /* of */ from // here\n './a.js';`, ['./a.js']],
    [
      'names that look like keywords',
      `import { from } from './a.js'; import type from './b.js';`,
      ['./a.js', './b.js'],
    ],
    ['after a regular expression with a quote', `const r = /['"]/; import { a } from './a.js';`, ['./a.js']],
    ['after a regular expression with a comment in it', `x.replace(/\\/\\*/g, ''); import './a.js';`, ['./a.js']],
    ['after a regular expression with a class', `return /[/'"]+/.test(a); import './a.js';`, ['./a.js']],
    ['after a division', `const a = b / c; const d = "/"; import './a.js';`, ['./a.js']],
    ['after nested templates', '`${`${{ a: "}" }}`}`; import "./a.js";', ['./a.js']],
    ['after a template with a quote', "`it's`; import './a.js';", ['./a.js']],
    ['after an escaped quote', `const a = 'it\\'s'; import './a.js';`, ['./a.js']],
    ['without semicolons', `import './a.js'\nimport { b } from './b.js'\nexport const c = 1`, ['./a.js', './b.js']],
  ])('finds %s', (_what, source, expected) => {
    expect(importedModules(source)).toEqual(expected);
  });

  test.each([
    ['a line comment', `// import { a } from './a.js';`],
    ['a block comment', `/* import './a.js'; */`],
    ['a string', `const a = "import './a.js'";`],
    ['a template', "const a = `import './a.js'`;"],
    ['a regular expression', `const a = /import '.\\/a.js'/;`],
    ['import.meta', `new URL('./a.js', import.meta.url)`],
    ['import.meta before something from elsewhere', `const a = import.meta.url\nArray.from 'x'`],
    ['a method named import', `a.import('./a.js')`],
    ['an export of its own', `export { a };\nconst b = 'from';`],
    ['an exported type', `export type A = 'a' | 'b';`],
    ['an exported value', `export const from = 'a';`],
  ])('does not take %s for an import', (_what, source) => {
    expect(importedModules(source)).toEqual([]);
  });
});

describe('usesGlobal', () => {
  test.each([
    ['a property', `process.exit(1)`],
    ['an index', `process['exit'](1)`],
    ['an optional property', `process?.exit(1)`],
    ['through globalThis', `globalThis.process.exit(1)`],
    ['in a template', '`${process.pid}`'],
    ['over lines', `process\n  .exit(1)`],
  ])('sees %s', (_what, source) => {
    expect(usesGlobal(source, 'process')).toBe(true);
  });

  test.each([
    ['a comment', `// process.exit(1)`],
    ['a string', `'process.exit(1)'`],
    ['the text of a template', '`process.exit(1)`'],
    ['a property of something else', `this.process.run()`],
    ['a longer name', `subprocess.exit(); processes.length`],
    ['a method', `class A { process(): void {} }`],
  ])('does not mind %s', (_what, source) => {
    expect(usesGlobal(source, 'process')).toBe(false);
  });
});
