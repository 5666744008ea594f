import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseChallenges } from '../../../packages/core/src/sources/registry/challenge.js';
import { normalizeKey, parseCredentialFile } from '../../../packages/core/src/sources/registry/credential-files.js';
import { credentialsFromHelper } from '../../../packages/core/src/sources/registry/credential-helper.js';
import { findCredentials } from '../../../packages/core/src/sources/registry/find-credentials.js';
import { parseRetryAfter } from '../../../packages/core/src/sources/registry/retry.js';
import { mutateJson } from '../mutate-json.js';
import { mutateText } from '../mutate-text.js';
import { check, checkMessage, failed, outcome, outcomeOf } from '../oracle.js';
import type { Target } from '../target.js';
import { temporaryFolder } from '../temporary.js';

/** What must be in no message. */
const SECRET = 'swordfish';
const AUTH = Buffer.from(`user:${SECRET}`).toString('base64');

const FILES = [
  {
    auths: {
      'https://index.docker.io/v1/': { auth: AUTH },
      'quay.io/org': { auth: AUTH, email: 'a@b' },
      'registry.example': { username: 'user', password: SECRET },
      'ghcr.io': { auth: '', identitytoken: SECRET },
      'other.example': { registrytoken: SECRET },
    },
    /* Names of programs that do not exist: no helper is run. */
    credHelpers: { 'helper.example': 'fuzz-is-not-there', 'bad.example': '../../x' },
  },
  { auths: { 'https://index.docker.io/v1/': {} }, credsStore: 'fuzz-is-not-there', currentContext: 'default' },
  { auths: {}, HttpHeaders: { 'User-Agent': 'x' } },
].map((file) => Buffer.from(JSON.stringify(file)));

const credentialFiles: Target = {
  name: 'credentials',
  cases: 20_000,
  prepare: () => {
    const { path, remove } = temporaryFolder();
    const file = join(path, 'auth.json');
    return {
      close: remove,
      run: async (random) => {
        const bytes = mutateJson(random, random.pick(FILES));
        const read = outcome(() => parseCredentialFile(bytes, 'auth.json'));
        if (failed(read)) {
          check(
            !read.message.includes(SECRET) && !read.message.includes(AUTH),
            () => `a secret is told: ${read.message}`,
          );
          return;
        }
        for (const key of read.auths.keys())
          check(normalizeKey(key) === key, () => `${key} is ${normalizeKey(key)} again`);
        /* Seldom, since a file is written, and a process is started though no helper is there. */
        if (!random.chance(0.03)) return;
        writeFileSync(file, bytes);
        const registry = random.pick(['docker.io', 'quay.io', 'helper.example', 'bad.example', '__proto__']);
        const env = { REGISTRY_AUTH_FILE: file, PATH: path };
        const found = await outcomeOf(() => findCredentials(registry, 'org/app', env, undefined));
        check(!failed(found), () => `finding fails: ${String(found)}`);
        for (const problem of found.problems) {
          checkMessage(problem);
          check(!problem.includes(SECRET), () => `a secret is told: ${problem}`);
        }
      },
    };
  },
};

const HELPER = Buffer.from(
  JSON.stringify({ ServerURL: 'https://index.docker.io/v1/', Username: 'user', Secret: SECRET }),
);

const helperOutput: Target = {
  name: 'helper-output',
  cases: 10_000,
  prepare: () => ({
    run: (random) => {
      const status = random.pick([0, 0, 0, 1, 255, null]);
      const output = random.chance(0.2)
        ? Buffer.from(mutateText(random, 'credentials not found in native keychain\n'))
        : mutateJson(random, HELPER);
      const credentials = outcome(() => credentialsFromHelper('docker-credential-x', status, output));
      if (!failed(credentials)) return;
      check(!credentials.message.includes(SECRET), () => `a secret is told: ${credentials.message}`);
    },
  }),
};

const CHALLENGES = [
  'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/debian:pull"',
  'Basic realm="Registry Realm"',
  'Negotiate, Basic realm="a\\"b", Bearer realm=x',
  'Digest qop="auth", nonce=abc==',
];

const challenges: Target = {
  name: 'challenge',
  cases: 20_000,
  prepare: () => ({
    run: (random) => {
      const header = mutateText(random, random.pick(CHALLENGES), [
        '"',
        '\\',
        ',',
        '=',
        ' ',
        'Bearer ',
        'realm=',
        '\\"',
        '""',
      ]);
      for (const { scheme, parameters } of parseChallenges(header)) {
        check(scheme === scheme.toLowerCase() && scheme !== '', `the scheme ${scheme}`);
        for (const key of parameters.keys()) check(key === key.toLowerCase() && key !== '', `the parameter ${key}`);
      }
      const wait = mutateText(random, random.pick(['120', 'Fri, 31 Dec 1999 23:59:59 GMT']), ['0', '9', '-', ' GMT']);
      const milliseconds = parseRetryAfter(wait, 0);
      check(milliseconds === null || milliseconds >= 0, () => `${wait} is ${milliseconds} ms`);
    },
  }),
};

export const CREDENTIAL_TARGETS: readonly Target[] = [credentialFiles, helperOutput, challenges];
