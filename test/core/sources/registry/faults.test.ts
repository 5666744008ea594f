import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { FakeRegistry, Fault } from '../../../support/fake-registry.js';
import { refuse, sendBlob, TestServer } from '../../../support/fake-registry.js';
import type { BuiltImage } from '../../../support/images.js';
import { failure } from '../support.js';
import { pull, smallImage, startRegistry, untilEnd } from './support.js';

const SIZE = 400_000;

async function registryWithImage(): Promise<{ registry: FakeRegistry; image: BuiltImage; reference: string }> {
  const registry = await startRegistry();
  const image = await smallImage(SIZE);
  return { registry, image, reference: registry.push(image) };
}

function layerOf(image: BuiltImage): { digest: string; stored: Buffer } {
  const [layer] = image.layers;
  if (layer === undefined) throw new Error('no layer');
  return { digest: layer.descriptor.digest, stored: layer.stored };
}

/** Does `fault` to the layer's blob alone, the given number of times. */
function atLayer(image: BuiltImage, fault: Fault, times = Number.POSITIVE_INFINITY): Fault {
  let left = times;
  return (request, response, serve) => {
    if (request.url.endsWith(layerOf(image).digest) && left-- > 0) fault(request, response, serve);
    else serve();
  };
}

/** Sends `bytes` of `length` that were promised, and cuts the connection. */
function cut(response: ServerResponse, bytes: Buffer, headers: object, status = 200): void {
  response.writeHead(status, { ...headers });
  response.write(bytes, () => setTimeout(() => response.destroy(), 20));
}

describe('a registry that is busy', () => {
  test.each([429, 503, 500, 502, 504, 408])('%i is asked again', async (status) => {
    const { registry, image, reference } = await registryWithImage();
    let refusals = 0;
    registry.fault = (_request, response, serve) => {
      if (refusals++ % 3 < 2) refuse(response, status, 'TOOMANYREQUESTS');
      else serve();
    };
    const { digest } = await pull(reference);
    expect(digest).toBe(image.descriptor.digest);
    expect(registry.received).toHaveLength(9);
  });

  test('as late as it asks for', async () => {
    const { registry, reference } = await registryWithImage();
    const times: number[] = [];
    registry.fault = (_request, response, serve) => {
      times.push(Date.now());
      if (times.length === 1) refuse(response, 429, 'TOOMANYREQUESTS', { 'retry-after': '1' });
      else serve();
    };
    await pull(reference);
    expect((times[1] as number) - (times[0] as number)).toBeGreaterThanOrEqual(990);
  });

  test('but not as late as it likes', async () => {
    const { registry, reference } = await registryWithImage();
    registry.fault = (_request, response) => refuse(response, 429, 'TOOMANYREQUESTS', { 'retry-after': '3600' });
    const error = await failure(pull(reference));
    expect(error.code).toBe('ERR_REGISTRY');
    expect(error.message).toContain('too many requests (429 TOOMANYREQUESTS)');
    expect(error.message).toContain('it asks to wait for 3600 seconds');
    expect(registry.received).toHaveLength(1);
  });

  test('nor for ever', async () => {
    const { registry, reference } = await registryWithImage();
    registry.fault = (_request, response) => refuse(response, 503, 'UNAVAILABLE');
    const error = await failure(pull(reference));
    expect(error.code).toBe('ERR_REGISTRY');
    expect(error.message).toContain('503 UNAVAILABLE');
    expect(error.message).toContain('(5 attempts)');
    expect(registry.received).toHaveLength(5);
  });

  test.each([400, 405, 410, 418, 501])('%i is final', async (status) => {
    const { registry, reference } = await registryWithImage();
    registry.fault = (_request, response) => refuse(response, status, 'UNSUPPORTED');
    const error = await failure(pull(reference));
    expect(error.code).toBe('ERR_REGISTRY');
    expect(error.message).toContain(`${status} UNSUPPORTED`);
    expect(registry.received).toHaveLength(1);
  });

  test('waiting ends with the caller', async () => {
    const { registry, reference } = await registryWithImage();
    const controller = new AbortController();
    registry.fault = (_request, response) => {
      refuse(response, 503, 'UNAVAILABLE', { 'retry-after': '30' });
      setTimeout(() => controller.abort(), 50);
    };
    const started = Date.now();
    const error = await failure(pull(reference, {}, { signal: controller.signal }));
    expect(error.code).toBe('ERR_ABORTED');
    expect(Date.now() - started).toBeLessThan(5000);
  });
});

describe('a connection that is cut', () => {
  test('in mid-blob: the rest is asked for', async () => {
    const { registry, image, reference } = await registryWithImage();
    const { digest, stored } = layerOf(image);
    registry.fault = atLayer(
      image,
      (request, response) => {
        const from = Number(/\d+/.exec(String(request.headers.range ?? 0))?.[0]);
        const headers = { 'content-length': stored.length - from, 'content-range': `bytes ${from}-/*` };
        cut(response, stored.subarray(from, from + 100_000), headers, from === 0 ? 200 : 206);
      },
      3,
    );
    await pull(reference);
    const asked = registry.received.filter(({ url }) => url.endsWith(digest)).map(({ headers }) => headers.range);
    expect(asked).toEqual([undefined, 'bytes=100000-', 'bytes=200000-', 'bytes=300000-']);
  });

  test('by a registry that knows no ranges: all again, and nothing twice', async () => {
    const { registry, image, reference } = await registryWithImage();
    const { stored } = layerOf(image);
    registry.ranges = false;
    const length = { 'content-length': stored.length };
    registry.fault = atLayer(image, (_, response) => cut(response, stored.subarray(0, 150_000), length), 2);
    const { digest } = await pull(reference);
    expect(digest).toBe(image.descriptor.digest);
  });

  test('without a length: the end is not taken for the end', async () => {
    const { registry, image, reference } = await registryWithImage();
    const { stored } = layerOf(image);
    registry.fault = atLayer(
      image,
      (_, response) => {
        response.writeHead(200);
        response.end(stored.subarray(0, 1000));
      },
      1,
    );
    await pull(reference);
    expect(registry.received.at(-1)?.headers.range).toBe('bytes=1000-');
  });

  test('what was sent before and after is verified as a whole', async () => {
    const { registry, image, reference } = await registryWithImage();
    const { digest, stored } = layerOf(image);
    const other = Buffer.from(stored);
    other[0] = (other[0] as number) ^ 1;
    const length = { 'content-length': stored.length };
    registry.fault = atLayer(image, (_, response) => cut(response, other.subarray(0, 1000), length), 1);
    const error = await failure(pull(reference));
    expect(error.code).toBe('ERR_DIGEST_MISMATCH');
    expect(error.location.blob).toBe(digest);
  });

  test('another part than was asked for', async () => {
    const { registry, image, reference } = await registryWithImage();
    const { stored } = layerOf(image);
    let requests = 0;
    registry.fault = atLayer(image, (_, response) => {
      const length = { 'content-length': stored.length };
      if (requests++ === 0) cut(response, stored.subarray(0, 1000), length);
      else response.writeHead(206, { 'content-range': 'bytes 0-9/10' }).end(stored.subarray(0, 10));
    });
    const error = await failure(pull(reference));
    expect(error.code).toBe('ERR_REGISTRY');
    expect(error.message).toContain('the bytes from 1000 on were asked for');
  });

  test('a part that nobody asked for', async () => {
    const { registry, image, reference } = await registryWithImage();
    registry.fault = atLayer(image, (_, response) => response.writeHead(206).end('x'));
    expect((await failure(pull(reference))).code).toBe('ERR_REGISTRY');
  });

  test('again and again: an end', async () => {
    const { registry, image, reference } = await registryWithImage();
    const { digest, stored } = layerOf(image);
    registry.fault = atLayer(image, (request, response) => {
      const from = Number(/\d+/.exec(String(request.headers.range ?? 0))?.[0]);
      const headers = { 'content-length': stored.length - from, 'content-range': `bytes ${from}-/*` };
      cut(response, stored.subarray(from, from + 1), headers, from === 0 ? 200 : 206);
    });
    const error = await failure(pull(reference));
    expect(error.code).toBe('ERR_REGISTRY');
    expect(error.message).toContain('the connection was cut');
    expect(registry.received.filter(({ url }) => url.endsWith(digest))).toHaveLength(6);
  });

  test('before the answer, and in a manifest', async () => {
    const { registry, image, reference } = await registryWithImage();
    let requests = 0;
    registry.fault = (_request, response, serve) => {
      requests++;
      if (requests === 1) response.destroy();
      else if (requests === 2) cut(response, Buffer.from('{'), { 'content-length': 100 });
      else serve();
    };
    expect((await pull(reference)).digest).toBe(image.descriptor.digest);
    expect(registry.sent(/manifests/)).toHaveLength(3);
  });
});

describe('time', () => {
  test('no answer', async () => {
    const { registry, reference } = await registryWithImage();
    registry.fault = () => {};
    const started = Date.now();
    const error = await failure(pull(reference, { timeout: 150 }));
    expect(error.code).toBe('ERR_REGISTRY');
    expect(error.message).toContain('no answer in time');
    expect(Date.now() - started).toBeLessThan(15_000);
  }, 20_000);

  test('a blob that stops: the rest is asked for', async () => {
    const { registry, image, reference } = await registryWithImage();
    const { stored } = layerOf(image);
    registry.fault = atLayer(
      image,
      (_, response) => {
        response.writeHead(200, { 'content-length': stored.length });
        response.write(stored.subarray(0, 1000));
      },
      1,
    );
    await pull(reference, { timeout: 300 });
    expect(registry.received.at(-1)?.headers.range).toBe('bytes=1000-');
  });

  test('a byte now and then', async () => {
    const { registry, image, reference } = await registryWithImage();
    const { stored } = layerOf(image);
    registry.fault = atLayer(image, (_, response) => {
      response.writeHead(200, { 'content-length': stored.length });
      const timer = setInterval(() => response.write('x'), 20);
      response.on('close', () => clearInterval(timer));
    });
    const error = await failure(pull(reference, { timeout: 100 }));
    expect(error.code).toBe('ERR_REGISTRY');
    expect(error.message).toContain('the answer comes too slowly');
  });

  test('announcements of an answer without end', async () => {
    const { registry, reference } = await registryWithImage();
    registry.fault = (_, response) => {
      const timer = setInterval(() => response.writeEarlyHints({ link: '</x>; rel=preload' }), 20);
      response.on('close', () => clearInterval(timer));
    };
    const error = await failure(pull(reference, { timeout: 200 }));
    expect(error.code).toBe('ERR_REGISTRY');
    expect(error.message).toContain('it announces an answer again and again');
  }, 10_000);

  test('one announcement is none', async () => {
    const { registry, reference } = await registryWithImage();
    registry.fault = (_, response, serve) => {
      response.writeEarlyHints({ link: '</x>; rel=preload' });
      serve();
    };
    await pull(reference);
  });

  test('redirects that go on with a byte now and then hold no connection', async () => {
    const { registry, reference } = await registryWithImage();
    registry.fault = ({ url }, response) => {
      response.writeHead(307, { location: url, 'content-length': 50_000 });
      response.write('x');
      const timer = setInterval(() => response.write('x'), 50);
      response.on('close', () => clearInterval(timer));
    };
    const error = await failure(pull(reference, { timeout: 500 }));
    expect(error.code).toBe('ERR_REGISTRY');
    expect(error.message).toContain('more than 10 redirects');
  }, 10_000);

  test('the caller ends it in mid-blob', async () => {
    const { registry, image, reference } = await registryWithImage();
    const controller = new AbortController();
    registry.fault = atLayer(image, (_, response) => {
      response.writeHead(200, { 'content-length': layerOf(image).stored.length });
      response.write('x');
      setTimeout(() => controller.abort(), 50);
    });
    const error = await failure(pull(reference, { timeout: 10_000 }, { signal: controller.signal }));
    expect(error.code).toBe('ERR_ABORTED');
  });
});

describe('a registry that lies', () => {
  test.each([
    [1, 'ERR_SIZE_MISMATCH'],
    [-1, 'ERR_SIZE_MISMATCH'],
  ])('about the length, by %i', async (by, code) => {
    const { registry, image, reference } = await registryWithImage();
    const { stored, digest } = layerOf(image);
    registry.fault = atLayer(image, (_, response) => sendBlob(response, Buffer.alloc(stored.length + by)));
    const error = await failure(pull(reference));
    expect(error.code).toBe(code);
    expect(error.message).toBe(
      `has ${stored.length + by} bytes by the registry's own account, should have ${stored.length}`,
    );
    expect(error.location.blob).toBe(digest);
  });

  test('about the content', async () => {
    const { registry, image, reference } = await registryWithImage();
    registry.fault = atLayer(image, (_, response) => sendBlob(response, Buffer.alloc(layerOf(image).stored.length)));
    expect((await failure(pull(reference))).code).toBe('ERR_DIGEST_MISMATCH');
  });

  test('with a body without end', async () => {
    const { registry, image, reference } = await registryWithImage();
    let written = 0;
    registry.fault = atLayer(image, (_, response) => {
      response.writeHead(200);
      const chunk = Buffer.alloc(64 * 1024);
      const more = (): void => {
        while (!response.destroyed && response.write(chunk)) written += chunk.length;
      };
      response.on('drain', more);
      more();
    });
    expect((await failure(pull(reference))).code).toBe('ERR_SIZE_MISMATCH');
    expect(written).toBeLessThan(64 * 1024 ** 2);
  });

  test('with a manifest without end', async () => {
    const { registry, reference } = await registryWithImage();
    registry.fault = (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const chunk = Buffer.alloc(64 * 1024, ' ');
      const more = (): void => {
        while (!response.destroyed && response.write(chunk));
      };
      response.on('drain', more);
      more();
    };
    const error = await failure(pull(reference));
    expect(error.code).toBe('ERR_LIMIT_EXCEEDED');
    expect(error.message).toContain('--max-document-bytes');
  });

  test('with a manifest that says it is too long', async () => {
    const { registry, reference } = await registryWithImage();
    registry.fault = (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': 2 ** 40 });
      response.write(' ');
    };
    expect((await failure(pull(reference))).code).toBe('ERR_LIMIT_EXCEEDED');
  });

  test.each(['manifests', 'blobs'])('about the encoding, of %s', async (kind) => {
    const { registry, reference } = await registryWithImage();
    registry.fault = (request, response, serve) => {
      if (!request.url.includes(kind)) {
        serve();
        return;
      }
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('{}'));
    };
    const error = await failure(pull(reference));
    expect(error.code).toBe('ERR_REGISTRY');
    expect(error.message).toContain('content encoding "gzip"');
  });

  test('identity is no encoding', async () => {
    const { registry, image, reference } = await registryWithImage();
    const { stored } = layerOf(image);
    registry.fault = atLayer(image, (_, response) => {
      response.writeHead(200, { 'content-encoding': 'identity' }).end(stored);
    });
    await pull(reference);
  });

  test('headers without end', async () => {
    const { registry, reference } = await registryWithImage();
    registry.fault = (_request, response) => {
      response.writeHead(200, { 'x-long': 'x'.repeat(1024 ** 2) }).end();
    };
    expect((await failure(pull(reference))).code).toBe('ERR_REGISTRY');
  });

  test('what is no HTTP', async () => {
    const { registry, reference } = await registryWithImage();
    registry.fault = (_request, response) => {
      response.socket?.end('SSH-2.0-OpenSSH\r\n');
    };
    const error = await failure(pull(reference));
    expect(error.code).toBe('ERR_REGISTRY');
    expect(error.message).toContain('its answer is no HTTP');
  });
});

describe('redirects', () => {
  test('are followed, to another host too', async () => {
    const { registry, image, reference } = await registryWithImage();
    const { digest, stored } = layerOf(image);
    const store = untilEnd(await TestServer.answering((_request, response) => sendBlob(response, stored)));
    registry.fault = atLayer(image, ({ url }, response) => {
      if (url.includes('/v2/')) response.writeHead(307, { location: `/hop/${digest}` }).end();
    });
    /* The first hop stays, the second leaves. */
    const first = registry.fault;
    registry.fault = (request, response, serve) => {
      if (request.url.startsWith('/hop/')) {
        response.writeHead(302, { location: `${store.origin}/bucket/x?signature=SECRET` }).end();
      } else first(request, response, serve);
    };
    await pull(reference);
    expect(store.received.map(({ url }) => url)).toEqual(['/bucket/x?signature=SECRET']);
  });

  test('a rest is asked for at the registry again, which knows where it is now', async () => {
    const { registry, image, reference } = await registryWithImage();
    const { digest, stored } = layerOf(image);
    let answers = 0;
    const store = untilEnd(
      await TestServer.answering((request, response) => {
        if (answers++ === 0) cut(response, stored.subarray(0, 1000), { 'content-length': stored.length });
        else sendBlob(response, stored, 'GET', request.headers.range);
      }),
    );
    registry.fault = atLayer(image, (_, response) => {
      response.writeHead(307, { location: `${store.origin}/${registry.received.length}` }).end();
    });
    await pull(reference);
    expect(store.received.map(({ headers }) => headers.range)).toEqual([undefined, 'bytes=1000-']);
    expect(registry.received.filter(({ url }) => url.endsWith(digest))).toHaveLength(2);
  });

  test('in a loop: an end', async () => {
    const { registry, image, reference } = await registryWithImage();
    registry.fault = atLayer(image, ({ url }, response) => response.writeHead(307, { location: url }).end());
    const error = await failure(pull(reference));
    expect(error.code).toBe('ERR_REGISTRY');
    expect(error.message).toContain('more than 10 redirects');
    expect(registry.received.filter(({ url }) => url.endsWith(layerOf(image).digest))).toHaveLength(11);
  });

  test.each([
    ['ftp://127.0.0.1/x', 'redirects from http: to ftp:'],
    ['file:///etc/passwd', 'redirects from http: to file:'],
    ['http://', 'redirects to no address'],
    [null, 'redirects to no address'],
  ])('to %s: refused', async (location, message) => {
    const { registry, image, reference } = await registryWithImage();
    registry.fault = atLayer(image, (_, response) => {
      response.writeHead(307, location === null ? {} : { location }).end();
    });
    const error = await failure(pull(reference));
    expect(error.code).toBe('ERR_REGISTRY');
    expect(error.message).toContain(message);
  });

  test('what another host refuses is not told as the registry’s refusal, nor is its address', async () => {
    const { registry, image, reference } = await registryWithImage();
    const store = untilEnd(
      await TestServer.answering((_request, response) => {
        response.writeHead(403).end('SECRET');
      }),
    );
    registry.fault = atLayer(image, (_, response) => {
      response.writeHead(307, { location: `${store.origin}/path/SECRET?signature=SECRET` }).end();
    });
    const error = await failure(pull(reference));
    expect(error.code).toBe('ERR_REGISTRY');
    expect(error.message).toContain(`the answer is 403 from ${store.origin}`);
    expect(error.describe()).not.toContain('SECRET');
  });
});

describe('a host that is not there', () => {
  test('connection refused', async () => {
    const registry = await startRegistry();
    const { host } = registry;
    await registry.close();
    const error = await failure(pull(`${host}/app:1`));
    expect(error.code).toBe('ERR_REGISTRY');
    expect(error.message).toBe(`http://${host}: connection refused`.replace(host, `${host}/v2/app/manifests/1`));
  });
});
