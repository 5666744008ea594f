import { grouped } from '../count.js';
import type { Report } from '../report.js';
import { html, type Markup } from './markup.js';

/** The frame of the list of differences; the page's script fills it. */
export function explorerMarkup(report: Report): Markup {
  const { differences, summary } = report;
  const listedIgnored = differences.filter(({ ignoredBy }) => ignoredBy !== undefined).length;
  const left = summary.ignored - listedIgnored;
  const withContents = differences.some(({ inFile }) => inFile !== undefined);
  const contents = differences.some(({ subject, field }) => subject === 'file' && field === 'content');
  return html`<section id="differences" aria-labelledby="differences-title"><h2 id="differences-title">Differences</h2>
${left > 0 ? html`<p class="hint">${grouped(left)} ignored ${left === 1 ? 'difference is' : 'differences are'} counted but not listed; <code>--verbose</code> lists them.</p>` : ''}
${contents && !withContents ? html`<p class="callout" id="not-looked-into">The contents of differing files were not looked into for this report. <code>ocidiff --report-dir DIR …</code> does so, and this page then shows what differs inside each file.</p>` : ''}
${
  differences.length === 0
    ? html`<p>None is listed.</p>`
    : html`<noscript><p class="callout">The list of differences needs scripts, which this page may not run here. Open it in a browser that allows scripts in local files; or read <code>report.json</code>, or the table that <code>ocidiff</code> prints. Everything else on this page is shown without them.</p></noscript>
<div id="explorer" hidden></div><div id="printed"></div>`
}</section>`;
}
