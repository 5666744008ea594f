import type { PageData, PageInFile, PageRow } from '../src/report/html/page-shape.js';

/** The data of the page, which stands in it as JSON: parsed once, then the text is let go. */
export function readData(): PageData {
  return { ...(parsed('data') as Omit<PageData, 'rows'>), rows: parsed('rows') as PageRow[] };
}

let inFile: readonly PageInFile[] | null = null;

/** An in-file difference; they are parsed when the first of them is asked for. */
export function readInFile(position: number): PageInFile | undefined {
  inFile ??= parsed('in-file') as PageInFile[];
  return inFile[position];
}

function parsed(id: string): unknown {
  const element = document.getElementById(id);
  const value: unknown = JSON.parse(element?.textContent ?? '[]');
  element?.remove();
  return value;
}
