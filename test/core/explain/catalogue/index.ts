import type { CauseCases } from '../cause-case.js';
import { ACCOUNTS_CASES } from './accounts.cases.js';
import { APK_CASES } from './apk.cases.js';
import { APT_CASES } from './apt.cases.js';
import { ARCHIVES_CASES } from './archives.cases.js';
import { BINARIES_CASES } from './binaries.cases.js';
import { CACHES_CASES } from './caches.cases.js';
import { CERTIFICATES_CASES } from './certificates.cases.js';
import { DOCUMENTS_CASES } from './documents.cases.js';
import { DPKG_CASES } from './dpkg.cases.js';
import { FINDINGS_CASES } from './findings.cases.js';
import { GENERAL_CASES } from './general.cases.js';
import { GIT_CASES } from './git.cases.js';
import { IDENTITY_CASES } from './identity.cases.js';
import { JAVASCRIPT_CASES } from './javascript.cases.js';
import { JVM_CASES } from './jvm.cases.js';
import { LEFTOVERS_CASES } from './leftovers.cases.js';
import { NETWORK_CASES } from './network.cases.js';
import { PACMAN_CASES } from './pacman.cases.js';
import { PYTHON_CASES } from './python.cases.js';
import { RPM_CASES } from './rpm.cases.js';
import { RUBY_PHP_PERL_CASES } from './ruby-php-perl.cases.js';
import { SQLITE_CASES } from './sqlite.cases.js';
import { SYSTEM_LOGS_CASES } from './system-logs.cases.js';

/** Cases of every cause of the catalogue. */
export const CASES: readonly CauseCases[] = [
  ...ACCOUNTS_CASES,
  ...APK_CASES,
  ...APT_CASES,
  ...ARCHIVES_CASES,
  ...BINARIES_CASES,
  ...CACHES_CASES,
  ...CERTIFICATES_CASES,
  ...DOCUMENTS_CASES,
  ...DPKG_CASES,
  ...GENERAL_CASES,
  ...GIT_CASES,
  ...IDENTITY_CASES,
  ...JAVASCRIPT_CASES,
  ...JVM_CASES,
  ...LEFTOVERS_CASES,
  ...NETWORK_CASES,
  ...PACMAN_CASES,
  ...PYTHON_CASES,
  ...RPM_CASES,
  ...RUBY_PHP_PERL_CASES,
  ...SQLITE_CASES,
  ...SYSTEM_LOGS_CASES,
  ...FINDINGS_CASES,
];
