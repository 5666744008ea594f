import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { temporaryFolder } from '../support.js';

/*
 * An engine that answers what a test wants it to, over a real socket. Its answers are those that Docker 20.10 and
 * Podman 4.3 were seen to give.
 */

export type Respond = (request: IncomingMessage, response: ServerResponse) => void;

export interface FakeEngine {
  /** As `DOCKER_HOST` has it. */
  readonly host: string;
  readonly socket: string;
  /** `METHOD path`, one each request. */
  readonly requests: readonly string[];
  /** Connections that are open now. */
  connections(): Promise<number>;
}

const folder = temporaryFolder();
let engines = 0;

/** Docker's answer to `/_ping`. */
export function pong(response: ServerResponse): void {
  response.writeHead(200, { 'Api-Version': '1.41', Server: 'Docker/20.10.24 (linux)' }).end('OK');
}

/** Podman's answer to `/_ping`. */
export function podmanPong(response: ServerResponse): void {
  response.writeHead(200, { 'Api-Version': '1.41', 'Libpod-Api-Version': '4.3.1' }).end('OK');
}

/** An answer with an image, in chunks, as engines send it. */
export function sendArchive(response: ServerResponse, archive: Buffer, chunk = 4096): void {
  response.writeHead(200, { 'Content-Type': 'application/x-tar' });
  for (let at = 0; at < archive.length; at += chunk) response.write(archive.subarray(at, at + chunk));
  response.end();
}

/** An answer that is an error, as Docker and Podman give it. */
export function sendError(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify({ message }));
}

/** Starts an engine on a socket of its own; it ends with the tests of the file. */
export async function startFake(
  respond: Respond,
  ping: (response: ServerResponse) => void = pong,
): Promise<FakeEngine> {
  engines += 1;
  const socket = join(folder, `${engines}.sock`);
  const { server, requests } = record((listener) => createServer(listener), respond, ping);
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  return { host: `unix://${socket}`, socket, requests, connections: () => countOf(server) };
}

/** Starts an engine on a port of the loopback interface, with TLS where there are options for it. */
export async function startFakeTcp(respond: Respond, tls: ServerOptions | null): Promise<FakeEngine> {
  const make = (listener: RequestListener): Server =>
    tls === null ? createServer(listener) : createTlsServer(tls, listener);
  const { server, requests } = record(make, respond, pong);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { host: `tcp://127.0.0.1:${port}`, socket: `127.0.0.1:${port}`, requests, connections: () => countOf(server) };
}

function record(
  make: (listener: RequestListener) => Server,
  respond: Respond,
  ping: (response: ServerResponse) => void,
): { server: Server; requests: string[] } {
  const requests: string[] = [];
  const server = make((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    if (request.url === '/_ping') ping(response);
    else respond(request, response);
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  return { server, requests };
}

function countOf(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
  });
}
