import { type IncomingMessage, type RequestOptions, request as requestHttp } from 'node:http';
import type { ByteStream } from '../../bytes/stream.js';
import { OciDiffError, throwIfAborted } from '../../errors.js';
import { systemCode } from '../io-error.js';
import { type Endpoint, showEndpoint } from './endpoint.js';
import { memberOf, readSmallFile } from './small-file.js';

/** An engine whose API is asked: what messages call it, and where it is. */
export interface Engine {
  readonly title: string;
  readonly endpoint: Endpoint;
}

/** An answer, whose body is read or destroyed by whoever asked. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly response: IncomingMessage;
}

export interface AskOptions {
  readonly signal: AbortSignal | undefined;
  /** Milliseconds without a byte after which the engine is given up. */
  readonly idleMs: number;
}

/** Nothing listens there, or it may not be used: another endpoint may do. */
export class NoEngineError extends OciDiffError<'ERR_DAEMON'> {
  readonly reason: 'missing' | 'refused' | 'denied';

  constructor(reason: NoEngineError['reason'], message: string, cause: unknown) {
    super('ERR_DAEMON', message, { cause });
    this.reason = reason;
  }
}

/** What is read of an answer that is no image, and what is told of it. */
const MAX_MESSAGE_BYTES = 64 * 1024;
const MAX_MESSAGE_LENGTH = 1000;

/**
 * GETs `path` from the engine's API, over a connection of its own.
 * @returns the answer, whatever its status
 * @throws {NoEngineError} where nothing listens, or access is denied
 * @throws {OciDiffError} `ERR_DAEMON`: TLS or HTTP that fails, time-outs; `ERR_ABORTED`
 */
export async function ask(engine: Engine, path: string, options: AskOptions): Promise<Answer> {
  throwIfAborted(options.signal);
  const connection = await connectionTo(engine);
  const { signal, idleMs } = options;
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    let answering: IncomingMessage | undefined;
    const sending = connection.request(
      { ...connection.options, path, agent: false, ...(signal === undefined ? {} : { signal }) },
      (message) => {
        answering = message;
        resolve(message);
      },
    );
    sending.setTimeout(idleMs, () => (answering ?? sending).destroy(timeOut(engine, idleMs)));
    /* Errors after the answer has begun are told by its stream. */
    sending.on('error', (error) => reject(connectError(engine, error, signal)));
    sending.end();
  });
  return { status: response.statusCode ?? 0, headers: response.headers, response };
}

/** The body of an answer, in the chunks in which it comes. */
export async function* bodyOf(engine: Engine, { response }: Answer, signal: AbortSignal | undefined): ByteStream {
  try {
    for await (const chunk of response) yield chunk as Buffer;
    throwIfAborted(signal);
  } catch (error) {
    throwIfAborted(signal);
    if (error instanceof OciDiffError) throw error;
    throw new OciDiffError('ERR_DAEMON', `${nameOf(engine)} ended the connection before all of the image had come`, {
      cause: error,
    });
  }
}

/**
 * What the engine says in an answer that is an error: the `message` of its JSON, else the text. Bounded, not escaped.
 */
export async function messageOf(engine: Engine, answer: Answer, signal: AbortSignal | undefined): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of bodyOf(engine, answer, signal)) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > MAX_MESSAGE_BYTES) break;
  }
  const text = Buffer.concat(chunks).subarray(0, MAX_MESSAGE_BYTES).toString('utf8');
  return clipMessage(jsonMessage(text, 'message') ?? text) || 'no reason given';
}

/** The text `member` of a JSON object; null where `text` is no such object. */
export function jsonMessage(text: string, member: string): string | null {
  try {
    const message = memberOf(JSON.parse(text), member);
    return typeof message === 'string' && message.trim() !== '' ? message : null;
  } catch {
    return null;
  }
}

/** A foreign message, as long as a message may be. */
export function clipMessage(text: string): string {
  const trimmed = text.trim();
  return trimmed.length > MAX_MESSAGE_LENGTH ? `${trimmed.slice(0, MAX_MESSAGE_LENGTH)}…` : trimmed;
}

/** `Docker at /run/docker.sock`. */
export function nameOf({ title, endpoint }: Engine): string {
  return `${title} at ${showEndpoint(endpoint)}`;
}

async function connectionTo({
  endpoint,
}: Engine): Promise<{ readonly request: typeof requestHttp; readonly options: RequestOptions }> {
  if (endpoint.type === 'socket') {
    return { request: requestHttp, options: { socketPath: endpoint.path, headers: { host: 'localhost' } } };
  }
  const { host, port, tls } = endpoint;
  if (tls === null) return { request: requestHttp, options: { host, port } };
  const { request } = await import('node:https');
  const [ca, cert, key] = await Promise.all([tls.ca, tls.cert, tls.key].map(readSmallFile));
  const files = { ...(ca ? { ca } : {}), ...(cert ? { cert } : {}), ...(key ? { key } : {}) };
  return { request, options: { host, port, rejectUnauthorized: tls.verify, ...files } as RequestOptions };
}

function timeOut(engine: Engine, milliseconds: number): OciDiffError {
  return new OciDiffError('ERR_DAEMON', `${nameOf(engine)} has sent nothing for ${milliseconds / 1000} s`);
}

function connectError(engine: Engine, error: Error, signal: AbortSignal | undefined): OciDiffError {
  if (signal?.aborted) return new OciDiffError('ERR_ABORTED', 'aborted', { cause: error });
  if (error instanceof OciDiffError) return error;
  const where = showEndpoint(engine.endpoint);
  const code = systemCode(error) ?? '';
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new NoEngineError('missing', `${engine.title} does not run: there is no ${where}`, error);
    case 'ECONNREFUSED':
    case 'ENOTSOCK':
      return new NoEngineError('refused', `${engine.title} does not run: nothing listens at ${where}`, error);
    case 'EACCES':
    case 'EPERM':
      return new NoEngineError('denied', `permission denied to use ${engine.title} at ${where}`, error);
  }
  if (code.startsWith('HPE_')) return new OciDiffError('ERR_DAEMON', `what listens at ${where} does not speak HTTP`);
  return new OciDiffError(
    'ERR_DAEMON',
    `${engine.title} at ${where} cannot be reached: ${clipMessage(error.message)}`,
    {
      cause: error,
    },
  );
}
