import { ACCOUNTS } from './accounts.js';
import { ELF } from './elf.js';
import type { FormatDecoder } from './format-decoder.js';
import { MO, PO } from './gettext.js';
import { GIT_INDEX } from './git-index.js';
import { HEADERS } from './headers.js';
import { MACHINE_ID_FILE, RANDOM_SEED } from './identities.js';
import { JKS, PKCS12 } from './keystore.js';
import { AUX_CACHE, LD_CACHE } from './ldconfig.js';
import { APK_INSTALLED, DPKG_STATUS, PACMAN_DESC } from './package-databases.js';
import { PDF } from './pdf.js';
import { PEM } from './pem.js';
import { PNG } from './png.js';
import { PYC } from './pyc.js';
import { PYTHON_RECORD } from './python-record.js';
import { SQLITE } from './sqlite-decoder.js';
import { SSH_PUBLIC_KEY } from './ssh-key.js';

/** All decoders; those that hide secrets before those that go by content alone. */
export const FORMAT_DECODERS: readonly FormatDecoder[] = [
  RANDOM_SEED,
  ...ACCOUNTS,
  PEM,
  SSH_PUBLIC_KEY,
  JKS,
  PKCS12,
  PYC,
  ELF,
  SQLITE,
  AUX_CACHE,
  LD_CACHE,
  DPKG_STATUS,
  APK_INSTALLED,
  PACMAN_DESC,
  PYTHON_RECORD,
  MACHINE_ID_FILE,
  ...HEADERS,
  PNG,
  PDF,
  PO,
  MO,
  GIT_INDEX,
];
