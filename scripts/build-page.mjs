/**
 * Makes the script and the style of the HTML report, from `packages/core/page/`, as texts in a module of the library:
 * so the library reads no file to render a page, and works however it is packed. The module is kept in the repository,
 * and a test holds that it is what this makes: `npm run page` after a change.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const PAGE = join(ROOT, 'packages', 'core', 'page');
export const PAGE_MODULE = join(ROOT, 'packages', 'core', 'src', 'report', 'html', 'page-source.ts');

const IMPORT = /^import\s[^'"]*?from '(\.[^']+)';\n/gm;
/* No template stands in another, and no regular expression holds a quote. */
const STRING_OR_SIGN = /(['"`])(?:\\.|(?!\1)[^\\])*\1| ?(=>|[!=]==|\?\?|&&|\|\||[=?:,{}(<>]) ?/g;
const DECLARATION = /^(?:export )?(?:async )?(?:function\*?|class|const|let)\s+(?:\{[^}]*\}|([\w$]+))/gm;

/**
 * The text of the module.
 * @returns {string}
 */
export function pageModule() {
  const script = bundle();
  const style = minified(readFileSync(join(PAGE, 'page.css'), 'utf8'));
  for (const [name, text] of [
    ['script', script],
    ['style', style],
  ]) {
    if (/<\/|<!--|\r/.test(String(text))) {
      throw new Error(`the ${name} holds what may not stand in a page as it is`);
    }
  }
  return `/* Made by scripts/build-page.mjs from packages/core/page. */
export const SCRIPT: string = ${lines(script)};
export const STYLE: string = ${lines(style)};
`;
}

/*
 * One classic script: the modules one after the other, each after those it imports, in a function of their own. Without
 * indentation and white space around signs: no text in them goes over several lines.
 */
function bundle() {
  const folder = mkdtempSync(join(tmpdir(), 'ocidiff-page-'));
  try {
    const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
    const result = spawnSync(process.execPath, [tsc, '-p', PAGE, '--noEmit', 'false', '--outDir', folder], {
      encoding: 'utf8',
    });
    if (result.status !== 0) throw new Error(`${result.stdout}${result.stderr}`);
    /** @type {Map<string, string>} */
    const modules = new Map();
    /** @param {string} file */
    const add = (file) => {
      if (modules.has(file)) return;
      const text = readFileSync(file, 'utf8');
      modules.set(file, '');
      const imports = [...text.matchAll(IMPORT)].map((match) => join(dirname(file), String(match[1])));
      for (const each of imports) add(each);
      modules.delete(file);
      modules.set(
        file,
        text
          .replace(IMPORT, '')
          .replace(/^export \{\};\n/gm, '')
          .replace(/^export /gm, ''),
      );
    };
    add(join(folder, 'page', 'main.js'));
    refuseTwins(modules);
    const unused = readdirSync(join(folder, 'page')).filter((name) => !modules.has(join(folder, 'page', name)));
    if (unused.length > 0) throw new Error(`nothing imports ${unused.join(', ')}`);
    const body = [...modules.values()]
      .join('')
      .replace(/^ +/gm, '')
      .replace(STRING_OR_SIGN, (text, quote, sign) => (quote === undefined ? sign : text))
      .replace(/([,{([=?:]|&&|\|\|)\n/g, '$1')
      .replaceAll(';\n}', '}');
    return `(()=>{"use strict";\n${body}})();`;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * Two modules with a name in common would be one.
 * @param {ReadonlyMap<string, string>} modules
 */
function refuseTwins(modules) {
  /** @type {Map<string, string>} */
  const owners = new Map();
  for (const [file, text] of modules) {
    if (/^(import|export)\b/m.test(text))
      throw new Error(`${basename(file)}: an import or export of a form that is not known here`);
    for (const [, name] of text.matchAll(DECLARATION)) {
      if (name === undefined) continue;
      const owner = owners.get(name);
      if (owner !== undefined) throw new Error(`${basename(file)} and ${owner} both declare ${name}`);
      owners.set(name, basename(file));
    }
  }
}

/**
 * One rule a line. No text within the style holds white space or braces.
 * @param {string} css
 */
function minified(css) {
  const short = css.replace(/\/\*[\s\S]*?\*\//g, '').replace(/\s+/g, ' ');
  return short
    .replace(/ ?([{};,]) ?/g, '$1')
    .replace(/: /g, ':')
    .replaceAll(';}', '}')
    .replaceAll('}', '}\n')
    .trim();
}

/** @param {string} text */
function lines(text) {
  return `[\n${text
    .split('\n')
    .map((line) => `  ${JSON.stringify(line)},`)
    .join('\n')}\n].join('\\n')`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(PAGE_MODULE, pageModule());
