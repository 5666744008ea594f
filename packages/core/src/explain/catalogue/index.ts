import type { Cause } from '../cause.js';
import { ACCOUNTS } from './accounts.js';
import { APK } from './apk.js';
import { APT } from './apt.js';
import { ARCHIVES } from './archives.js';
import { BINARIES } from './binaries.js';
import { CACHES } from './caches.js';
import { CERTIFICATES } from './certificates.js';
import { DOCUMENTS } from './documents.js';
import { DPKG } from './dpkg.js';
import { FINDINGS } from './findings.js';
import { GENERAL } from './general.js';
import { GIT } from './git.js';
import { IDENTITY } from './identity.js';
import { JAVASCRIPT } from './javascript.js';
import { JVM } from './jvm.js';
import { LEFTOVERS } from './leftovers.js';
import { NETWORK } from './network.js';
import { PACKAGES } from './packages.js';
import { PACMAN } from './pacman.js';
import { PYTHON } from './python.js';
import { RPM } from './rpm.js';
import { RUBY_PHP_PERL } from './ruby-php-perl.js';
import { SQLITE } from './sqlite.js';
import { SYSTEM_LOGS } from './system-logs.js';

/**
 * All known causes. Where several could explain one difference the first is asked first: special ones stand before
 * general ones, and those that unpack a file before those that look into what was packed.
 */
export const CATALOGUE: readonly Cause[] = [
  ...PACKAGES,
  ...ARCHIVES,
  ...SYSTEM_LOGS,
  ...APT,
  ...DPKG,
  ...APK,
  ...RPM,
  ...PACMAN,
  ...ACCOUNTS,
  ...IDENTITY,
  ...CERTIFICATES,
  ...CACHES,
  ...PYTHON,
  ...JAVASCRIPT,
  ...RUBY_PHP_PERL,
  ...JVM,
  ...BINARIES,
  ...DOCUMENTS,
  ...LEFTOVERS,
  ...NETWORK,
  ...GIT,
  ...SQLITE,
  ...GENERAL,
  ...FINDINGS,
];
