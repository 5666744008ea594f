import { afterEach } from 'vitest';
import type { Environment } from '../../../../packages/core/src/sources/registry/transport.js';
import { FakeRegistry, type ServerOptions, TokenServer } from '../../../support/fake-registry.js';
import { type BuiltImage, buildImage } from '../../../support/images.js';
import { type ReadSource, readWhole } from '../support.js';

/** Servers of one test; they end with it. */
const running: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close()));
});

export function untilEnd<T extends { close(): Promise<void> }>(server: T): T {
  running.push(server);
  return server;
}

export async function startRegistry(options: ServerOptions = {}): Promise<FakeRegistry> {
  return untilEnd(await FakeRegistry.start(options));
}

export async function startTokenServer(options: ServerOptions = {}): Promise<TokenServer> {
  return untilEnd(await TokenServer.start(options));
}

/** An image of one layer with `bytes` bytes that do not compress away: each is stored as it is. */
export async function smallImage(bytes = 1000): Promise<BuiltImage> {
  const content = Buffer.alloc(bytes, 'a picture of a cat. ');
  return buildImage({ layers: [{ entries: [{ path: 'cat', content }], compression: 'none' }] });
}

/** Reads all of an image: soon tried again, soon given up. */
export async function pull(
  reference: string,
  registry: object = {},
  more: { readonly env?: Environment; readonly signal?: AbortSignal } = {},
): Promise<ReadSource> {
  return readWhole(reference, { registry: { timeout: 1500, retryDelay: 1, ...registry }, ...more });
}
