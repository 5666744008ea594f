import { parseDigest } from '../../../packages/core/src/digest.js';
import { normalizeImageName, parseImageName } from '../../../packages/core/src/image/image-name.js';
import { formatPlatform, parsePlatform } from '../../../packages/core/src/image/platform.js';
import { parseReference, registryName } from '../../../packages/core/src/image/reference.js';
import { PlatformNames, safeName, splitPath } from '../../../packages/core/src/report/folder/names.js';
import { parseEndpoint } from '../../../packages/core/src/sources/engine/endpoint.js';
import { mutateBytes } from '../mutate-bytes.js';
import { mutateText } from '../mutate-text.js';
import { check, failed, outcome, outcomeOf } from '../oracle.js';
import type { Target } from '../target.js';

const HEX = 'ab'.repeat(32);
const REFERENCES = [
  'debian',
  'debian:12',
  'docker.io/library/debian:latest',
  'index.docker.io/debian',
  'localhost:5000/a/b:1',
  '[::1]:5000/a',
  `ghcr.io/org/app@sha256:${HEX}`,
  `ghcr.io/org/app:1@sha256:${HEX}`,
  HEX,
  'oci-archive:image.tar:tag',
  'docker-archive:-:name:1',
  'oci:folder:@1',
  'dir:folder',
  'docker://debian:12',
  'podman://localhost/x',
  'containerd://docker.io/library/x:1',
  './image.tar',
  '/tmp/image.tar:latest',
  '-',
  'image.tra',
];

/** Messages repeat what the user typed, in some cases once for each colon in it. */
const MAX_TYPED = 300;

const references: Target = {
  name: 'reference',
  cases: 20_000,
  prepare: () => ({
    run: async (random) => {
      const text = mutateText(random, random.pick(REFERENCES), [
        ':',
        '@',
        '/',
        '.',
        '-',
        '_',
        '//',
        '5000',
        'sha512:',
        HEX,
      ]).slice(0, MAX_TYPED);
      const there = random.chance(0.2);
      const parsed = await outcomeOf(() => parseReference(text, async (path) => there && path.length % 3 === 0));
      const full = normalizeImageName(text);
      check(
        normalizeImageName(full) === full,
        () => `${text}: normalised twice it is ${normalizeImageName(full)}, once ${full}`,
      );
      outcome(() => parseDigest(text));
      if (failed(parsed) || !('repository' in parsed)) return;
      const name = registryName(parsed);
      const again = await outcomeOf(() => parseReference(name, async () => false));
      check(
        !failed(again) && 'repository' in again && registryName(again) === name,
        () => `${text} is ${name}, and that is ${String(again)}`,
      );
      check(
        URL.canParse(`https://${parsed.registry}/v2/${parsed.repository}/`) || parseImageName(text) !== null,
        'no address',
      );
    },
  }),
};

const PLATFORMS = ['linux/amd64', 'linux/arm/v7', 'linux/arm64/v8', 'windows/amd64', 'LINUX/AARCH64', 'darwin/x86_64'];

const platforms: Target = {
  name: 'platform',
  cases: 15_000,
  prepare: () => ({
    run: (random) => {
      const text = mutateText(random, random.pick(PLATFORMS), ['/', 'v', 'v8', '8', 'arm', '-', '.', '_']);
      const parsed = outcome(() => parsePlatform(text));
      if (failed(parsed)) return;
      const written = formatPlatform(parsed);
      const again = outcome(() => parsePlatform(written));
      check(
        !failed(again) && formatPlatform(again) === written,
        () => `${text} is ${written}, and that is ${String(again)}`,
      );
    },
  }),
};

const ENDPOINTS = [
  'unix:///run/docker.sock',
  'tcp://127.0.0.1:2375',
  'tcp://[::1]:2376/',
  'ssh://user@host',
  'npipe:////./pipe/x',
];

const endpoints: Target = {
  name: 'endpoint',
  cases: 5_000,
  prepare: () => ({
    run: (random) => {
      const text = mutateText(random, random.pick(ENDPOINTS), ['//', ':', '[', ']', '65536', '0', '/']);
      const endpoint = outcome(() => parseEndpoint(text, 'DOCKER_HOST', null));
      if (failed(endpoint) || endpoint.type !== 'tcp') return;
      check(endpoint.port > 0 && endpoint.port < 65_536, `the port ${endpoint.port}`);
    },
  }),
};

const PATHS = [
  'var/log/apt/term.log',
  'etc/passwd',
  'a/../../b',
  '../x',
  '/abs',
  'con',
  'a:b',
  'x. ',
  'caf\xc3\xa9',
  '\xff',
];

/** Names of the report folder: whatever is in an image, they stay in it, and no disk refuses them. */
const folderNames: Target = {
  name: 'folder-names',
  cases: 15_000,
  prepare: () => ({
    run: (random) => {
      let path: Uint8Array = Buffer.from(
        mutateText(random, random.pick(PATHS), ['..', '/', '\0', 'NUL', 'COM1']),
        'latin1',
      );
      if (random.chance(0.5)) path = mutateBytes(random, path);
      const disk = { anyBytes: random.chance(0.5), windows: random.chance(0.3) };
      const { components, complete } = splitPath(path, disk);
      for (const component of components) {
        check(
          component !== '' && component !== '.' && component !== '..',
          () => `the component ${JSON.stringify(component)}`,
        );
        check(!/[\0/]/.test(component) && component.length <= 255, () => `the component ${JSON.stringify(component)}`);
        check(!disk.windows || !/[\\:]/.test(component), () => `the component ${JSON.stringify(component)} on Windows`);
      }
      if (complete)
        check(components.join('/') === Buffer.from(path).toString('latin1'), 'other components than the path has');
      for (const name of [
        safeName(path, random.below(3)),
        new PlatformNames().nameOf(Buffer.from(path).toString('utf8')),
      ]) {
        check(/^[A-Za-z0-9_+][A-Za-z0-9._+~-]{0,120}$/.test(name), () => `the name ${JSON.stringify(name)}`);
      }
    },
  }),
};

export const NAME_TARGETS: readonly Target[] = [references, platforms, endpoints, folderNames];
