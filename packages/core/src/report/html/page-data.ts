import type { Difference } from '../../compare/difference.js';
import { clipEnd } from '../clip.js';
import { displayBytes, displayMessage, displayPath } from '../escape.js';
import { layerName } from '../layer-name.js';
import type { Report, ReportDifference } from '../report.js';
import { LayerFinder, sectionOf } from '../rows.js';
import { pageInFile } from './in-file-data.js';
import {
  CHANGES,
  type PageData,
  type PageGroup,
  type PageInFile,
  type PageRow,
  type PageRowMore,
  SECTIONS,
} from './page-shape.js';
import { valueTexts } from './value-text.js';

/** Characters of all in-file differences in one page, as JSON, about: browsers hold that many with ease. */
const IN_FILE_CHARACTERS = 64 * 1024 ** 2;
/**
 * From this many differences on, digests are shortened to so many digits, which the page says: they would be most of
 * it, and a browser takes a second for 20 MB.
 */
const MANY_DIFFERENCES = 20_000;
const SHORT_DIGITS = 16;
/** Characters of a step's line beside the name of its layer. */
const STEP_CHARACTERS = 400;

/** What the page's script shows. The rows are made one by one, since there may be a million. */
export interface PageIslands {
  /** All of `PageData` but the rows; complete once the rows were all taken. */
  head(): Omit<PageData, 'rows'>;
  rows(): Iterable<PageRow>;
  /** The JSON of each in-file difference, escaped; complete once the rows were all taken. */
  inFile(): readonly string[];
}

/** @param several whether the report tells of several platforms */
export function pageIslands(report: Report, several: boolean): PageIslands {
  const strings = new Numbers();
  const groups: PageGroup[] = [];
  const inFile: string[] = [];
  const causes = new Map(report.causes.map(({ id }, i) => [id, i]));
  const extra: { id: string; title: string }[] = [];
  const layers = new LayerFinder(report.layers);
  const digits = report.differences.length < MANY_DIFFERENCES ? null : SHORT_DIGITS;
  let lookedInto = false;
  let characters = 0;
  const keepInFile = (data: PageInFile): PageRowMore => {
    lookedInto = true;
    const json = JSON.stringify(data);
    if (characters + json.length > IN_FILE_CHARACTERS) return { tooLarge: true };
    characters += json.length;
    inFile.push(json);
    return { inFile: inFile.length - 1 };
  };
  const causeNumber = (id: string): number => {
    const known = causes.get(id);
    if (known !== undefined) return known;
    const number = causes.size;
    causes.set(id, number);
    extra.push({ id: displayMessage(id), title: displayMessage(id) });
    return number;
  };
  const more = (difference: ReportDifference): PageRowMore => {
    const { ignoredBy, cause, probableCause, duplicate } = difference;
    const named = cause ?? probableCause;
    return {
      ...(ignoredBy === undefined ? {} : { rule: strings.of(displayMessage(ignoredBy)) }),
      ...(named === undefined ? {} : { cause: causeNumber(named) }),
      ...(named === undefined || cause !== undefined ? {} : { probable: true }),
      ...(difference.package === undefined ? {} : { package: displayMessage(difference.package) }),
      ...(difference.accepted === undefined ? {} : { accepted: displayMessage(difference.accepted) }),
      ...(duplicate === undefined ? {} : { duplicate }),
      ...(difference.inFile === undefined ? {} : keepInFile(pageInFile(difference.inFile))),
    };
  };
  return {
    *rows() {
      let before: ReportDifference | undefined;
      let nameBefore = '';
      for (const difference of report.differences) {
        if (before === undefined || groupKey(before) !== groupKey(difference)) {
          groups.push(groupOf(difference, several, layers));
        }
        before = difference;
        const { field, change } = difference;
        const [value0, value1] = shortened(valueTexts(difference), digits);
        const name = nameOf(difference);
        const shared = sharedLength(nameBefore, name);
        nameBefore = name;
        const row: PageRow = [
          groups.length - 1,
          shared,
          name.slice(shared),
          strings.of(displayMessage(isOfThing(difference) ? field : '')),
          CHANGES.indexOf(change),
          SECTIONS.indexOf(sectionOf(difference)),
          value0,
          value1,
        ];
        const rest = more(difference);
        yield Object.keys(rest).length === 0 ? row : ([...(row as Required<PageRow>).slice(0, 8), rest] as never);
      }
    },
    head: () => ({
      strings: strings.all(),
      groups,
      causes: [
        ...report.causes.map(({ id, title }) => ({ id: displayMessage(id), title: displayMessage(title) })),
        ...extra,
      ],
      digits,
      lookedInto,
    }),
    inFile: () => inFile,
  };
}

type Texts = readonly [string | null, string | null];

const DIGEST = /^sha(?:256|512):[0-9a-f]{64,128}$/;

function shortened(texts: Texts, digits: number | null): Texts {
  if (digits === null) return texts;
  const short = (text: string | null): string | null => {
    if (text === null || !DIGEST.test(text)) return text;
    return `${text.slice(0, text.indexOf(':') + 1 + digits)}…`;
  };
  const [short0, short1] = [short(texts[0]), short(texts[1])];
  return short0 === short1 ? texts : [short0, short1];
}

/* Never between the two halves of a character beyond U+FFFF: JSON would write them as escapes. */
function sharedLength(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a.charCodeAt(length) === b.charCodeAt(length)) length++;
  const unit = b.charCodeAt(length);
  return unit >= 0xdc00 && unit <= 0xdfff && length > 0 ? length - 1 : length;
}

/** Whether the difference is one of several fields of a thing that has a name of its own. */
function isOfThing({ subject }: Difference): boolean {
  return subject === 'file' || subject === 'layer';
}

function groupKey(difference: Difference): string {
  const layer = difference.subject === 'file' ? layerName(difference) : '';
  return `${difference.subject} ${layer} ${difference.platform ?? ''}`;
}

function groupOf(difference: Difference, several: boolean, layers: LayerFinder): PageGroup {
  const { subject, platform } = difference;
  const isFile = subject === 'file';
  const [history0, history1] = (isFile ? layers.find(difference)?.history : undefined) ?? [null, null];
  const history = history0 ?? history1 ?? '';
  const step = clipEnd(history.slice(0, STEP_CHARACTERS + 1), STEP_CHARACTERS)
    .replace(/\s+/g, ' ')
    .trim();
  return {
    platform: several ? displayPath(platform ?? '') : '',
    subject,
    layer: isFile ? layerName(difference) : '',
    step: displayMessage(step),
  };
}

function nameOf(difference: Difference): string {
  const { subject, path, pathBytes, field } = difference;
  if (subject === 'layer') return layerName(difference) || 'layers';
  if (subject !== 'file') return field === '' ? '(document)' : displayPath(field);
  return pathBytes === undefined ? displayPath(path ?? '') : displayBytes(Buffer.from(pathBytes, 'base64'));
}

/** Numbers for texts that repeat. */
class Numbers {
  readonly #numbers = new Map<string, number>();

  of(text: string): number {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    this.#numbers.set(text, this.#numbers.size);
    return this.#numbers.size - 1;
  }

  all(): readonly string[] {
    return [...this.#numbers.keys()];
  }
}
