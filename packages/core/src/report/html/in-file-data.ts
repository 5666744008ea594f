import type { InFileDifference, MemberDifference, TextDifference } from '../../explain/in-file/in-file-difference.js';
import { displayLine, displayMessage, displayPath } from '../escape.js';
import {
  ESCAPE_BEGIN,
  ESCAPE_END,
  type PageField,
  type PageInFile,
  type PageMember,
  type PageText,
} from './page-shape.js';
import { toldApart, valueText } from './value-text.js';

/** Members within members that the page shows; no reader of containers goes deeper. */
const MEMBER_DEPTH = 20;

/** How the contents of a file differ, with its texts escaped for the page. */
export function pageInFile(difference: InFileDifference, depth = 0): PageInFile {
  const { format, summary, equalBut, text, bytes, fields, members, omitted } = difference;
  const tooDeep = members !== undefined && depth >= MEMBER_DEPTH;
  const left = [...(omitted ?? []), ...(tooDeep ? ['Members nested deeper are not shown.'] : [])];
  return {
    format: displayMessage(format),
    summary: displayMessage(summary),
    ...(equalBut === undefined ? {} : { equalBut: equalBut.map(displayMessage) }),
    ...(text === undefined ? {} : { text: pageText(text) }),
    ...(bytes === undefined ? {} : { bytes }),
    ...(fields === undefined ? {} : { fields: fields.map(pageField) }),
    ...(members === undefined || tooDeep ? {} : { members: members.map((member) => pageMember(member, depth + 1)) }),
    ...(left.length === 0 ? {} : { omitted: left.map(displayMessage) }),
  };
}

function pageText({ encodings, lines, hunks }: TextDifference): PageText {
  return {
    encodings: [displayMessage(encodings[0]), displayMessage(encodings[1])],
    lines,
    hunks: hunks.map((hunk) => ({ ...hunk, lines: hunk.lines.map(escapeLine) })),
  };
}

function pageMember({ name, change, fields, content }: MemberDifference, depth: number): PageMember {
  return {
    name: displayPath(name),
    change,
    ...(fields === undefined ? {} : { fields: fields.map(pageField) }),
    ...(content === undefined ? {} : { content: pageInFile(content, depth) }),
  };
}

function pageField({ name, values }: NonNullable<InFileDifference['fields']>[number]): PageField {
  const [value0, value1] = values;
  const texts = [value0, value1].map((value) => (value === null ? null : valueText(value, false)));
  return { name: displayMessage(name), values: toldApart(texts[0] ?? null, texts[1] ?? null, values) };
}

/* What is escaped is marked, so that it cannot be taken for text that looks like it. */
function escapeLine(line: string): string {
  return displayLine(line, (shown) => ESCAPE_BEGIN + shown + ESCAPE_END);
}
