import { counted, grouped } from './count.js';
import { displayMessage, displayPath } from './escape.js';
import type { Report, ReportInput } from './report.js';

/** The head of a table: both inputs, with source, platforms and the whole digest. */
export function headLines(report: Report): string[] {
  return report.inputs.flatMap((input, side) => inputLines(input, side));
}

function inputLines({ reference, source, digest, platforms }: ReportInput, side: number): string[] {
  const label = `INPUT-${side}`;
  const kind = [source, ...platforms.map(displayPath)].join(', ');
  return [
    `${label}  ${displayPath(reference)}  (${kind})`,
    `${' '.repeat(label.length)}  ${digest === null ? 'no manifest of its own' : displayPath(digest)}`,
  ];
}

/** What stands below the rows: counts and, last, the verdict in one line. */
export function summaryLines(report: Report, verbose: boolean): string[] {
  const { summary, failures } = report;
  const subjects = Object.entries(summary.bySubject).map(([subject, count]) => `${subject} ${grouped(count)}`);
  const lines: string[] = [];
  if (summary.counted > 0) {
    lines.push(`${counted(summary.counted, 'difference', 'differences')} (${subjects.join(', ')})`);
  }
  if (summary.ignored > 0) {
    const hint = verbose ? '' : '; --verbose lists them';
    lines.push(`${grouped(summary.ignored)} ignored (${ruleCounts(report, false)}${hint})`);
  }
  if (summary.shadowed > 0) lines.push(`${grouped(summary.shadowed)} shadowed by later layers`);
  if (summary.unexplained > 0) {
    const one = 'digest or size differs with nothing told that it follows from';
    const many = 'digests and sizes differ with nothing told that they follow from';
    lines.push(counted(summary.unexplained, one, many));
  }
  for (const { message } of failures) lines.push(`failure: ${displayMessage(message)}`);
  return [...lines, verdictLine(report)];
}

function verdictLine(report: Report): string {
  switch (report.verdict) {
    case 'identical':
      return 'identical: both have the same digest';
    case 'equivalent':
      return `equivalent: nothing that counts differs; ${digestsLine(report)}`;
    case 'different':
      return 'different';
    case 'incomplete':
      return 'incomplete: something that bears on the answer could not be read';
  }
}

function digestsLine(report: Report): string {
  const causes = ruleCounts(report, true);
  const [{ digest: digest0 }, { digest: digest1 }] = report.inputs;
  if (digest0 === null || digest1 === null) {
    const which =
      digest0 === null ? (digest1 === null ? 'neither input has' : 'input 0 does not have') : 'input 1 does not have';
    return `${which} a manifest of its own${causes === '' ? '' : `; ignored: ${causes}`}`;
  }
  return causes === '' ? 'a medium has lost the manifest or the compressed bytes' : `the digests differ by ${causes}`;
}

/** What causes no digest to differ: it follows from other differences, or is not in what is digested. */
const NO_CAUSES: readonly string[] = ['consequence', 'transport'];

/** Rules with their counts, the greatest first. */
export function ruleCounts({ summary }: Report, causesOnly: boolean): string {
  return Object.entries(summary.byRule)
    .filter(([rule]) => !causesOnly || !NO_CAUSES.includes(rule))
    .sort(([rule0, count0], [rule1, count1]) => count1 - count0 || (rule0 < rule1 ? -1 : 1))
    .map(([rule, count]) => `${displayMessage(rule)} ${grouped(count)}`)
    .join(', ');
}
