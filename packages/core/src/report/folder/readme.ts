import { grouped } from '../count.js';
import type { Report } from '../report.js';
import { renderTable } from '../table.js';
import { diffCommands } from './commands.js';

const INTRODUCTION = `# What differs between two container images

Written by ocidiff. \`report.html\` shows all of it as one page, in any browser. \`report.json\` lists every difference, also
those that rules took out; the table below shows those that count.

- \`input-0/\` and \`input-1/\` hold \`manifest.json\`, \`config.json\` and, where there is one, \`index.json\`, byte for byte
  as they were read.
- \`input-N/layers-K/PATH\` is a differing file of layer K, counted from 0. Where the two images' layers have not the
  same number, it is \`input-N/rootfs/PATH\`. With more than one platform, a folder per platform stands between.
- A link is a file that holds the link's target; a device, pipe or whiteout is a file that says what it is.
- A name that a disk may not hold is another one here; \`renamed\` in \`report.json\` says which.

So \`diff -r input-0 input-1\` shows all of it, and \`diff input-0/layers-1/PATH input-1/layers-1/PATH\` one file;
\`diffoscope input-0 input-1\` looks into formats that ocidiff does not know. \`ocidiff show .\` gives the report again, in any
format.

`;

/** README.md of a report folder, in chunks. */
export function* renderReadme(report: Report): Iterable<string> {
  yield INTRODUCTION;
  const { commands, more } = diffCommands(report);
  if (commands.length > 0) {
    yield '## Look into the files\n\n';
    for (const command of commands) yield `    ${command}\n`;
    if (more > 0) yield `\nand ${grouped(more)} more, as the table names them.\n`;
    yield '\n';
  }
  yield '## Causes and the table\n\n';
  for (const chunk of renderTable(report, { color: false, verbose: false })) {
    /* Indented, not fenced: nothing in an indented line ends the block, whatever names are in it. */
    yield chunk.replace(/^(?=.)/gm, '    ');
  }
}
