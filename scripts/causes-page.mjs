/**
 * Writes docs/causes.md from the catalogue: `node scripts/causes-page.mjs`, after a build.
 */
import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const PAGE = new URL('../docs/causes.md', import.meta.url);

/**
 * @param {readonly import('../packages/core/src/explain/cause.js').Cause[]} catalogue
 * @returns {string}
 */
export function causesPage(catalogue) {
  const count = (/** @type {string} */ name) => catalogue.filter((cause) => cause.class === name).length;
  const lines = [
    '# Causes',
    '',
    'What ocidiff knows of why images differ, made from its catalogue (`packages/core/src/explain/catalogue/`) by',
    '`node scripts/causes-page.mjs`. Where several causes could explain a difference, the one that stands first is named.',
    '',
    `${catalogue.length} causes: ${count('benign')} benign (nothing of what the image does), ${count('review')} to be reviewed, ${count('security')} that`,
    'may change who can do what, or whom the image trusts.',
    '',
    '| cause | class | what it is |',
    '|-|-|-|',
    ...catalogue.map(({ id, class: name, title }) => `| [${id}](#${id}) | ${name} | ${text(title)} |`),
  ];
  for (const { id, class: name, title, where, shape, remedy, references } of catalogue) {
    lines.push('', `## ${id}`, '', `${text(title)} (${name}).`, '');
    lines.push(`- **Where**: ${text(where)}`, `- **Shape**: ${text(shape)}`, `- **Remedy**: ${text(remedy)}`);
    lines.push(`- **See**: ${references.map((each) => (/^https?:/.test(each) ? `<${each}>` : text(each))).join(', ')}`);
  }
  return `${lines.join('\n')}\n`;
}

/** @param {string} value */
function text(value) {
  return value.replace(/[\\`*_{}[\]<>#|]/g, '\\$&');
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { CATALOGUE } = await import('../packages/core/dist/index.js');
  writeFileSync(PAGE, causesPage(CATALOGUE));
}
