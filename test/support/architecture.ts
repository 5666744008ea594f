import { builtinModules } from 'node:module';
import { posix } from 'node:path';
import { importedModules, usesGlobal } from './module-scanner.js';

/** The rooms of the library, lowest floor first. A room may use itself and rooms of lower floors, none beside it. */
const FLOORS: readonly (readonly string[])[] = [
  ['errors', 'limits', 'digest', 'notes', 'options', 'compare-text', 'version'],
  ['bytes', 'json'],
  ['tar', 'image'],
  ['sources', 'layer'],
  ['compare', 'cache'],
  ['explain'],
  ['prove'],
  ['report'],
  ['index'],
];
const GROUND = FLOORS[0] as readonly string[];

/** Modules of Node that only some places may use: the place is a part of a path below `packages/`. */
const CONFINED: readonly { modules: RegExp; places: RegExp; why: string }[] = [
  {
    modules: /^node:fs(\/|$)/,
    places: /^(core\/src\/(sources\/|cache\/|report\/folder)|cli\/)/,
    why: 'only sources, the cache and the report folder touch the disk',
  },
  {
    modules: /^node:(https?|http2|net|tls|dgram|dns)(\/|$)/,
    places: /^core\/src\/sources\//,
    why: 'only sources reach outside the process',
  },
  {
    /* `ctr` and `nerdctl`, since containerd has no API over HTTP; credential helpers are programs. */
    modules: /^node:child_process$/,
    places: /^(core\/src\/sources\/(engine\/|registry\/credential-helper\.ts$)|cli\/src\/pager\.ts$)/,
    why: 'only what asks engines and credential helpers, and the pager, runs other programs',
  },
  { modules: /^undici(\/|$)/, places: /^core\/src\/sources\//, why: 'only sources reach outside the process' },
  { modules: /^node:zlib$/, places: /^core\/src\/bytes\//, why: 'only bytes decompresses' },
  { modules: /^node:(process|console)$/, places: /^cli\//, why: 'only the command has a process and a terminal' },
];

const BUILTINS = new Set(builtinModules);

/**
 * What in `sources` breaks the architecture, one line each.
 * @param sources the text of each source file, by its path below `packages/` (`core/src/tar/reader.ts`)
 */
export function violations(sources: ReadonlyMap<string, string>): string[] {
  const found: string[] = [];
  const graph = new Map<string, string[]>();
  for (const [path, text] of sources) {
    const inner: string[] = [];
    graph.set(path, inner);
    for (const name of ['process', 'console']) {
      if (!path.startsWith('cli/') && usesGlobal(text, name)) found.push(`${path}: ${name} is for cli alone`);
    }
    for (const module of importedModules(text)) {
      if (module === null) {
        found.push(`${path}: imports what only running it can tell`);
      } else if (module.startsWith('.')) {
        const target = posix.join(posix.dirname(path), module).replace(/\.js$/, '.ts');
        if (!sources.has(target)) {
          found.push(`${path}: imports ${module}, which is no source file of a package`);
          continue;
        }
        inner.push(target);
        found.push(...crossed(path, target));
      } else {
        found.push(...outside(path, module));
      }
    }
  }
  return [...found, ...cycles(graph)];
}

function crossed(path: string, target: string): string[] {
  if (path.split('/')[0] !== target.split('/')[0]) {
    return [`${path}: imports ${target} of another package by its path`];
  }
  if (path.startsWith('cli/')) return [];
  const here = roomOf(path);
  const there = roomOf(target);
  for (const [file, room] of [
    [path, here],
    [target, there],
  ] as const) {
    if (floorOf(room) === -1) return [`${file}: ${room} is no room of the house`];
  }
  if (here === there || floorOf(there) < floorOf(here)) return [];
  /* What everything stands on is single files; that they make no cycle is held for all files. */
  if (GROUND.includes(here) && GROUND.includes(there)) return [];
  return [`${path}: ${here} must not use ${there} (${target})`];
}

function outside(path: string, module: string): string[] {
  const [name = ''] = module.split('/');
  if (BUILTINS.has(name)) return [`${path}: imports ${module} without node:`];
  if (module === 'ocidiff' || module.startsWith('ocidiff/')) return [`${path}: imports the command`];
  if (module.startsWith('@ocidiff/core')) {
    if (path.startsWith('core/')) return [`${path}: imports its own package by name`];
    return module === '@ocidiff/core' ? [] : [`${path}: imports ${module}, which is not the library's public entry`];
  }
  return CONFINED.filter(({ modules, places }) => modules.test(module) && !places.test(path)).map(
    ({ why }) => `${path}: imports ${module}; ${why}`,
  );
}

function roomOf(path: string): string {
  const [, , first = '', ...rest] = path.split('/');
  if (rest.length > 0) return first;
  const name = first.replace(/\.ts$/, '');
  return GROUND.includes(name) ? name : 'index';
}

function floorOf(room: string): number {
  return FLOORS.findIndex((rooms) => rooms.includes(room));
}

/** Each cycle of imports once, imports of types included: files that need each other are one file in two. */
function cycles(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const trail: string[] = [];
  const visit = (path: string): void => {
    const start = trail.indexOf(path);
    if (start !== -1) {
      found.push(`cycle: ${[...trail.slice(start), path].join(' → ')}`);
      return;
    }
    if (done.has(path)) return;
    trail.push(path);
    for (const target of graph.get(path) ?? []) visit(target);
    trail.pop();
    done.add(path);
  };
  for (const path of graph.keys()) visit(path);
  return found;
}
