import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/*
 * What real engines make of an image: the root file system that each of them unpacks. Every engine works in folders
 * of its own, so that nothing on the machine is touched, and needs no network.
 */

/** What is at one path of a file system. */
export interface NodeFacts {
  readonly type: 'file' | 'directory' | 'symlink' | 'fifo' | 'character-device' | 'block-device';
  /** 07777 at most. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Seconds, rounded down. */
  readonly mtime: number;
  /** `user.*` and `security.capability`; values in hexadecimal digits. */
  readonly xattrs: Readonly<Record<string, string>>;
  /** Of a file. */
  readonly size?: number;
  /** Of a file: sha256, hexadecimal. */
  readonly content?: string;
  readonly linkTarget?: string;
  readonly device?: readonly [major: number, minor: number];
  /** All paths of the inode, sorted, where it has more than one. */
  readonly links?: readonly string[];
}

/** A file system by path: latin1, one code unit a byte; the root is `.`. */
export type Tree = ReadonlyMap<string, NodeFacts>;

/** What an engine makes of an image: its tree, or the message with which it refuses it. */
export type Outcome = { readonly tree: Tree } | { readonly error: string };

export interface Engine {
  /** What it makes of the image in an OCI archive. */
  unpack(archive: string): Promise<Outcome>;
  /** Ends what was started and removes what was written. */
  close(): Promise<void>;
}

/** Engines, those with `overlay` with a file system that the kernel puts together of a folder a layer. */
export type EngineName = 'umoci' | 'podman' | 'docker' | 'podman-overlay' | 'docker-overlay' | 'containerd-overlay';

const LISTER = fileURLToPath(new URL('list_tree.py', import.meta.url));
const MOST_OUTPUT = 256 * 1024 * 1024;
const LONGEST_RUN_MS = 60_000;
const LONGEST_LIFE_SECONDS = 300;
const runFile = promisify(execFile);

/** Runs a program to its end; what it wrote to standard output. Fails with what it wrote to standard error. */
export async function run(program: string, ...args: readonly string[]): Promise<string> {
  const options = { maxBuffer: MOST_OUTPUT, timeout: LONGEST_RUN_MS, killSignal: 'SIGKILL' } as const;
  try {
    return (await runFile(program, args, options)).stdout.trim();
  } catch (error) {
    const { stderr = '', message } = error as { stderr?: string; message: string };
    throw new Error(stderr.trim() || message);
  }
}

async function outcomeOf(unpacking: () => Promise<Tree>): Promise<Outcome> {
  try {
    return { tree: await unpacking() };
  } catch (error) {
    return { error: (error as Error).message };
  }
}

async function listFolder(folder: string): Promise<Tree> {
  return treeOf(await run('python3', LISTER, folder));
}

/** The tree in a tar archive that the shell command, run with `args` as `$1` and so on, writes. */
async function listTarOf(command: string, ...args: readonly string[]): Promise<Tree> {
  return treeOf(await run('bash', '-c', `set -o pipefail; ${command} | python3 "$0"`, LISTER, ...args));
}

function treeOf(json: string): Tree {
  return new Map(Object.entries(JSON.parse(json) as Record<string, NodeFacts>));
}

/** A temporary folder for an engine. */
export function workFolder(name: string): string {
  return mkdtempSync(join(tmpdir(), `ocidiff-${name}-`));
}

/** Removes a folder, and all in it. */
export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}

/** `umoci unpack`, as root. */
function startUmoci(): Engine {
  const folder = workFolder('umoci');
  let images = 0;
  return {
    unpack: (archive) =>
      outcomeOf(async () => {
        images += 1;
        const layout = join(folder, `${images}-layout`);
        const bundle = join(folder, `${images}-bundle`);
        await run('skopeo', 'copy', '--quiet', `oci-archive:${archive}`, `oci:${layout}:image`);
        await run('umoci', 'unpack', '--image', `${layout}:image`, bundle);
        return listFolder(join(bundle, 'rootfs'));
      }),
    close: async () => removeFolder(folder),
  };
}

/** `podman pull` and `podman image mount`: containers/storage, as in Buildah and CRI-O. */
function startPodman(name: 'podman' | 'podman-overlay'): Engine {
  const driver = name === 'podman' ? 'vfs' : 'overlay';
  const folder = workFolder('podman');
  const podman = (...args: readonly string[]): Promise<string> =>
    run(
      'podman',
      ...['--root', join(folder, 'root'), '--runroot', join(folder, 'run'), '--tmpdir', join(folder, 'tmp')],
      ...['--storage-driver', driver, '--events-backend', 'none', '--cgroup-manager', 'cgroupfs'],
      ...args,
    );
  return {
    unpack: (archive) =>
      outcomeOf(async () => {
        const id = await podman('pull', '--quiet', `oci-archive:${archive}`);
        const mounted = await podman('image', 'mount', id);
        try {
          return shownBy(name, await listFolder(mounted));
        } finally {
          await podman('image', 'unmount', id);
        }
      }),
    close: async () => {
      await run('umount', join(folder, 'root', driver)).catch(() => '');
      removeFolder(folder);
    },
  };
}

/** A daemon, started and waited for; ended by `stop`. */
export async function startDaemon(
  program: string,
  args: readonly string[],
  log: string,
  ready: () => Promise<unknown>,
): Promise<() => Promise<void>> {
  const output = openSync(log, 'a');
  /* Should the tests come to no end, the daemon does. */
  const daemon: ChildProcess = spawn('timeout', [`${LONGEST_LIFE_SECONDS}`, program, ...args], {
    stdio: ['ignore', output, output],
  });
  const ended = new Promise<void>((resolve) => {
    daemon.once('exit', () => resolve());
    daemon.once('error', () => resolve());
  });
  const stop = async (): Promise<void> => {
    daemon.kill('SIGTERM');
    const killing = setTimeout(() => daemon.kill('SIGKILL'), 10_000);
    await ended;
    clearTimeout(killing);
  };
  for (let tries = 0; ; tries++) {
    try {
      await ready();
      return stop;
    } catch (error) {
      if (tries === 100 || daemon.exitCode !== null) {
        await stop();
        throw new Error(`${program} does not start: ${(error as Error).message}; see ${log}`);
      }
      await sleep(100);
    }
  }
}

/* What Docker itself puts into a container. Source: moby, daemon/initlayer/setup_unix.go; `.dockerenv` besides. */
const DOCKERS_OWN: ReadonlySet<string> = new Set([
  ...['.dockerenv', 'dev', 'dev/console', 'dev/pts', 'dev/shm', 'proc', 'sys'],
  ...['etc', 'etc/hostname', 'etc/hosts', 'etc/mtab', 'etc/resolv.conf'],
]);

/**
 * What an engine can show of a tree. `docker export`: not the root, not what Docker puts over it, no extended attribute
 * but `security.capability`. Storage that copies folders (vfs): no hard links but those of files, since it copies
 * others as so many.
 */
export function shownBy(engine: EngineName, tree: Tree): Tree {
  const exported = engine === 'docker' || engine === 'docker-overlay';
  const copied = engine === 'docker' || engine === 'podman';
  const parents = new Set<string>();
  for (const path of exported ? tree.keys() : []) {
    if (!DOCKERS_OWN.has(path))
      for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) parents.add(path.slice(0, at));
  }
  const shown = new Map<string, NodeFacts>();
  for (const [path, { links, ...node }] of tree) {
    if (exported && (path === '.' || (DOCKERS_OWN.has(path) && !parents.has(path)))) continue;
    const { 'security.capability': capability } = node.xattrs;
    shown.set(path, {
      ...node,
      ...(exported ? { xattrs: capability === undefined ? {} : { 'security.capability': capability } } : {}),
      ...(links === undefined || (copied && node.type !== 'file') ? {} : { links }),
    });
  }
  return shown;
}

/** `docker load`, `docker create`, `docker export` with a daemon of its own. */
async function startDocker(name: 'docker' | 'docker-overlay'): Promise<Engine> {
  const folder = workFolder('docker');
  const socket = `unix://${join(folder, 'docker.sock')}`;
  const docker = (...args: readonly string[]): Promise<string> => run('docker', '--host', socket, ...args);
  const stop = await startDaemon(
    'dockerd',
    [
      ...['--host', socket, '--data-root', join(folder, 'data'), '--exec-root', join(folder, 'exec')],
      ...['--pidfile', join(folder, 'pid')],
      ...['--storage-driver', name === 'docker' ? 'vfs' : 'overlay2'],
      ...['--iptables=false', '--ip6tables=false', '--bridge', 'none'],
    ],
    join(folder, 'log'),
    () => docker('version'),
  );
  let images = 0;
  return {
    unpack: (archive) =>
      outcomeOf(async () => {
        images += 1;
        const tag = `ocidiff/${images}:image`;
        const loaded = join(folder, `${images}.tar`);
        await run('skopeo', 'copy', '--quiet', `oci-archive:${archive}`, `docker-archive:${loaded}:${tag}`);
        await docker('load', '--quiet', '--input', loaded);
        /* Docker makes the folder to work in, where the image has none. */
        const container = await docker('create', '--workdir', '/', tag, 'command');
        return shownBy(name, await listTarOf('docker --host "$1" export "$2"', socket, container));
      }),
    close: async () => {
      await stop();
      removeFolder(folder);
    },
  };
}

/**
 * `ctr images import` and `ctr images mount` with a daemon of its own; overlayfs, since Debian's ctr takes no other
 * snapshotter, whatever it is told.
 */
async function startContainerd(): Promise<Engine> {
  const folder = workFolder('containerd');
  const socket = join(folder, 'containerd.sock');
  const config = join(folder, 'config.toml');
  writeFileSync(
    config,
    [
      'version = 2',
      `root = ${JSON.stringify(join(folder, 'root'))}`,
      `state = ${JSON.stringify(join(folder, 'state'))}`,
      'disabled_plugins = ["io.containerd.grpc.v1.cri"]',
      '[grpc]',
      `address = ${JSON.stringify(socket)}`,
    ].join('\n'),
  );
  const ctr = (...args: readonly string[]): Promise<string> => run('ctr', '--address', socket, ...args);
  const stop = await startDaemon('containerd', ['--config', config], join(folder, 'log'), () => ctr('version'));
  let images = 0;
  return {
    unpack: (archive) =>
      outcomeOf(async () => {
        images += 1;
        const name = `docker.io/ocidiff/${images}:image`;
        const target = join(folder, `${images}`);
        mkdirSync(target);
        await ctr('images', 'import', '--no-unpack', '--index-name', name, archive);
        await ctr('images', 'mount', name, target);
        try {
          return await listFolder(target);
        } finally {
          await ctr('images', 'unmount', target);
        }
      }),
    close: async () => {
      await stop();
      removeFolder(folder);
    },
  };
}

/** Starts an engine; to be closed. */
export async function startEngine(name: EngineName): Promise<Engine> {
  switch (name) {
    case 'umoci':
      return startUmoci();
    case 'podman':
    case 'podman-overlay':
      return startPodman(name);
    case 'docker':
    case 'docker-overlay':
      return startDocker(name);
    case 'containerd-overlay':
      return startContainerd();
  }
}
