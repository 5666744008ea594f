import { ABSENT, clipEnd } from './clip.js';
import { grouped } from './count.js';
import { displayMessage, displayPath } from './escape.js';
import { historyText } from './history-text.js';
import type { Report, ReportBuilder, ReportCause, ReportPackage } from './report.js';
import { wrap } from './wrap.js';

/** A line of a block of text, and what it is, for whoever colours it. */
export interface TextLine {
  readonly text: string;
  readonly kind: 'heading' | 'cause' | 'security' | 'remedy' | 'plain';
}

/** Texts of evidence for one cause in a table. */
const SHOWN_EXAMPLES = 1;
const EXAMPLE_CHARACTERS = 200;
const SHOWN_PACKAGES = 20;
/** Columns before the text of a line that has a label. */
const LABEL = 11;

/**
 * Why the two differ, the cause that explains most first; those of what was ignored in short, unless `verbose`. Empty
 * where no cause is known. `width` is in columns.
 */
export function causeLines(report: Report, width: number, verbose: boolean): TextLine[] {
  const { causes, summary } = report;
  if (causes.length === 0) return [];
  const lines: TextLine[] = [{ text: headingOf(report), kind: 'heading' }];
  const several = new Set(causes.flatMap(({ steps }) => steps.map(({ platform }) => platform))).size > 1;
  const isShown = ({ counted }: ReportCause): boolean => verbose || counted > 0;
  for (const cause of causes) if (isShown(cause)) lines.push(...linesOf(cause, several, width));
  lines.push(
    ...ignoredLines(
      causes.filter((cause) => !isShown(cause)),
      summary.counted === 0,
      width,
    ),
  );
  if ((summary.causes?.probable ?? 0) > 0) {
    const hint = 'Probable: by paths alone. --diff or --report-dir looks into the files.';
    lines.push(...wrap(hint, width).map((text): TextLine => ({ text, kind: 'plain' })));
  }
  return lines;
}

/* Where nothing else differs, a line each, since they are what the digests differ by. */
function ignoredLines(causes: readonly ReportCause[], withTitles: boolean, width: number): TextLine[] {
  if (causes.length === 0) return [];
  if (!withTitles) {
    const list = causes.map(({ id, differences }) => `${id} ${grouped(differences)}`).join(', ');
    const [first = '', ...more] = wrap(`of what was ignored: ${list} (--verbose tells more)`, width - 4);
    return [`  ${first}`, ...more.map((text) => `    ${text}`)].map((text): TextLine => ({ text, kind: 'plain' }));
  }
  return causes.flatMap(({ id, title, differences }) =>
    wrap(`${grouped(differences)}  ${id}: ${displayMessage(title)}`, width - 5).map(
      (text, i): TextLine => ({ text: `${i === 0 ? '  ' : '     '}${text}`, kind: 'cause' }),
    ),
  );
}

function headingOf({ causes, summary }: Report): string {
  if (summary.counted === 0) return 'Causes of what was ignored';
  const certain = causes.filter(({ confidence, counted }) => confidence === 'certain' && counted > 0);
  const explained = summary.causes?.explained ?? 0;
  const number = `${grouped(certain.length)} ${certain.length === 1 ? 'cause explains' : 'causes explain'}`;
  if (certain.length === 0) return causes.some(({ counted }) => counted > 0) ? 'Probable causes' : 'Causes';
  if (explained === summary.counted) {
    if (explained === 1) return `Causes: ${number} the one difference`;
    return `Causes: ${number} all ${grouped(explained)} differences`;
  }
  return `Causes: ${number} ${grouped(explained)} of ${grouped(summary.counted)} differences`;
}

function* linesOf(cause: ReportCause, several: boolean, width: number): Iterable<TextLine> {
  const { id, title, class: classOf, confidence, counted, differences, remedy, evidence, steps } = cause;
  const count = counted > 0 ? grouped(counted) : `${grouped(differences)} ignored`;
  const tag = confidence === 'certain' ? classOf : `${classOf}, probable`;
  const kind = classOf === 'security' ? 'security' : 'cause';
  const head = wrap(`${count}  ${id} (${tag}): ${displayMessage(title)}`, width - 2);
  for (const [i, text] of head.entries()) yield { text: `${i === 0 ? '  ' : '     '}${text}`, kind };
  yield* labelled('do', wrap(displayMessage(remedy), width - LABEL), 'remedy');
  for (const example of evidence.slice(0, SHOWN_EXAMPLES)) {
    yield* labelled('seen', wrap(clipEnd(displayMessage(example), EXAMPLE_CHARACTERS), width - LABEL), 'plain');
  }
  for (const { platform, history } of steps.slice(0, 1)) {
    const place = several ? `${displayPath(platform)}: ` : '';
    const more = steps.length > 1 ? ` (and ${grouped(steps.length - 1)} more)` : '';
    const room = width - LABEL - place.length - more.length;
    yield* labelled('step', [place + historyText(history, room) + more], 'plain');
  }
}

function* labelled(label: string, lines: readonly string[], kind: TextLine['kind']): Iterable<TextLine> {
  for (const [i, text] of lines.entries()) {
    yield { text: `     ${(i === 0 ? label : '').padEnd(LABEL - 5)}${text}`, kind };
  }
}

/** Packages whose versions differ: they are what the differences of their files follow from. */
export function packageLines({ packages = [] }: Report, width: number): TextLine[] {
  if (packages.length === 0) return [];
  const several = new Set(packages.map(({ platform }) => platform)).size > 1;
  const number = `${grouped(packages.length)} ${packages.length === 1 ? 'package differs' : 'packages differ'}`;
  const lines: TextLine[] = [{ text: `Packages: ${number}`, kind: 'heading' }];
  for (const each of packages.slice(0, SHOWN_PACKAGES)) {
    lines.push({ text: `  ${clipEnd(packageText(each, several), width - 2)}`, kind: 'plain' });
  }
  if (packages.length > SHOWN_PACKAGES) {
    lines.push({ text: `  and ${grouped(packages.length - SHOWN_PACKAGES)} more, in the JSON report`, kind: 'plain' });
  }
  return lines;
}

/** `libc6 2.36-9+deb12u7 → 2.36-9+deb12u9 (dpkg, 12 files)`. */
export function packageText(changed: ReportPackage, withPlatform: boolean): string {
  const { platform, manager, name, architecture, versions, files } = changed;
  const [version0, version1] = versions.map((version) => (version === null ? ABSENT : displayPath(version)));
  const place = withPlatform ? `${displayPath(platform)}: ` : '';
  const suffix = architecture === null ? '' : `:${displayPath(architecture)}`;
  const count = files === 0 ? '' : `, ${grouped(files)} ${files === 1 ? 'file' : 'files'}`;
  return `${place}${displayPath(name)}${suffix} ${version0} → ${version1} (${manager}${count})`;
}

/** Who made each side, where that is known and says something. */
export function builderLines({ builders = [] }: Report, width: number): TextLine[] {
  const several = builders.length > 1;
  return builders.flatMap(({ platform, sides: [builder0, builder1] }) => {
    if (builder0.name === 'unknown' && builder1.name === 'unknown') return [];
    const [text0, text1] = [builderText(builder0), builderText(builder1)];
    const place = several ? `${displayPath(platform)}: ` : '';
    const text = text0 === text1 ? `${place}Both made by ${text0}` : `${place}INPUT-0 by ${text0}; INPUT-1 by ${text1}`;
    return wrap(text, width).map((line): TextLine => ({ text: line, kind: 'plain' }));
  });
}

const BUILDERS: Readonly<Record<string, string>> = {
  buildkit: 'BuildKit',
  buildah: 'Buildah',
  'docker-classic': "Docker's classic builder",
  kaniko: 'Kaniko',
  bazel: 'Bazel',
  jib: 'Jib',
  nix: 'Nix',
  ko: 'ko',
  apko: 'apko',
  unknown: 'an unknown builder',
};

/** `BuildKit (timestamps rewritten)`. */
function builderText({ name, settings, confidence }: ReportBuilder): string {
  const known = BUILDERS[name] ?? displayMessage(name);
  const details = [...(confidence === 'probable' ? ['probably'] : []), ...settings.map(displayMessage)];
  return details.length === 0 ? known : `${known} (${details.join(', ')})`;
}
