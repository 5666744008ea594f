import { OciDiffError, throwIfAborted } from '../../errors.js';
import { parseJson } from '../../json/parse.js';
import { optionalMember } from '../../json/read.js';
import { showUrl } from './endpoint.js';
import type { HttpRequest, HttpResponse } from './http.js';
import { networkFailure } from './network-error.js';
import { PassingFailure, parseRetryAfter } from './retry.js';
import type { Transport } from './transport.js';

/** Hops from one address to the next. */
const MAX_REDIRECTS = 10;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** Answers that may be others the next time. */
const PASSING: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);
/** Bytes of an answer that is no success: its codes are looked at. */
const MAX_ERROR_BYTES = 64 * 1024;
/** Source: distribution-spec, "Error Codes", and those of earlier versions of it. */
const ERROR_CODES: ReadonlySet<string> = new Set([
  'BLOB_UNKNOWN',
  'DENIED',
  'DIGEST_INVALID',
  'MANIFEST_BLOB_UNKNOWN',
  'MANIFEST_INVALID',
  'MANIFEST_UNKNOWN',
  'MANIFEST_UNVERIFIED',
  'NAME_INVALID',
  'NAME_UNKNOWN',
  'SIZE_INVALID',
  'TAG_INVALID',
  'TOOMANYREQUESTS',
  'UNAUTHORIZED',
  'UNAVAILABLE',
  'UNKNOWN',
  'UNSUPPORTED',
]);

export interface Exchange {
  readonly response: HttpResponse;
  /** Where the answer came from, for messages. */
  readonly place: string;
  /** Whether it came from another host than was asked. */
  readonly isElsewhere: boolean;
}

/**
 * Sends a request and follows redirects. `authorization` goes to the first host alone, and to that no more once another
 * has been asked; a body goes to no other host at all. An answer that may be another one the next time is a
 * `PassingFailure`.
 * @throws {OciDiffError} `ERR_REGISTRY` for more than 10 redirects, one without an address, from HTTPS to HTTP, or of a
 *   body to another host; `ERR_ABORTED`; or `PassingFailure`
 */
export async function exchange(
  transport: Transport,
  request: HttpRequest,
  authorization: string | null,
): Promise<Exchange> {
  let url = request.url;
  let isElsewhere = false;
  for (let hop = 0; ; hop++) {
    throwIfAborted(request.signal);
    const place = showUrl(url, request.url);
    const credentials = authorization === null || isElsewhere ? {} : { authorization };
    let response: HttpResponse;
    try {
      response = await transport.send({ ...request, url, headers: { ...request.headers, ...credentials } });
    } catch (error) {
      const failure = networkFailure(error, place, transport.proxyVariable(url));
      throw failure.passing ? new PassingFailure(failure.error) : failure.error;
    }
    const { status } = response;
    if (PASSING.has(status)) {
      const retryAfter = parseRetryAfter(response.header('retry-after'), Date.now());
      throw new PassingFailure(await statusError({ response, place, isElsewhere }, place), retryAfter);
    }
    if (!REDIRECTS.has(status)) return { response, place, isElsewhere };
    const location = response.header('location');
    response.discard();
    if (hop === MAX_REDIRECTS) throw new OciDiffError('ERR_REGISTRY', `${place}: more than ${MAX_REDIRECTS} redirects`);
    url = redirected(url, location, place);
    isElsewhere ||= url.origin !== request.url.origin;
    /* What is posted is an identity token, which is as good as a password. */
    if (isElsewhere && request.body !== undefined) {
      throw new OciDiffError('ERR_REGISTRY', `${place}: redirects credentials to another host`);
    }
  }
}

function redirected(from: URL, location: string | null, place: string): URL {
  if (location === null || !URL.canParse(location, from.href)) {
    throw new OciDiffError('ERR_REGISTRY', `${place}: redirects to no address`);
  }
  const to = new URL(location, from);
  if (to.protocol !== 'https:' && !(to.protocol === 'http:' && from.protocol === 'http:')) {
    throw new OciDiffError('ERR_REGISTRY', `${place}: redirects from ${from.protocol} to ${to.protocol}`);
  }
  to.username = '';
  to.password = '';
  return to;
}

/** What an answer that is no success means, with the codes of the specification that it gives. */
export async function statusError({ response, place, isElsewhere }: Exchange, what: string): Promise<OciDiffError> {
  const { status } = response;
  const codes = await errorCodes(response);
  const told = `${status}${codes.length === 0 ? '' : ` ${codes.join(', ')}`}`;
  if ((status === 401 || status === 403) && !isElsewhere) {
    return new OciDiffError('ERR_UNAUTHORIZED', `${what}: access denied (${told})`);
  }
  if (status === 404) return new OciDiffError('ERR_NOT_FOUND', `${what}: not there (${told})`);
  const from = what === place ? '' : ` from ${place}`;
  if (status === 429) return new OciDiffError('ERR_REGISTRY', `${what}: too many requests (${told}${from})`);
  return new OciDiffError('ERR_REGISTRY', `${what}: the answer is ${told}${from}`);
}

/* Its texts are not passed on: a faulty registry may give back what it was sent. */
async function errorCodes(response: HttpResponse): Promise<string[]> {
  try {
    const bytes = await readBounded(response, MAX_ERROR_BYTES);
    if (bytes === null) return [];
    const { root } = parseJson(bytes, { maxDepth: 20, maxBytes: MAX_ERROR_BYTES });
    const errors = root.type === 'object' ? optionalMember(root, 'errors') : undefined;
    const codes = (errors?.type === 'array' ? errors.items : []).flatMap((item) => {
      const code = item.type === 'object' ? optionalMember(item, 'code') : undefined;
      return code?.type === 'string' && ERROR_CODES.has(code.value) ? [code.value] : [];
    });
    return [...new Set(codes)];
  } catch {
    return [];
  }
}

/** The whole of a body; null if it has more than `maxBytes`. Throws what the body throws. */
export async function readBounded(response: HttpResponse, maxBytes: number): Promise<Uint8Array | null> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response.body) {
      bytes += chunk.length;
      if (bytes > maxBytes) return null;
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  } finally {
    response.discard();
  }
}

/**
 * @param what for messages
 * @throws {OciDiffError} `ERR_REGISTRY` where the body is in an encoding: none was asked for, and digests are of what
 *   stands below it
 */
export function refuseEncoding(response: HttpResponse, what: string): void {
  const encoding = response.header('content-encoding');
  if (encoding === null || encoding.trim() === '' || encoding.trim().toLowerCase() === 'identity') return;
  response.discard();
  throw new OciDiffError(
    'ERR_REGISTRY',
    `${what}: sent with the content encoding ${JSON.stringify(encoding.slice(0, 50))}, though none was asked for`,
  );
}
