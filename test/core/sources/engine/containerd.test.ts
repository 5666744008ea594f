import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../../../packages/core/src/limits.js';
import type { Environment } from '../../../../packages/core/src/sources/engine/endpoint.js';
import { spoolEngineImage } from '../../../../packages/core/src/sources/engine/spool-engine-image.js';
import { failure, fixture, open, readWhole, temporaryFolder } from '../support.js';

const folder = temporaryFolder();
const clock = fixture('clock-buildkit-1.oci.tar');
const DIGEST = 'sha256:d9a21eb5a95e9761977afb36c2f24102f82c29b64481ce4dafcff697dba43f8a';

/**
 * An environment with these programs and no others but those that shells need; each appends its arguments to a log.
 * Messages have the form that ctr 1.6 was seen to give them, and that of nerdctl's logger (logrus).
 */
function programs(scripts: Readonly<Record<string, string>>): { env: Environment; log: () => string[]; at: string } {
  const at = mkdtempSync(join(folder, 'bin-'));
  const log = join(at, 'log');
  writeFileSync(log, '');
  for (const [name, script] of Object.entries(scripts)) {
    const text = `#!/bin/sh\nPATH=/usr/bin:/bin\necho "${name} $*" >>${log}\n${script}\n`;
    writeFileSync(join(at, name), text, { mode: 0o755 });
  }
  return { env: { PATH: at }, log: () => readFileSync(log, 'utf8').trim().split('\n'), at };
}

const ctr = (names: readonly string[], exporting: string): string =>
  `case "$2" in list) printf '${names.map((name) => `${name}\\n`).join('')}' ;; export) ${exporting} ;; esac`;

describe('ctr', () => {
  test.each([
    ['docker.io/library/clock:latest', 'clock'],
    ['docker.io/x/clock:1', 'x/clock:1'],
    ['localhost/clock:1', 'localhost/clock:1'],
    [`ghcr.io/a/b@${DIGEST}`, `ghcr.io/a/b@${DIGEST}`],
    ['import-2024', 'import-2024'],
    ['Any Name', 'Any Name'],
  ])('exports %s for containerd://%s', async (full, name) => {
    const { env, log } = programs({ ctr: ctr(['other', full], `cat ${clock}`) });
    const { store, digest } = await readWhole(`containerd://${name}`, { env });
    expect([store.kind, digest]).toEqual(['containerd', DIGEST]);
    expect(log()).toEqual([
      'ctr images list --quiet',
      `ctr images export --skip-manifest-json --all-platforms - ${full}`,
    ]);
  });

  test('exports the one platform that is there', async () => {
    const message = 'ctr: failed to get reader: content digest sha256:00: not found';
    const script = `case "$*" in *--all-platforms*) head -c 5000 ${clock}; echo '${message}' >&2; exit 1 ;; esac; cat ${clock}`;
    const { env, log } = programs({ ctr: ctr(['localhost/clock:1'], script) });
    const { digest } = await readWhole('containerd://localhost/clock:1', { env });
    expect(digest).toBe(DIGEST);
    expect(log().at(-1)).toBe('ctr images export --skip-manifest-json - localhost/clock:1');
  });

  test('gets the environment that the library was given, and nothing else', async () => {
    const script = `echo "$CONTAINERD_ADDRESS $CONTAINERD_NAMESPACE $HOME." >&2; exit 1`;
    const { env } = programs({ ctr: script });
    const given = { ...env, CONTAINERD_ADDRESS: '/c.sock', CONTAINERD_NAMESPACE: 'moby' };
    expect((await failure(open('containerd://a', { env: given }))).message).toBe('ctr failed: /c.sock moby .');
  });

  test.each([
    [
      'containerd does not run',
      'echo \'ctr: failed to dial "/c.sock": connection refused\' >&2; exit 1',
      'ERR_DAEMON',
      'ctr failed: failed to dial "/c.sock": connection refused',
    ],
    ['it fails without a word', 'exit 3', 'ERR_DAEMON', 'ctr failed: it ended with status 3'],
    ['it is killed', 'kill -9 $$', 'ERR_DAEMON', 'ctr failed: it was ended by SIGKILL'],
    [
      'it fails while it exports',
      ctr(
        ['docker.io/library/a:latest'],
        `head -c 9999 ${clock}; echo warning >&2; echo 'ctr: disk failure' >&2; exit 1`,
      ),
      'ERR_DAEMON',
      'ctr failed: disk failure',
    ],
    [
      'it exports half of it',
      ctr(['docker.io/library/a:latest'], `head -c 9999 ${clock}`),
      'ERR_ARCHIVE_INVALID',
      'the archive from ctr is damaged: ',
    ],
    [
      'it exports nothing',
      ctr(['docker.io/library/a:latest'], ':'),
      'ERR_NOT_AN_IMAGE',
      'the archive from ctr is empty',
    ],
    [
      'the image is not there',
      ctr(['docker.io/library/b:latest'], 'exit 9'),
      'ERR_NOT_FOUND',
      'containerd has no image docker.io/library/a:latest in its namespace default (CONTAINERD_NAMESPACE names another)',
    ],
    ['there are names without end', 'yes', 'ERR_DAEMON', 'ctr lists more than 67108864 bytes of names'],
    [
      'it has much to say',
      `head -c 100000 /dev/zero | tr '\\0' x >&2; exit 1`,
      'ERR_DAEMON',
      `ctr failed: ${'x'.repeat(1000)}…`,
    ],
  ])('%s', async (_what, script, code, message) => {
    const { env } = programs({ ctr: script });
    const error = await failure(open('containerd://a', { env }));
    expect(error.code).toBe(code);
    expect(error.message.slice(0, message.length)).toBe(message);
    expect(error.message).not.toContain('\n');
  });

  test('may not be executed', async () => {
    const { env, at } = programs({});
    writeFileSync(join(at, 'ctr'), '', { mode: 0o644 });
    const error = await failure(open('containerd://a', { env }));
    expect(error.code).toBe('ERR_DAEMON');
  });

  test('is given no option for a name', async () => {
    const { env, log } = programs({ ctr: ctr(['-x'], `cat ${clock}`) });
    expect((await failure(open('containerd://-x', { env }))).code).toBe('ERR_REFERENCE_INVALID');
    expect(log()).toEqual(['']);
  });

  test('is given no shell', async () => {
    const { env, at } = programs({ ctr: ctr([], '') });
    const error = await failure(open(`containerd://a;touch ${at}/touched;$(touch ${at}/touched)`, { env }));
    expect(error.code).toBe('ERR_NOT_FOUND');
    expect(readdirSync(at).sort()).toEqual(['ctr', 'log']);
  });

  const HANGING = 'echo $$ >"$(dirname "$0")/pid"; exec sleep 60';
  /* The shell is ended; what it has started holds the pipe. */
  const SCRIPT = 'echo $$ >"$(dirname "$0")/pid"; sleep 20; exit 1';
  const isGone = (at: string): boolean => {
    try {
      process.kill(Number(readFileSync(join(at, 'pid'), 'utf8')), 0);
      return false;
    } catch {
      return true;
    }
  };

  test.each([
    ['before it lists', HANGING],
    ['by what it has started', SCRIPT],
    ['in the middle of the image', ctr(['docker.io/library/a:latest'], `head -c 9999 ${clock}; ${HANGING}`)],
  ])('that hangs is ended: %s', async (_what, script) => {
    const started = performance.now();
    const { env, at } = programs({ ctr: script });
    const options = { env, limits: DEFAULT_LIMITS, patience: { ping: 300, export: 300 } };
    const error = await failure(spoolEngineImage({ engine: 'containerd', name: 'a' }, options));
    expect([error.code, error.message]).toEqual(['ERR_DAEMON', 'ctr has written nothing for 0.3 s']);
    expect(performance.now() - started).toBeLessThan(10_000);
    await expect.poll(() => isGone(at)).toBe(true);
  });

  test.each([
    ['before it lists', HANGING],
    ['by what it has started', SCRIPT],
    ['in the middle of the image', ctr(['docker.io/library/a:latest'], `head -c 9999 ${clock}; ${HANGING}`)],
  ])('is ended by an abort: %s', async (_what, script) => {
    const started = performance.now();
    const { env, at } = programs({ ctr: script });
    const controller = new AbortController();
    const opening = failure(open('containerd://a', { env, signal: controller.signal }));
    await expect.poll(() => readdirSync(at), { timeout: 5000 }).toContain('pid');
    await sleep(100);
    controller.abort();
    expect((await opening).code).toBe('ERR_ABORTED');
    expect(performance.now() - started).toBeLessThan(10_000);
    await expect.poll(() => isGone(at)).toBe(true);
  });

  test('is ended by a limit', async () => {
    const { env, at } = programs({
      ctr: ctr(['docker.io/library/a:latest'], 'echo $$ >"$(dirname "$0")/pid"; exec cat /dev/zero'),
    });
    const error = await failure(open('containerd://a', { env, limits: { ...DEFAULT_LIMITS, spoolBytes: 1_000_000 } }));
    expect(error.code).toBe('ERR_LIMIT_EXCEEDED');
    await expect.poll(() => isGone(at)).toBe(true);
  });
});

describe('nerdctl, where there is no ctr', () => {
  test('saves the image', async () => {
    const { env, log } = programs({ nerdctl: `cat ${clock}` });
    const { store, digest } = await readWhole('containerd://clock', { env });
    expect([store.kind, digest]).toEqual(['containerd', DIGEST]);
    expect(log()).toEqual(['nerdctl save --all-platforms clock']);
  });

  test.each([
    [
      'no such image: a',
      'ERR_NOT_FOUND',
      'containerd has no image a in its namespace k8s.io (CONTAINERD_NAMESPACE names another)',
    ],
    [
      'cannot access containerd socket \\"/run/c.sock\\": permission denied',
      'ERR_DAEMON',
      'nerdctl failed: cannot access containerd socket "/run/c.sock": permission denied',
    ],
  ])('says %s', async (message, code, expected) => {
    const logged = `time="2026-11-27T06:00:00Z" level=fatal msg="${message}"`;
    const { env } = programs({ nerdctl: `cat >&2 <<'END'\n${logged}\nEND\nexit 1` });
    const error = await failure(open('containerd://a', { env: { ...env, CONTAINERD_NAMESPACE: 'k8s.io' } }));
    expect([error.code, error.message]).toEqual([code, expected]);
  });

  test('neither', async () => {
    const { env } = programs({});
    const error = await failure(open('containerd://a', { env }));
    expect([error.code, error.message]).toEqual([
      'ERR_DAEMON',
      'neither ctr nor nerdctl is installed, by which containerd is read',
    ]);
  });
});
