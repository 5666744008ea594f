import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

export interface DockerRegistryOptions {
  /** A file as `htpasswd -B` writes it. */
  readonly htpasswd?: string;
  /** Files in PEM. */
  readonly tls?: { readonly key: string; readonly cert: string };
}

/** Debian's docker-registry, on a port of its own, with its data in a folder. */
export interface DockerRegistry {
  readonly host: string;
  close(): Promise<void>;
}

/** Starts docker-registry (`requireTool` first) and waits until it answers. */
export async function startDockerRegistry(
  folder: string,
  { htpasswd, tls }: DockerRegistryOptions = {},
): Promise<DockerRegistry> {
  mkdirSync(folder, { recursive: true });
  const port = await freePort();
  const config = {
    version: 0.1,
    log: { level: 'error', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(folder, 'data') } },
    http: {
      addr: `127.0.0.1:${port}`,
      ...(tls === undefined ? {} : { tls: { certificate: tls.cert, key: tls.key } }),
    },
    ...(htpasswd === undefined ? {} : { auth: { htpasswd: { realm: 'test', path: htpasswd } } }),
  };
  const file = join(folder, 'config.yml');
  /* JSON is YAML. */
  writeFileSync(file, JSON.stringify(config));
  const child = spawn('docker-registry', ['serve', file], { stdio: 'ignore' });
  let ended = false;
  const exited = new Promise<void>((resolve) =>
    child.on('exit', () => {
      ended = true;
      resolve();
    }),
  );
  const registry = {
    host: `127.0.0.1:${port}`,
    close: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
  for (let turns = 0; turns < 300; turns++) {
    if (ended) throw new Error('docker-registry ended at once');
    if (await answers(port)) return registry;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await registry.close();
  throw new Error('docker-registry does not answer');
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/* Over HTTP in any case: what speaks TLS answers that with 400. */
async function answers(port: number): Promise<boolean> {
  try {
    await fetch(`http://127.0.0.1:${port}/v2/`);
    return true;
  } catch {
    return false;
  }
}
