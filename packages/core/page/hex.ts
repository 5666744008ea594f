import type { PageBytes, PageRange } from '../src/report/html/page-shape.js';
import { button, counted, el, grouped, SIDE_SIGNS } from './dom.js';

/** On a phone half of them fit. */
const BYTES_IN_LINE = 16;
const BYTES_IN_SHORT_LINE = 8;
/** Ranges that are shown at once; a button brings more. */
const RANGES = 50;

/** Ranges of bytes that differ, with what is around them, side by side. */
export function hexView({ lengths, differing, count, ranges }: PageBytes, all: boolean): HTMLElement {
  const size =
    lengths[0] === lengths[1]
      ? `${counted(lengths[0], 'byte', 'bytes')} each`
      : `${counted(lengths[0], 'byte', 'bytes')} in input 0, ${grouped(lengths[1])} in input 1`;
  const facts = `${counted(differing, 'byte differs', 'bytes differ')} in ${counted(count, 'range', 'ranges')}; ${size}.`;
  const left = count > ranges.length ? ` The first ${grouped(ranges.length)} ranges are here.` : '';
  const holder = el('div', { class: 'hex' }, el('p', { class: 'hint' }, facts + left));
  let shown = 0;
  const more = (): void => {
    const part = ranges.slice(shown, all ? ranges.length : shown + RANGES);
    shown += part.length;
    moreButton.before(...part.map(rangeView));
    if (shown >= ranges.length) moreButton.remove();
  };
  const moreButton = button('Show more ranges', more, { class: 'more' });
  holder.append(moreButton);
  more();
  return holder;
}

function rangeView(range: PageRange): HTMLElement {
  const [offset0, offset1] = range.offsets;
  const [length0, length1] = range.lengths;
  const at =
    offset0 === offset1 ? `Offset ${hexOffset(offset0)}` : `Offsets ${hexOffset(offset0)} and ${hexOffset(offset1)}`;
  const bytes =
    length0 === length1
      ? counted(length0, 'byte', 'bytes')
      : `${grouped(length0)} and ${counted(length1, 'byte', 'bytes')}`;
  return el(
    'div',
    { class: 'range' },
    el('p', { class: 'range-title' }, `${at}: ${bytes}`),
    el('div', { class: 'columns' }, sideView(range, 0), sideView(range, 1)),
  );
}

function sideView(range: PageRange, side: 0 | 1): HTMLElement {
  const width = matchMedia('(max-width: 40rem)').matches ? BYTES_IN_SHORT_LINE : BYTES_IN_LINE;
  const start = range.start[side];
  const from = range.offsets[side];
  const to = from + range.lengths[side];
  const bytes = (range.hex[side].replace(/\s+/g, '').match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16));
  const block = el('pre', { class: `bytes side-${side}`, 'aria-label': `input ${side}`, role: 'group', tabindex: '0' });
  if (bytes.length === 0) block.append(`${SIDE_SIGNS[side]} nothing here`);
  for (let i = 0; i < bytes.length; i += width) {
    const line = el('span', { class: 'hex-line' }, el('span', { class: 'hex-offset' }, `${hexOffset(start + i)}  `));
    const part = bytes.slice(i, i + width);
    const differs = (j: number): boolean => start + i + j >= from && start + i + j < to;
    appendRuns(line, part, differs, (byte) => `${hexByte(byte)} `);
    line.append(' '.repeat((width - part.length) * 3 + 1));
    appendRuns(line, part, differs, ascii);
    block.append(line, '\n');
  }
  return block;
}

function appendRuns(
  line: HTMLElement,
  bytes: readonly number[],
  differs: (at: number) => boolean,
  show: (byte: number) => string,
): void {
  for (let i = 0; i < bytes.length; ) {
    const kind = differs(i);
    let text = '';
    for (; i < bytes.length && differs(i) === kind; i++) text += show(bytes[i] as number);
    line.append(kind ? el('mark', {}, text) : text);
  }
}

function ascii(byte: number): string {
  return byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·';
}

function hexByte(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}

function hexOffset(offset: number): string {
  return `0x${offset.toString(16).padStart(4, '0')}`;
}
