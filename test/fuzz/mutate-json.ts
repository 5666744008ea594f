import { mutateBytes } from './mutate-bytes.js';
import { mutateText } from './mutate-text.js';
import type { Random } from './random.js';

/** A number as it is to be written. */
class NumberText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** A JSON value that can be changed: objects are lists of members, so that a key can be there twice. */
type Tree = null | boolean | string | NumberText | TreeArray | TreeObject;
interface TreeArray {
  readonly items: Tree[];
}
interface TreeObject {
  readonly members: [string, Tree][];
}

const NUMBERS = ['0', '-0', '1', '-1', '1.0', '1e2', '9007199254740993', '1e400', '-1E-400', '0.1', '2', '4294967296'];
const KEYS = [
  '__proto__',
  'constructor',
  'toString',
  '',
  '0',
  '1',
  'mediaType',
  'digest',
  'SIZE',
  'size',
  'a/b',
  'm~n',
];
const MAX_DEPTH = 150;

/** `bytes`, a JSON document, with its structure changed, written in some way; sometimes its bytes changed after that. */
export function mutateJson(random: Random, bytes: Uint8Array): Buffer {
  const value = random.chance(0.1) ? undefined : parsed(bytes);
  if (value === undefined) return mutateBytes(random, bytes);
  const root: TreeArray = { items: [treeOf(value)] };
  const changes = random.between(1, 3);
  for (let i = 0; i < changes; i++) changeOnce(random, root);
  const text = write(root.items[0] as Tree, random.chance(0.7) ? PLAIN : oddStyle(random));
  const written = Buffer.from(text, 'utf8');
  return random.chance(0.15) ? mutateBytes(random, written, 1) : written;
}

/* What was changed before may be no JSON any more. */
function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined;
  }
}

function treeOf(value: unknown): Tree {
  if (typeof value === 'number') return new NumberText(JSON.stringify(value));
  if (Array.isArray(value)) return { items: value.map(treeOf) };
  if (typeof value !== 'object' || value === null) return value as Tree;
  return { members: Object.entries(value).map(([key, each]) => [key, treeOf(each)]) };
}

/* A value put below itself would have no end. */
function copyOf(tree: Tree): Tree {
  if (typeof tree !== 'object' || tree === null || tree instanceof NumberText) return tree;
  if ('items' in tree) return { items: tree.items.map(copyOf) };
  return { members: tree.members.map(([key, each]) => [key, copyOf(each)]) };
}

interface Place {
  readonly value: Tree;
  set(value: Tree): void;
}

/** All places of values below `root`, outermost first. */
function placesOf(root: TreeArray): { places: Place[]; holders: (TreeArray | TreeObject)[] } {
  const places: Place[] = [];
  const holders: (TreeArray | TreeObject)[] = [];
  const todo: Tree[] = [root];
  for (let value = todo.pop(); value !== undefined; value = todo.pop()) {
    if (typeof value !== 'object' || value === null || value instanceof NumberText) continue;
    if (value !== root) holders.push(value);
    if ('items' in value) {
      const { items } = value;
      items.forEach((item, i) => {
        todo.push(item);
        places.push({
          value: item,
          set: (other) => {
            items[i] = other;
          },
        });
      });
    } else {
      for (const member of value.members) {
        todo.push(member[1]);
        places.push({
          value: member[1],
          set: (other) => {
            member[1] = other;
          },
        });
      }
    }
  }
  return { places, holders };
}

function changeOnce(random: Random, root: TreeArray): void {
  const { places, holders } = placesOf(root);
  const place = random.pick(places);
  if (random.chance(0.55) || holders.length === 0) {
    place.set(random.chance(0.7) ? changed(random, place.value) : otherValue(random, random.pick(places).value));
    return;
  }
  const holder = random.pick(holders);
  const list: unknown[] = 'items' in holder ? holder.items : holder.members;
  const at = random.below(list.length + 1);
  switch (random.below(5)) {
    case 0:
      list.splice(at, 1);
      break;
    case 1:
      if ('items' in holder) holder.items.push(...holder.items.slice(at, at + 1).map(copyOf));
      else
        holder.members.push(
          ...holder.members.slice(at, at + 1).map(([key, each]): [string, Tree] => [key, copyOf(each)]),
        );
      break;
    case 2:
      list.reverse();
      break;
    case 3:
      if ('items' in holder) holder.items.splice(at, 0, otherValue(random, random.pick(places).value));
      else {
        const key = random.chance(0.5) ? random.pick(KEYS) : mutateText(random, holder.members[0]?.[0] ?? 'x');
        holder.members.splice(at, 0, [key, otherValue(random, random.pick(places).value)]);
      }
      break;
    default: {
      const member = 'members' in holder ? random.pick(holder.members) : undefined;
      if (member !== undefined)
        member[0] = random.chance(0.3) ? random.pick(KEYS) : mutateText(random, member[0], undefined, 1);
    }
  }
}

function changed(random: Random, value: Tree): Tree {
  if (typeof value === 'string') return mutateText(random, value);
  if (typeof value === 'boolean') return !value;
  if (value instanceof NumberText) {
    if (random.chance(0.5)) return new NumberText(random.pick(NUMBERS));
    return new NumberText(JSON.stringify(Number(value.text) + random.pick([-1, 1, 512, -512])) || '0');
  }
  return otherValue(random, value);
}

function otherValue(random: Random, other: Tree): Tree {
  const some = copyOf(other);
  switch (random.below(8)) {
    case 0:
      return null;
    case 1:
      return random.chance(0.5);
    case 2:
      return new NumberText(random.pick(NUMBERS));
    case 3:
      return mutateText(random, 'text');
    case 4:
      return { items: random.chance(0.5) ? [] : [some] };
    case 5:
      return { members: random.chance(0.5) ? [] : [[random.pick(KEYS), some]] };
    case 6: {
      let value: Tree = some;
      const depth = random.between(1, MAX_DEPTH);
      for (let i = 0; i < depth; i++) value = random.chance(0.5) ? { items: [value] } : { members: [['k', value]] };
      return value;
    }
    default:
      return some;
  }
}

interface Style {
  /** What stands around brackets, commas and colons. */
  readonly space: () => string;
  /** Whether each character of a text is written as an escape. */
  readonly escapes: () => boolean;
}

const PLAIN: Style = { space: () => '', escapes: () => false };

function oddStyle(random: Random): Style {
  return {
    space: () => random.pick(['', '', ' ', '\n', '\t', '\r\n  ']),
    escapes: () => random.chance(0.05),
  };
}

/* Recursion is bounded by the changes above and the fixtures. */
function write(value: Tree, style: Style): string {
  const { space } = style;
  if (typeof value === 'string') return writeText(value, style);
  if (value instanceof NumberText) return value.text;
  if (typeof value !== 'object' || value === null) return String(value);
  if ('items' in value) {
    return `[${space()}${value.items.map((item) => write(item, style)).join(`${space()},${space()}`)}${space()}]`;
  }
  const members = value.members.map(
    ([key, each]) => `${writeText(key, style)}${space()}:${space()}${write(each, style)}`,
  );
  return `{${space()}${members.join(`${space()},${space()}`)}${space()}}`;
}

function writeText(text: string, style: Style): string {
  if (!style.escapes()) return JSON.stringify(text);
  const units = Array.from({ length: text.length }, (_, i) => text.charCodeAt(i).toString(16).padStart(4, '0'));
  return `"${units.map((unit) => `\\u${unit}`).join('')}"`;
}
