/*
 * The short texts of the report's `levels`: one a level, to be read beside a sign. Names in them come from the inputs:
 * they are cut, and escaped where they are shown.
 */

const DIGEST = /^(sha(?:256|512):)([0-9a-f]{12})[0-9a-f]+$/;
/** Names that a text lists, and the characters that one of them may take. */
const NAMES = 3;
const NAME_CHARACTERS = 24;

/** Two digests, or whose is missing. */
export function digestDetail(digest0: string | null, digest1: string | null): string {
  if (digest0 === null || digest1 === null) return missingDetail(digest0 !== null, digest1 !== null);
  if (digest0 === digest1) return 'the same digest';
  const [short0, short1] = [digest0, digest1].map((digest) => digest.replace(DIGEST, '$1$2…'));
  return short0 === short1 ? `${digest0} ≠ ${digest1}` : `${short0} ≠ ${short1}`;
}

/** Why a level has no answer: a side does not have it. */
export function missingDetail(in0: boolean, in1: boolean): string {
  if (!in0 && !in1) return 'in neither input';
  return in0 ? 'not in input 1' : 'not in input 0';
}

/** Lists of blobs: `1 of 4 differs (3 the same bytes)`. */
export function layersDetail(digests0: readonly string[], digests1: readonly string[]): string {
  const [count0, count1] = [digests0.length, digests1.length];
  const same = common(digests0, digests1);
  if (count0 !== count1) {
    return `${count0} and ${count1} layers${same === 0 ? '' : `, ${same} the same bytes`}`;
  }
  if (count0 === 0) return 'no layers';
  if (same === count0) return inOrder(digests0, digests1) ? `${same}, the same bytes` : `${same} in another order`;
  const differing = count0 - same;
  const rest = same === 0 ? '' : ` (${same} the same bytes)`;
  return `${differing} of ${count0} ${differing === 1 ? 'differs' : 'differ'}${rest}`;
}

/** Lists of diffIDs: `1 of 4`. */
export function diffIdsDetail(diffIds0: readonly string[], diffIds1: readonly string[]): string {
  const [count0, count1] = [diffIds0.length, diffIds1.length];
  const same = common(diffIds0, diffIds1);
  if (count0 !== count1) return `${count0} and ${count1}${same === 0 ? '' : `, ${same} the same`}`;
  if (count0 === 0) return 'no layers';
  if (same === count0) return inOrder(diffIds0, diffIds1) ? `${same}, the same` : `${same} in another order`;
  return `${count0 - same} of ${count0}`;
}

/** `2 files`; where rules take some of them out, how many count. */
export function filesDetail(files: number, counted: number): string {
  const all = files === 1 ? '1 file' : `${files} files`;
  return counted === 0 || counted === files ? all : `${all}, ${counted} ${counted === 1 ? 'counts' : 'count'}`;
}

/** `a, b, c and 2 more`. */
export function namesDetail(names: readonly string[]): string {
  const shown = names.slice(0, NAMES).map(cut);
  return names.length > NAMES ? `${shown.join(', ')} and ${names.length - NAMES} more` : shown.join(', ');
}

/** A field of a config by the two steps that say most. */
export function configFieldName(field: string, steps: readonly string[] | undefined): string {
  const [first, second] = steps ?? [];
  if (first === undefined) return field === '' ? 'the whole document' : field;
  return (first === 'config' || first === 'rootfs') && second !== undefined ? `${first}.${second}` : first;
}

/** What a container gets, in the order in which it is told. */
const RUNTIME_WORDS: ReadonlyMap<string, string> = new Map([
  ['Entrypoint', 'entry point'],
  ['Cmd', 'command'],
  ['Env', 'environment'],
  ['User', 'user'],
  ['WorkingDir', 'working directory'],
  ['ExposedPorts', 'exposed ports'],
  ['Volumes', 'volumes'],
  ['Labels', 'labels'],
  ['Healthcheck', 'health check'],
  ['StopSignal', 'stop signal'],
  ['StopTimeout', 'stop timeout'],
  ['Shell', 'shell'],
]);

/** The members of `/config` that differ, in words. */
export function runtimeDetail(names: readonly string[]): string {
  if (names.length === 0) return 'entry point, environment, user, … the same';
  const known = [...RUNTIME_WORDS].flatMap(([name, words]) => (names.includes(name) ? [words] : []));
  const others = names.filter((name) => !RUNTIME_WORDS.has(name)).sort();
  return namesDetail([...known, ...others.map((name) => (name === '' ? 'the whole of it' : name))]);
}

function inOrder(items0: readonly string[], items1: readonly string[]): boolean {
  return items0.every((item, i) => item === items1[i]);
}

/** How many items are in both lists, each as often as both have it. */
function common(items0: readonly string[], items1: readonly string[]): number {
  const left = new Map<string, number>();
  for (const item of items0) left.set(item, (left.get(item) ?? 0) + 1);
  let count = 0;
  for (const item of items1) {
    const rest = left.get(item) ?? 0;
    if (rest === 0) continue;
    left.set(item, rest - 1);
    count++;
  }
  return count;
}

function cut(name: string): string {
  if (name.length <= NAME_CHARACTERS) return name;
  const unit = name.charCodeAt(NAME_CHARACTERS - 2);
  /* Never between the two halves of a character beyond U+FFFF. */
  return `${name.slice(0, unit >= 0xd800 && unit <= 0xdbff ? NAME_CHARACTERS - 2 : NAME_CHARACTERS - 1)}…`;
}
