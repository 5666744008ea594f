import { describe, expect, test } from 'vitest';
import { CATALOGUE } from '../../../packages/core/src/explain/catalogue/index.js';
import type { Cause, ContentRule } from '../../../packages/core/src/explain/cause.js';
import type { FileSide } from '../../../packages/core/src/explain/evidence.js';
import { isSensitive } from '../../../packages/core/src/explain/sensitive.js';
import { Draw } from '../../support/random-tree.js';
import { CASES } from './catalogue/index.js';
import type { CauseCases, ContentCase } from './cause-case.js';
import { side } from './explained-by.js';

const FLIPS = 50;

type ContentCause = Cause & { readonly rule: ContentRule };
const CAUSES = CATALOGUE.filter((cause): cause is ContentCause => cause.rule.what === 'content');
const casesOf = (id: string): CauseCases => CASES.find((cases) => cases.id === id) as CauseCases;
const contentsOf = (id: string): ContentCase[] =>
  casesOf(id).shows.filter((each): each is ContentCase => each.kind === 'content');
const sidesOf = (id: string): FileSide[] =>
  contentsOf(id).flatMap(({ path, contents, mode }) => contents.map((content) => side(path, content, mode)));

/* What a user would have if nobody checked this: a change that hides behind a known one. */
describe.each(CAUSES)('$id', ({ id, rule }) => {
  test('explains no other change than of what it takes out', () => {
    const { takesOut } = casesOf(id);
    expect(takesOut, 'the cases say what it takes out').toBeDefined();
    if (takesOut === 'whole' || takesOut === undefined) return;
    for (const [n, file] of sidesOf(id).entries()) {
      const normal = rule.normalise(file);
      if (normal === null || file.content.length === 0) continue;
      const allowed = positionsOf(takesOut, file.content);
      const draw = new Draw(1000 * n + id.length);
      for (let flip = 0; flip < FLIPS; flip++) {
        const at = draw.below(file.content.length);
        if (allowed.has(at)) continue;
        const content = Uint8Array.from(file.content);
        /* Any other byte, but not by the top bit alone: Python's marshal has a mark there that says nothing. */
        content[at] = (content[at] as number) ^ (1 + draw.below(127));
        const other = rule.normalise({ ...file, content });
        expect(other !== null && Buffer.compare(other, normal) === 0, `${file.path}, byte ${at}`).toBe(false);
      }
    }
  });

  test('takes out all at once, and leaves what it got as it was', () => {
    for (const file of sidesOf(id)) {
      const before = Buffer.from(file.content);
      const left = rule.normalise(file);
      expect(Buffer.compare(before, file.content)).toBe(0);
      if (left === null) continue;
      const again = rule.normalise({ ...file, content: left });
      if (again !== null) expect(Buffer.compare(again, left)).toBe(0);
    }
  });

  test('is asked for nothing that costs more than its size', () => {
    for (const [name, content] of HOSTILE) {
      const start = performance.now();
      rule.normalise(side(pathFor(id), content));
      expect(performance.now() - start, name).toBeLessThan(1000);
    }
    for (const file of sidesOf(id).slice(0, 1)) {
      const copies = Math.ceil(HOSTILE_BYTES / (file.content.length + 1));
      const start = performance.now();
      rule.normalise({ ...file, content: Buffer.concat(Array(copies).fill(file.content)) });
      expect(performance.now() - start, 'its own content many times').toBeLessThan(1000);
    }
  });
});

const HOSTILE_BYTES = 256 * 1024;
const repeated = (text: string): Buffer => Buffer.alloc(HOSTILE_BYTES, text, 'latin1');
const HOSTILE: ReadonlyMap<string, Buffer> = new Map([
  ['one digit', repeated('1')],
  ['one letter', repeated('a')],
  ['empty lines', repeated('\n')],
  ['white space', repeated(' ')],
  ['fields', repeated('a:1:')],
  ['the longest lines that are looked into', repeated(`${'2026-11-23 '.repeat(1489)}\n`)],
  ['lines of almost paths', repeated(`${'/tmp/aaaaaa.'.repeat(1365)}\n`)],
  ['lines of almost UUIDs', repeated(`${'0d9ff98e-0d27-'.repeat(1170)}\n`)],
  ['lines of names', repeated(`${'a@b[1]: pid '.repeat(1365)}\n`)],
  ['nested JSON', repeated('[')],
  ['JSON of many keys', Buffer.from(`{${Array.from({ length: 20_000 }, (_, i) => `"${i}":1`).join(',')}}`)],
]);

function pathFor(id: string): string {
  return contentsOf(id)[0]?.path ?? 'a';
}

function positionsOf(takesOut: RegExp | readonly (readonly number[])[], content: Uint8Array): Set<number> {
  const positions = new Set<number>();
  const add = (start: number, end: number): void => {
    for (let at = start; at < end; at++) positions.add(at);
  };
  if (takesOut instanceof RegExp) {
    const text = Buffer.from(content).toString('latin1');
    for (const match of text.matchAll(takesOut)) add(match.index, match.index + match[0].length);
  } else for (const [start = 0, end = 0] of takesOut) add(start, end);
  return positions;
}

describe('files that decide on access or trust', () => {
  test.each([
    ['etc/passwd', ''],
    ['etc/shadow-', ''],
    ['etc/sudoers.d/app', ''],
    ['etc/pam.d/login', ''],
    ['etc/ssh/sshd_config', ''],
    ['etc/ssl/certs/ca-certificates.crt', ''],
    ['etc/apt/sources.list', ''],
    ['etc/apt/sources.list.d/a.sources', ''],
    ['etc/apt/trusted.gpg.d/a.asc', ''],
    ['etc/apk/keys/a.rsa.pub', ''],
    ['etc/apk/repositories', ''],
    ['etc/yum.repos.d/a.repo', ''],
    ['etc/pacman.d/mirrorlist', ''],
    ['usr/share/keyrings/a.asc', ''],
    ['root/.ssh/config', ''],
    ['home/a/.ssh/authorized_keys', ''],
    ['opt/java/lib/security/cacerts', ''],
    ['srv/server.key', ''],
    ['usr/bin/app', ''],
    ['usr/local/sbin/app', ''],
    ['etc/ld.so.preload', ''],
    ['etc/cron.d/app', ''],
    ['etc/systemd/system/app.service', ''],
    ['usr/lib/systemd/system/app.service', ''],
    ['etc/init.d/app', ''],
    ['etc/profile.d/a.sh', ''],
    ['root/.bashrc', ''],
    ['etc/krb5.keytab', ''],
    ['root/.netrc', ''],
    ['root/.docker/config.json', ''],
    ['root/.npmrc', ''],
    ['app/.env', ''],
    ['etc/selinux/config', ''],
    ['srv/app', '\x7fELF'],
    ['srv/app', '#!/bin/sh\n'],
    ['srv/app', 'MZ'],
    ['srv/App.class', '\xca\xfe\xba\xbe'],
    ['srv/app.wasm', '\0asm'],
    ['srv/token', '-----BEGIN RSA PRIVATE KEY-----\n'],
  ])('%s %j', (path, content) => {
    expect(isSensitive(side(path, Buffer.from(content, 'latin1')))).toBe(true);
  });

  test('set-id bits and whatever may be run', () => {
    expect(isSensitive(side('srv/app', 'x', 0o4644))).toBe(true);
    expect(isSensitive(side('srv/app', 'x', 0o755))).toBe(true);
  });

  test.each(['var/log/dpkg.log', 'etc/machine-id', 'usr/share/doc/a', 'srv/hosts'])('not: %s', (path) => {
    expect(isSensitive(side(path, 'x'))).toBe(false);
  });

  test('no benign cause touches them but by name', () => {
    const benign = CAUSES.filter((cause) => cause.class === 'benign');
    for (const { id, rule } of benign) {
      const touches = sidesOf(id).some(isSensitive);
      expect(touches && rule.mayTouch === undefined, id).toBe(false);
    }
  });
});
