import type { Report, ReportDifference } from '../report.js';

/** Names that a shell takes as they are, and that no Markdown parser takes for anything else. */
const PLAIN = /^[A-Za-z0-9._+,:=@/-]+$/;
const SHOWN = 20;

/**
 * Commands that show how differing files differ, what no cause explains first: files that both sides have in the report
 * folder, under the names they have there. Names that a shell would read otherwise are left out.
 */
export function diffCommands(report: Report): { readonly commands: readonly string[]; readonly more: number } {
  const several = new Set(report.differences.flatMap(({ platform }) => platform ?? [])).size > 1;
  const renamed = new Set((report.renamed ?? []).map(({ path }) => path));
  const shown = report.differences.filter(
    ({ field, ignoredBy, shadowed, path }) =>
      field === 'content' && (ignoredBy === undefined || shadowed === true) && path !== undefined && !renamed.has(path),
  );
  const commands = [
    ...shown.filter(({ cause }) => cause === undefined),
    ...shown.filter(({ cause }) => cause !== undefined),
  ]
    .map((difference) => ({ file: fileOf(difference, several), tool: toolFor(difference) }))
    .filter(({ file }) => PLAIN.test(file))
    .map(({ file, tool }) => `${tool} input-0/${file} input-1/${file}`);
  return { commands: commands.slice(0, SHOWN), more: Math.max(0, commands.length - SHOWN) };
}

function toolFor({ inFile }: ReportDifference): string {
  return inFile === undefined || inFile.text !== undefined ? 'diff -u' : 'diffoscope';
}

function fileOf({ platform, layer, path }: ReportDifference, several: boolean): string {
  const place = several && platform !== undefined ? `${platform.replaceAll('/', '-')}/` : '';
  return `${place}${layer === undefined ? 'rootfs' : `layers-${layer}`}/${path}`;
}
