import type { Cause } from '@ocidiff/core';
import { UsageError } from './usage-error.js';

const WIDTH = 80;

/**
 * The catalogue, a line a cause, or all that it says of one.
 * @throws {UsageError} for an id that it does not have, naming some that are like it
 */
export function causesText(
  catalogue: readonly Cause[],
  id: string | undefined,
  display: (text: string) => string,
  color: boolean,
): string {
  const bold = (text: string): string => (color ? `\u001b[1m${text}\u001b[0m` : text);
  if (id === undefined) {
    const width = Math.max(...catalogue.map((cause) => cause.id.length));
    const lines = catalogue.map((cause) => `${bold(cause.id.padEnd(width))}  ${cause.class.padEnd(8)}  ${cause.title}`);
    return `${lines.join('\n')}\n\n${catalogue.length} causes; \`ocidiff causes ID\` explains one\n`;
  }
  const cause = catalogue.find((each) => each.id === id);
  if (cause === undefined) {
    const like = catalogue.filter((each) => each.id.split('-').some((word) => id.split('-').includes(word)));
    const hint =
      like.length === 0 ? '`ocidiff causes` lists all' : `there is ${like.map((each) => each.id).join(', ')}`;
    throw new UsageError(`no cause ${JSON.stringify(display(id))}; ${hint}`);
  }
  const parts: readonly (readonly [string, string])[] = [
    ['Where', cause.where],
    ['Shape', cause.shape],
    ['Remedy', cause.remedy],
  ];
  const sections = parts.map(([title, text]) => `${bold(`${title}:`)}\n${indented(text)}\n`);
  const references = `${bold('See:')}\n${cause.references.map((each) => `  ${each}\n`).join('')}`;
  return `${bold(cause.id)} (${cause.class})\n${indented(cause.title)}\n\n${[...sections, references].join('\n')}`;
}

function indented(text: string): string {
  const lines: string[] = [];
  let line = ' ';
  for (const word of text.split(' ')) {
    if (line.length + 1 + word.length > WIDTH && line !== ' ') {
      lines.push(line);
      line = ' ';
    }
    line += ` ${word}`;
  }
  return [...lines, line].join('\n');
}
