import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { removeFolder, run, startDaemon, workFolder } from './engine-trees.js';

/*
 * Real engines that hold images, to be read from: each in folders of its own and on a socket of its own, so that
 * nothing on the machine is touched. They need root.
 */

export interface ImageEngine {
  /** By which it is found: `DOCKER_HOST` and the like. */
  readonly env: Readonly<Record<string, string>>;
  /** Runs the engine's own command; what it wrote to standard output. */
  command(...args: readonly string[]): Promise<string>;
  /** Ends it and removes what it wrote. */
  close(): Promise<void>;
}

/** Docker with its classic store, without a network. */
export async function startDockerImages(): Promise<ImageEngine> {
  const folder = workFolder('docker');
  const socket = `unix://${join(folder, 'docker.sock')}`;
  const command = (...args: readonly string[]): Promise<string> => run('docker', '--host', socket, ...args);
  const stop = await startDaemon(
    'dockerd',
    [
      ...['--host', socket, '--data-root', join(folder, 'data'), '--exec-root', join(folder, 'exec')],
      ...['--pidfile', join(folder, 'pid'), '--storage-driver', 'vfs'],
      ...['--iptables=false', '--ip6tables=false', '--bridge', 'none'],
    ],
    join(folder, 'log'),
    () => command('version'),
  );
  return { env: { DOCKER_HOST: socket }, command, close: () => closeAll(stop, folder) };
}

/** Podman's service. */
export async function startPodmanImages(): Promise<ImageEngine> {
  const folder = workFolder('podman');
  const socket = `unix://${join(folder, 'podman.sock')}`;
  const own = [
    ...['--root', join(folder, 'root'), '--runroot', join(folder, 'run'), '--tmpdir', join(folder, 'tmp')],
    ...['--storage-driver', 'vfs', '--events-backend', 'none', '--cgroup-manager', 'cgroupfs'],
  ];
  const stop = await startDaemon(
    'podman',
    [...own, 'system', 'service', '--time', '0', socket],
    join(folder, 'log'),
    () => run('podman', '--remote', '--url', socket, 'version'),
  );
  const command = (...args: readonly string[]): Promise<string> => run('podman', ...own, ...args);
  return {
    env: { CONTAINER_HOST: socket },
    command,
    close: async () => {
      await run('umount', join(folder, 'root', 'vfs')).catch(() => '');
      await closeAll(stop, folder);
    },
  };
}

/** containerd; its command is `ctr`. */
export async function startContainerdImages(): Promise<ImageEngine> {
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
  const command = (...args: readonly string[]): Promise<string> => run('ctr', '--address', socket, ...args);
  const stop = await startDaemon('containerd', ['--config', config], join(folder, 'log'), () => command('version'));
  const env = { CONTAINERD_ADDRESS: socket, PATH: process.env.PATH ?? '' };
  return { env, command, close: () => closeAll(stop, folder) };
}

async function closeAll(stop: () => Promise<void>, folder: string): Promise<void> {
  await stop();
  removeFolder(folder);
}
