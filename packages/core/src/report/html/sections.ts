import { counted, grouped } from '../count.js';
import { displayMessage, displayPath } from '../escape.js';
import { ladderLines } from '../ladder.js';
import { layerName } from '../layer-name.js';
import type { Report, ReportCause, ReportInput, ReportStep } from '../report.js';
import { ruleCounts } from '../summary.js';
import { html, type Markup, NOTHING } from './markup.js';

type Sides = readonly [string | null, string | null];

const VERDICTS: Readonly<Record<Report['verdict'], readonly [title: string, sign: string]>> = {
  identical: ['Identical', '✓'],
  equivalent: ['Equivalent', '≈'],
  different: ['Different', '≠'],
  incomplete: ['Incomplete', '!'],
};

const CLASSES: Readonly<Record<ReportCause['class'], readonly [name: string, sign: string, meaning: string]>> = {
  benign: ['benign', '✓', 'says nothing of what the image does'],
  review: ['review', '?', 'somebody should look at it'],
  security: ['security', '!', 'may change who can do what, or whom the image trusts'],
};

/** The verdict in one sentence, and both inputs. */
export function headMarkup(report: Report): Markup {
  const [title, sign] = VERDICTS[report.verdict];
  return html`<header class="head verdict-${report.verdict}">
<p class="brand">ocidiff <span>image comparison</span></p>
<h1><span class="verdict-sign" aria-hidden="true">${sign}</span> ${title}</h1>
<p class="lead">${leadText(report)}</p>
${classesMarkup(report)}
<div class="inputs">${report.inputs.map(inputMarkup)}</div>
</header>`;
}

/** How many causes of each class: what may be dangerous is said before everything else. */
function classesMarkup({ causes }: Report): Markup {
  if (causes.length === 0) return NOTHING;
  const tags = (['security', 'review', 'benign'] as const).flatMap((each) => {
    const count = causes.filter((cause) => cause.class === each).length;
    const [name, sign, meaning] = CLASSES[each];
    return count === 0
      ? []
      : [
          html`<li class="tag class-${each}"><span aria-hidden="true">${sign}</span> ${counted(count, 'cause', 'causes')}: ${name} <span class="meaning">(${meaning})</span></li>`,
        ];
  });
  return html`<ul class="tags classes" aria-label="Causes by class">${tags}</ul>`;
}

function inputMarkup({ reference, source, digest, platforms }: ReportInput, side: number): Markup {
  return html`<section class="input side-${side}" aria-label="Input ${side}">
<h2><span class="badge">${'−+'[side] as string}</span> Input ${side}</h2>
<p class="reference"><code>${displayPath(reference)}</code></p>
<p class="facts">${[displayMessage(source), ...platforms.map(displayPath)].join(' · ')}</p>
<p class="digest"><code>${digest === null ? 'no manifest of its own' : displayPath(digest)}</code></p>
</section>`;
}

function leadText(report: Report): string {
  const { verdict, summary, causes, failures } = report;
  switch (verdict) {
    case 'identical':
      return 'Both inputs have the same digest.';
    case 'equivalent':
      return 'Nothing that counts differs.';
    case 'incomplete':
      return `${counted(failures.length, 'part', 'parts')} could not be read. What was found nevertheless is below.`;
  }
  const all = counted(summary.counted, 'difference', 'differences');
  const named = causes.filter((cause) => cause.counted > 0).length;
  if (summary.causes === undefined || named === 0) return `${all} ${summary.counted === 1 ? 'counts' : 'count'}.`;
  const { explained, probable, unknown } = summary.causes;
  const names = `${counted(named, 'cause', 'causes')} ${named === 1 ? 'explains' : 'explain'}`;
  if (explained === summary.counted) return `${names} all ${all}.`;
  const parts = [
    ...(explained > 0 ? [`${grouped(explained)} explained`] : []),
    ...(probable > 0 ? [`${grouped(probable)} probably explained`] : []),
    ...(unknown > 0 ? [`${grouped(unknown)} without a known cause`] : []),
  ];
  return `${all}: ${parts.join(', ')}.`;
}

/** What could not be read. */
export function failuresMarkup({ failures }: Report): Markup {
  if (failures.length === 0) return NOTHING;
  return html`<section id="failures" class="panel warning" aria-labelledby="failures-title">
<h2 id="failures-title">Could not be read</h2>
<ul class="plain">${failures.map(({ code, message }) => html`<li>${displayMessage(message)} <code class="quiet">${code}</code></li>`)}</ul>
</section>`;
}

const RUNG_NAMES: Readonly<Record<string, string>> = {
  differs: 'differs',
  ignored: 'differs in nothing that counts',
  same: 'equal',
  unknown: 'not known',
};

/** How deep the difference goes, counts, and which layer differs first. */
export function summaryMarkup(report: Report): Markup {
  const lines = ladderLines(report);
  const ladder =
    lines.length === 0
      ? NOTHING
      : html`<div><h3>How deep it goes</h3><ol class="ladder">${lines.map(({ text, kind }) => {
          if (kind === 'heading') return html`<li class="heading">${text}</li>`;
          if (kind === 'legend') return html`<li class="legend">${text}</li>`;
          const [, name = '', sign = '', detail = ''] = /^(.*?) +([✗~✓–]) *(.*)$/u.exec(text) ?? [];
          return html`<li class="rung ${kind}"><span class="sign" aria-hidden="true">${sign}</span><span class="level">${name}</span><span class="detail"><span class="visually-hidden">${RUNG_NAMES[kind] ?? ''}. </span>${detail}</span></li>`;
        })}</ol></div>`;
  return html`<section id="summary" aria-labelledby="summary-title">
<h2 id="summary-title">Summary</h2>
<div class="columns">${ladder}<div>${baseMarkup(report)}${countsMarkup(report)}</div></div>
</section>`;
}

const ORIGINS: Readonly<Record<'base' | 'build' | 'unknown', string>> = {
  base: 'It belongs to the base image: the builds did not start from the same one.',
  build: 'It comes from the Dockerfile.',
  unknown: 'Whether it comes from the base image or the Dockerfile is not known.',
};

function baseMarkup({ base }: Report): Markup {
  const several = base.length > 1;
  return html`${base.map(
    (
      each,
    ) => html`<div class="callout"><h3>First layer that differs: ${layerName(each)}${several ? ` (${displayPath(each.platform)})` : ''}</h3>
<p>${ORIGINS[each.origin]} <span class="quiet">${displayMessage(each.evidence)}</span></p>
${stepMarkup(each.history)}</div>`,
  )}`;
}

/** Characters of a line of history: it may be as long as a config. */
const STEP_CHARACTERS = 4000;

function stepText(history: string): string {
  const left = history.length - STEP_CHARACTERS;
  if (left <= 0) return displayMessage(history);
  return `${displayMessage(history.slice(0, STEP_CHARACTERS))}… (${counted(left, 'character', 'characters')} more in the config)`;
}

/** A line of history, once if both sides have the same. */
function stepMarkup(history: Sides): Markup {
  const [history0, history1] = history;
  if (history0 === null && history1 === null) return NOTHING;
  if (history0 === history1) return html`<pre class="step"><code>${stepText(history0 ?? '')}</code></pre>`;
  return html`${history.map((each, side) =>
    each === null
      ? html`<p class="step-side side-${side}"><span class="badge">${'−+'[side] as string}</span> input ${side} has no such step</p>`
      : html`<pre class="step side-${side}"><code><span class="badge">${'−+'[side] as string}</span> ${stepText(each)}</code></pre>`,
  )}`;
}

function countsMarkup(report: Report): Markup {
  const { summary } = report;
  const subjects = Object.entries(summary.bySubject).map(([subject, count]) => `${subject} ${grouped(count)}`);
  const rows: [string, string, string][] = [['Counted', grouped(summary.counted), subjects.join(', ')]];
  if (summary.ignored > 0) rows.push(['Ignored', grouped(summary.ignored), ruleCounts(report, false)]);
  if (summary.shadowed > 0) rows.push(['Shadowed', grouped(summary.shadowed), 'covered by later layers']);
  if (summary.unexplained > 0) {
    rows.push([
      'Unexplained',
      grouped(summary.unexplained),
      'digests and sizes with nothing told that they follow from',
    ]);
  }
  return html`<div><h3>Differences</h3><table class="counts"><tbody>${rows.map(
    ([name, count, detail]) =>
      html`<tr><th scope="row">${name}</th><td class="number">${count}</td><td>${detail}</td></tr>`,
  )}</tbody></table></div>`;
}

/** The causes, with what shows them and what to do. */
export function causesMarkup(report: Report): Markup {
  const { causes, summary } = report;
  /* Without counts nobody looked for any. */
  if (causes.length === 0 && (summary.counted === 0 || summary.causes === undefined)) return NOTHING;
  const unknown = summary.causes?.unknown ?? 0;
  const body =
    causes.length === 0
      ? html`<p>No cause that ocidiff knows explains these differences.</p>`
      : html`<ol class="causes">${causes.map((cause, i) => causeMarkup(cause, i, report))}</ol>`;
  const rest =
    unknown > 0 && causes.length > 0
      ? html`<div class="callout"><p><strong>${counted(unknown, 'difference has', 'differences have')} no known cause.</strong> <button type="button" class="link" data-cause="none">Show ${unknown === 1 ? 'it' : 'them'}</button></p></div>`
      : NOTHING;
  return html`<section id="causes" aria-labelledby="causes-title"><h2 id="causes-title">Why, and what to do</h2>
${body}${rest}</section>`;
}

function causeMarkup(cause: ReportCause, number: number, { summary }: Report): Markup {
  const [name, sign, meaning] = CLASSES[cause.class];
  const share = summary.counted === 0 ? 0 : Math.min(100, (cause.counted / summary.counted) * 100);
  const counts =
    cause.counted === cause.differences
      ? counted(cause.counted, 'difference', 'differences')
      : `${counted(cause.differences, 'difference', 'differences')}, ${grouped(cause.counted)} of them counted`;
  return html`<li class="cause class-${cause.class}"><article aria-labelledby="cause-${number}">
<h3 id="cause-${number}">${displayMessage(cause.title)}</h3>
<p class="tags"><span class="tag class-${cause.class}" title="${meaning}"><span aria-hidden="true">${sign}</span> ${name}</span>${
    cause.confidence === 'probable'
      ? html`<span class="tag" title="only paths and fields were looked at">probable</span>`
      : NOTHING
  }<code class="quiet">${displayMessage(cause.id)}</code></p>
<p class="share"><svg class="bar" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true"><rect class="track" width="100" height="4"/><rect class="part" width="${share.toFixed(1)}" height="4"/></svg><button type="button" class="link" data-cause="${number}">${counts}</button></p>
<div class="remedy"><h4>What to do</h4><p>${displayLines(cause.remedy)}</p></div>
${cause.evidence.length > 0 ? html`<h4>What shows it</h4><ul>${cause.evidence.map((each) => html`<li>${displayMessage(each)}</li>`)}</ul>` : NOTHING}
${cause.steps.length > 0 ? html`<h4>Where in the build</h4>${cause.steps.map(buildStepMarkup)}` : NOTHING}
${cause.references.length > 0 ? html`<h4>More</h4><ul class="references">${cause.references.map(referenceMarkup)}</ul>` : NOTHING}
</article></li>`;
}

function buildStepMarkup({ layers, history }: ReportStep): Markup {
  return html`<pre class="step"><code><span class="quiet">${layerName({ layers })}</span>  ${stepText(history)}</code></pre>`;
}

/** A text of several lines. */
function displayLines(text: string): string {
  return text.split('\n').map(displayMessage).join('\n');
}

/* References are of the catalogue; but a saved report may come from anybody, so only the web is linked to. */
function referenceMarkup(reference: string): Markup {
  const shown = displayMessage(reference);
  const isLink = /^https:\/\/[!-~]+$/.test(reference);
  return isLink
    ? html`<li><a href="${reference}" rel="noreferrer noopener" target="_blank">${shown}</a></li>`
    : html`<li>${shown}</li>`;
}

/** Who built each side. */
export function buildersMarkup({ builders }: Report): Markup {
  if (builders === undefined || builders.length === 0) return NOTHING;
  return html`<section id="builders" aria-labelledby="builders-title"><h2 id="builders-title">Who built them</h2>
${builders.map(
  ({ platform, sides }) =>
    html`${builders.length > 1 ? html`<h3>${displayPath(platform)}</h3>` : NOTHING}<div class="columns">${sides.map(
      ({ name, settings, evidence, confidence }, side) => html`<div class="panel side-${side}">
<h3><span class="badge">${'−+'[side] as string}</span> Input ${side}: ${name === 'unknown' ? 'not known' : displayMessage(name)}</h3>
${confidence === 'none' ? NOTHING : html`<p class="tags"><span class="tag">${confidence}</span>${settings.map((each) => html`<span class="tag">${displayMessage(each)}</span>`)}</p>`}
${evidence.length > 0 ? html`<ul>${evidence.map((each) => html`<li>${displayMessage(each)}</li>`)}</ul>` : html`<p class="quiet">Nothing in the image tells.</p>`}</div>`,
    )}</div>`,
)}</section>`;
}

/** Versions of packages that differ. */
export function packagesMarkup({ packages }: Report): Markup {
  if (packages === undefined || packages.length === 0) return NOTHING;
  const several = new Set(packages.map(({ platform }) => platform)).size > 1;
  return html`<section id="packages" aria-labelledby="packages-title"><h2 id="packages-title">Package changes</h2>
${table(
  'Packages whose versions differ',
  ['Package', 'Input 0', 'Input 1', 'Files that follow'],
  packages.map(({ platform, manager, name, architecture, versions, files }) => [
    html`<strong>${displayMessage(name)}</strong> <span class="quiet">${[displayMessage(manager), ...(architecture === null ? [] : [displayMessage(architecture)]), ...(several ? [displayPath(platform)] : [])].join(' · ')}</span>`,
    ...versions.map((version, side) => sideValue(version, side)),
    html`<span class="number">${grouped(files)}</span>`,
  ]),
)}</section>`;
}

/** What the proof left. */
export function proofMarkup({ proof }: Report): Markup {
  if (proof === undefined) return NOTHING;
  const { causes, residual, failure } = proof;
  const names = html`<p class="quiet">Taken out of both sides: ${causes.length === 0 ? 'nothing' : causes.map(displayMessage).join(', ')}.</p>`;
  const result =
    failure !== undefined
      ? html`<p class="warning-text">It could not be made: ${displayMessage(failure)}</p>`
      : residual.length === 0
        ? html`<p class="proved"><span aria-hidden="true">✓</span> Residual: nothing. With what the causes cover taken out of both images, they are equal.</p>`
        : html`<p><strong>${counted(residual.length, 'difference is', 'differences are')} left</strong> when what the causes cover is taken out of both images${residual.length > RESIDUAL_ROWS ? `; the first ${RESIDUAL_ROWS} are` : ':'}${residual.length > RESIDUAL_ROWS ? ' listed here, all are in the JSON report:' : ''}</p>
<ul>${residual.slice(0, RESIDUAL_ROWS).map(({ subject, path, field, ...where }) => {
            const place = subject === 'file' ? `${layerName(where)}/${displayPath(path ?? '')}` : subject;
            return html`<li><code>${place}</code> ${displayMessage(field)}</li>`;
          })}</ul>`;
  return html`<section id="proof" aria-labelledby="proof-title"><h2 id="proof-title">Proof</h2>${result}${names}</section>`;
}

const RESIDUAL_ROWS = 200;

/** Differences that somebody has accepted. */
export function acceptedMarkup({ accepted }: Report): Markup {
  if (accepted === undefined || accepted.length === 0) return NOTHING;
  return html`<section id="accepted" aria-labelledby="accepted-title"><h2 id="accepted-title">Accepted</h2>
${table(
  'Entries of the accept list',
  ['Entry', 'Reason', 'Matches'],
  accepted.map(({ entry, reason, matched }) => [
    html`<code>${displayMessage(entry)}</code>`,
    html`${displayMessage(reason)}`,
    matched === 0
      ? html`<strong class="warning-text">matches nothing</strong>`
      : html`<span class="number">${grouped(matched)}</span>`,
  ]),
)}</section>`;
}

/** Facts about one side, and the rules in force. */
export function notesMarkup({ notes, rules, renamed }: Report): Markup {
  const list =
    notes.length === 0
      ? NOTHING
      : html`<h3>Notes</h3><ul class="plain">${notes.map(
          ({ input, message }) =>
            html`<li><span class="badge side-${input}">${'−+'[input] as string} input ${input}</span> ${displayMessage(message)}</li>`,
        )}</ul>`;
  const names =
    renamed === undefined
      ? NOTHING
      : html`<h3>Files under another name in the report folder</h3><ul class="plain">${renamed.map(
          ({ input, path, file }) =>
            html`<li><span class="badge side-${input}">input ${input}</span> <code>${displayPath(path)}</code> is <code>${displayPath(file)}</code></li>`,
        )}</ul>`;
  const inForce =
    rules.length === 0
      ? html`<p>None: everything counts.</p>`
      : html`<p class="tags">${rules.map((rule) => html`<code class="tag">${displayMessage(rule)}</code>`)}</p>`;
  return html`<section id="notes" aria-labelledby="notes-title"><h2 id="notes-title">Notes and rules</h2>
${list}${names}<h3>Ignore rules in force</h3>${inForce}</section>`;
}

function sideValue(value: string | null, side: number): Markup {
  return value === null
    ? html`<span class="absent">not there</span>`
    : html`<code class="side-${side}">${displayMessage(value)}</code>`;
}

function table(caption: string, head: readonly string[], rows: readonly (readonly Markup[])[]): Markup {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table class="list"><caption class="visually-hidden">${caption}</caption>
<thead><tr>${head.map((each) => html`<th scope="col">${each}</th>`)}</tr></thead>
<tbody>${rows.map((cells) => html`<tr>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>`)}</tbody></table></div>`;
}
