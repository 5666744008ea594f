import { OciDiffError, wrapError } from '../../errors.js';
import { systemCode } from '../io-error.js';

const REASONS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'there is no host of that name',
  EAI_AGAIN: 'its name cannot be looked up',
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was cut',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  ETIMEDOUT: 'no connection in time',
  EPROTO: 'it does not speak TLS',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'it does not speak TLS',
  UND_ERR_SOCKET: 'the connection was cut',
  UND_ERR_CONNECT_TIMEOUT: 'no connection in time',
  UND_ERR_HEADERS_TIMEOUT: 'no answer in time',
  UND_ERR_BODY_TIMEOUT: 'the answer stopped for too long',
  TOO_SLOW: 'the answer comes too slowly',
  ANNOUNCED: 'it announces an answer again and again',
  UND_ERR_HEADERS_OVERFLOW: 'the headers of its answer are too long',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'the answer has another length than it says',
};

/**
 * What may be gone at the next attempt. A host that is not there or does not answer, or a certificate that is wrong, will
 * be so again.
 */
const PASSING: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'EPIPE',
  'UND_ERR_SOCKET',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
]);

/** Codes of certificates that are not trusted. Source: Node's `tls`, "X509 certificate error codes". */
const CERTIFICATE = /^(?:CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|ERR_TLS_CERT_|INVALID_CA|HOSTNAME_MISMATCH)/;

/** What a request failed with, below HTTP. */
export interface NetworkFailure {
  readonly error: OciDiffError;
  /** Whether it is worth another attempt. */
  readonly passing: boolean;
  /** Whether TLS itself was fine, and only its certificate is not trusted. */
  readonly isCertificate: boolean;
}

/** What failed before anything was sent: with a proxy, it may be that which is not there. */
const NO_CONNECTION: ReadonlySet<string> = new Set([
  'ENOTFOUND',
  'EAI_AGAIN',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/**
 * `error` of a request to `what`. Its text is not passed on as it is: it may hold what was sent.
 * @param proxy the environment variable that names a proxy for it; null without
 */
export function networkFailure(error: unknown, what: string, proxy: string | null = null): NetworkFailure {
  if (error instanceof OciDiffError) return { error, passing: false, isCertificate: false };
  const refused = proxyStatus(error);
  if (refused !== null) {
    const message = `${what}: the proxy that ${proxy ?? 'the environment'} names does not connect to it (${refused})`;
    return { error: new OciDiffError('ERR_REGISTRY', message), passing: refused >= 500, isCertificate: false };
  }
  const code = codeOf(error);
  if (code === 'ABORT_ERR' || code === 'UND_ERR_ABORTED' || (error instanceof Error && error.name === 'AbortError')) {
    const abort = wrapError(Object.assign(new Error('aborted'), { name: 'AbortError' }), 'ERR_ABORTED');
    return { error: abort, passing: false, isCertificate: false };
  }
  const isCertificate = CERTIFICATE.test(code);
  const reason = isCertificate
    ? `its certificate is not trusted (${code}); --ca-file names the authority that signed it`
    : (REASONS[code] ?? (/^(?:HPE_|HTTPParserError)/.test(code) ? 'its answer is no HTTP' : `it failed (${code})`));
  const hint = proxy !== null && NO_CONNECTION.has(code) ? ` (${proxy} names a proxy)` : '';
  return {
    error: new OciDiffError('ERR_REGISTRY', `${what}: ${reason}${hint}`),
    passing: PASSING.has(code),
    isCertificate,
  };
}

/* undici calls it aborted where a proxy refuses a tunnel, and tells the status in its text (lib/dispatcher/proxy-agent.js). */
function proxyStatus(error: unknown): number | null {
  const status = error instanceof Error ? /^Proxy response \((\d{3})\)/.exec(error.message)?.[1] : undefined;
  return status === undefined ? null : Number(status);
}

/* What undici and Node wrap in errors of their own is named by the innermost code. */
function codeOf(error: unknown): string {
  let code = systemCode(error);
  let inner = error;
  for (let depth = 0; depth < 4 && inner instanceof Error && inner.cause instanceof Error; depth++) {
    inner = inner.cause;
    code = systemCode(inner) ?? code;
  }
  return code ?? (error instanceof Error ? error.name : 'unknown');
}
