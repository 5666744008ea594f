import { latin1, latin1Bytes } from '../../bytes/latin1.js';
import { OciDiffError } from '../../errors.js';
import { parseJson } from '../../json/parse.js';
import type { JsonNode } from '../../json/value.js';
import type { Cause } from '../cause.js';
import type { FileSide } from '../evidence.js';
import { normaliseLines, replaceWords } from '../text-rule.js';
import { CTIME, ISO_DATE, MAIL_DATE, MONTH, TIME_OF_DAY, WEEKDAY } from './dates.js';

/* Whatever stands before or behind must not make a longer word or number of it. */
const word = (pattern: string): RegExp => new RegExp(`(?<![0-9A-Za-z_])(?:${pattern})(?![0-9A-Za-z_])`, 'g');

const ZONE = '(?: ?(?:Z|UTC|GMT|[+-]\\d\\d:?\\d\\d))?';
const FRACTION = '(?:[.,]\\d{1,9})?';
const TIMESTAMPS: readonly RegExp[] = [
  word(`${ISO_DATE}[T ]{1,2}${TIME_OF_DAY}${FRACTION}${ZONE}`),
  word(`${ISO_DATE}[T ]\\d\\d:\\d\\d${ZONE}`),
  word(CTIME),
  word(MAIL_DATE),
  word(`\\d{1,2}[ /-]${MONTH}[ /-](?:19|20|21)\\d\\d(?:[ :]${TIME_OF_DAY}${FRACTION}${ZONE})?`),
  word(`(?:${WEEKDAY} )?${MONTH} {1,2}\\d{1,2},? (?:19|20|21)\\d\\d(?: ${TIME_OF_DAY}${ZONE})?`),
  word(`(?:19|20|21)\\d\\d/[01]\\d/[0-3]\\d(?: ${TIME_OF_DAY}${FRACTION}${ZONE})?`),
  word(`(?:19|20|21)\\d\\d[01]\\d[0-3]\\dT?[0-2]\\d[0-5]\\d[0-6]\\dZ?`),
  word(ISO_DATE),
  /* Not within an address of a network card, or a fingerprint. */
  word(`(?<![0-9A-Fa-f]:)${TIME_OF_DAY}${FRACTION}(?!:[0-9A-Fa-f])`),
];
/* Seconds, milliseconds, microseconds or nanoseconds since 1970, from 2001 to 2033. */
const EPOCH = word('1\\d{9}(?:\\d{3}|\\d{6}|\\d{9})?(?:\\.\\d{1,9})?');
/* /proc/uptime: seconds since the start, and those all processors were idle */
const UPTIME = /(^|[ \t])\d{1,9}\.\d\d \d{1,11}\.\d\d$/gm;
const UUID = word('[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}');
const HEX = word('[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{32}|[0-9A-F]{64}|[0-9A-F]{40}|[0-9A-F]{32}');
const TEMPORARY: readonly RegExp[] = [
  /(\/tmp\/)[A-Za-z0-9._-]{6,100}(?=[/"'\s:,;)\]]|$)/g,
  word('(?:tmp\\.[A-Za-z0-9]{10}|cc[A-Za-z0-9]{6}\\.[os])'),
];
/* syslog: `name[123]:`; others: `pid 123`, `pid=123` */
const PROCESS: readonly RegExp[] = [
  /(\b[a-z][a-z0-9_.-]{1,40}\[)\d{1,7}(?=\]:)/g,
  /(\b[Pp][Ii][Dd][ =:]{1,2})\d{1,7}\b/g,
];
/* A container id behind an @ or as a host; names that builders give; private addresses of RFC 1918 */
const HOST: readonly RegExp[] = [
  /(@|\bhost(?:name)?[ =:]{1,2}"?)(?:[0-9a-f]{12}|buildkitsandbox|buildah|localhost)\b/g,
  /()\b(?:10\.\d{1,3}|192\.168|172\.(?:1[6-9]|2\d|3[01]))\.\d{1,3}\.\d{1,3}\b/g,
];

/* Here a date says until when somebody may do something. */
const DATES_DECIDE =
  /^etc\/(?:g?shadow-?|sudoers|doas\.conf|security\/time\.conf)$|^etc\/sudoers\.d\/|(?:^|\/)authorized_keys2?$/;
/* In a program the order of lines is what it does. */
const PROGRAM = /\.(?:[a-z]?sh|[cm]?[jt]sx?|py|rb|php\d?|p[lm]|lua|tcl|awk|r|java|go|ps1|sql|bat|cmd)$/i;
const replaceTimestamps = replaceWords('time', TIMESTAMPS);

const JSON_LIMITS = { maxDepth: 200, maxBytes: 4 * 1024 * 1024 };
/* What is sorted at most; a list of more lines would take too long. */
const SORTED_BYTES = 4 * 1024 * 1024;

const STABLE = 'https://reproducible-builds.org/docs/stable-outputs/';

/**
 * What differs between builds of many programs, wherever it stands. None says what the file is for, so all of it is to
 * be reviewed; special causes are asked before.
 */
export const GENERAL: readonly Cause[] = [
  {
    id: 'text-timestamps',
    title: 'A text holds the date or time of the build',
    class: 'review',
    where: 'Any text',
    shape: 'Dates and times within lines; all else is the same, line by line.',
    remedy: 'Let the program heed SOURCE_DATE_EPOCH, or remove or rewrite the file in the step that makes it.',
    references: ['https://reproducible-builds.org/docs/timestamps/'],
    rule: { what: 'content', paths: ['**'], normalise: withoutTimestamps },
  },
  {
    id: 'epoch-numbers',
    title: 'A text holds the time of the build as a number',
    class: 'review',
    where: 'Any text',
    shape: 'Numbers that are seconds since 1970, or parts of them, between 2001 and 2033; all else is the same.',
    remedy: 'Let the program heed SOURCE_DATE_EPOCH, or remove or rewrite the file in the step that makes it.',
    references: ['https://reproducible-builds.org/docs/source-date-epoch/'],
    rule: { what: 'content', guesses: true, paths: ['**'], normalise: replaceWords('epoch', [EPOCH]) },
  },
  {
    id: 'uptime',
    title: 'A text holds how long the build host has been running',
    class: 'review',
    where: 'Any text',
    shape: 'The two numbers of /proc/uptime at the end of a line; all else is the same.',
    remedy: 'Do not write /proc/uptime into the image.',
    references: ['https://man7.org/linux/man-pages/man5/proc_uptime.5.html'],
    rule: { what: 'content', paths: ['**'], normalise: replaceWords('uptime', [UPTIME]) },
  },
  {
    id: 'random-uuids',
    title: 'A text holds random identifiers',
    class: 'review',
    where: 'Any text',
    shape: 'UUIDs; all else is the same, line by line.',
    remedy: 'Make them when the container starts, or derive them from the source.',
    references: ['https://reproducible-builds.org/docs/randomness/'],
    rule: { what: 'content', guesses: true, paths: ['**'], normalise: replaceWords('uuid', [UUID]) },
  },
  {
    id: 'hexadecimal-ids',
    title: 'A text holds identifiers or checksums',
    class: 'review',
    where: 'Any text',
    shape:
      'Words of 32, 40 or 64 hexadecimal digits; all else is the same. A checksum follows from something else that differs.',
    remedy: 'See to what the checksum is of; make random identifiers when the container starts.',
    references: ['https://reproducible-builds.org/docs/randomness/'],
    rule: { what: 'content', guesses: true, paths: ['**'], normalise: replaceWords('hex', [HEX]) },
  },
  {
    id: 'temporary-paths',
    title: 'A text holds names of temporary files or numbers of processes',
    class: 'review',
    where: 'Any text',
    shape:
      'Names below /tmp, names as mktemp makes them, numbers of processes as logs write them; all else is the same.',
    remedy: 'Build in a folder with a fixed name, and remove logs in the step that writes them.',
    references: ['https://reproducible-builds.org/docs/build-path/'],
    rule: {
      what: 'content',
      guesses: true,
      paths: ['**'],
      normalise: replaceWords('temporary', [...TEMPORARY, ...PROCESS]),
    },
  },
  {
    id: 'host-names',
    title: 'A text holds the name or address of the build host',
    class: 'review',
    where: 'Any text',
    shape: 'Container ids and names of builders where a host stands, and private IPv4 addresses; all else is the same.',
    remedy:
      'Leave the host out of what is written, or give the build one: docker build --build-arg BUILDKIT_SANDBOX_HOSTNAME=build',
    references: ['https://docs.docker.com/reference/dockerfile/'],
    rule: { what: 'content', guesses: true, paths: ['**'], normalise: replaceWords('host', HOST) },
  },
  {
    id: 'line-ends',
    title: 'Lines of a text end in another way',
    class: 'review',
    where: 'Any text',
    shape:
      'Carriage return and line feed on one side, line feed alone on the other. A shell does not run scripts with the first.',
    remedy: 'Check sources out with one kind: * text=auto eol=lf in .gitattributes',
    references: ['https://git-scm.com/docs/gitattributes'],
    rule: {
      what: 'content',
      paths: ['**'],
      normalise: normaliseLines((line) => (line.endsWith('\r') ? line.slice(0, -1) : line)),
    },
  },
  {
    id: 'json-key-order',
    title: 'Keys of a JSON document stand in another order',
    class: 'review',
    where: 'Any JSON document',
    shape: 'The order of keys, white space and escapes in strings; all values and the order of lists are the same.',
    remedy: 'Write keys in one order: json.dumps(…, sort_keys=True), jq -S; Go sorts keys of maps.',
    references: [STABLE],
    rule: { what: 'content', paths: ['**'], normalise: sortKeys },
  },
  {
    id: 'line-order',
    title: 'Lines of a text stand in another order',
    class: 'review',
    where: 'Any text',
    shape: 'The same lines in another order. Programs, by their names or beginnings, are not this.',
    remedy: 'Sort what comes from the file system or from a hash table, in one locale: LC_ALL=C sort',
    references: [STABLE, 'https://reproducible-builds.org/docs/locales/'],
    rule: { what: 'content', guesses: true, paths: ['**'], normalise: sortLines },
  },
];

function withoutTimestamps(file: FileSide): Uint8Array | null {
  return DATES_DECIDE.test(file.path) ? null : replaceTimestamps(file);
}

function sortLines({ path, content }: FileSide): Uint8Array | null {
  if (PROGRAM.test(path) || content.length > SORTED_BYTES || content.includes(0)) return null;
  const text = latin1(content);
  const hasEnd = text.endsWith('\n');
  const lines = (hasEnd ? text.slice(0, -1) : text).split('\n');
  if (lines.length < 2) return content;
  return latin1Bytes(`${lines.sort().join('\n')}${hasEnd ? '\n' : ''}`);
}

function sortKeys({ content }: FileSide): Uint8Array | null {
  if (content[0] !== 0x7b && content[0] !== 0x5b) return null;
  try {
    const parts: string[] = [];
    writeSorted(parseJson(content, JSON_LIMITS).root, parts);
    return Buffer.from(parts.join(''));
  } catch (error) {
    if (error instanceof OciDiffError) return null;
    throw error;
  }
}

/* Numbers as they are written; depth is bounded by JSON_LIMITS. */
function writeSorted(node: JsonNode, parts: string[]): void {
  if (node.type === 'object') {
    const members = [...node.members].sort(([a], [b]) => (a < b ? -1 : 1));
    for (const [i, [key, { value }]] of members.entries()) {
      parts.push(i === 0 ? '{' : ',', JSON.stringify(key), ':');
      writeSorted(value, parts);
    }
    parts.push(members.length === 0 ? '{}' : '}');
  } else if (node.type === 'array') {
    for (const [i, item] of node.items.entries()) {
      parts.push(i === 0 ? '[' : ',');
      writeSorted(item, parts);
    }
    parts.push(node.items.length === 0 ? '[]' : ']');
  } else parts.push(node.type === 'number' ? node.text : JSON.stringify(node.value));
}
