import type { Finding } from '../compare/finding.js';
import type { FileSide } from './evidence.js';

/**
 * Files that decide who may do what, or whom the image trusts: what differs in them is explained by no benign cause,
 * unless that cause names the very field it takes out (`ContentRule.mayTouch`).
 */
const PATHS: readonly RegExp[] = [
  /^etc\/(passwd|group|shadow|gshadow|subuid|subgid|sudoers|doas\.conf|login\.defs|securetty|nologin)-?$/,
  /^etc\/(sudoers\.d|pam\.d|security|polkit-1|ssh|ssl|pki|ca-certificates|cron[^/]*|profile\.d|ld\.so\.conf\.d)\//,
  /^etc\/(ca-certificates\.conf|profile|environment|crontab|hosts\.(allow|deny)|nsswitch\.conf)$/,
  /^etc\/ld\.so\.(preload|conf)$/,
  /^etc\/apt\/(sources\.list|trusted\.gpg|preferences|auth\.conf)/,
  /^etc\/(apk\/(keys\/|repositories)|yum\.repos\.d\/|zypp\/repos\.d\/|pacman\.(conf|d\/))/,
  /^(usr\/share|usr\/local\/share)\/(keyrings|ca-certificates)\//,
  /(^|\/)(\.ssh|\.gnupg)\//,
  /(^|\/)(authorized_keys|known_hosts|cacerts|id_[a-z0-9_]+)$/,
  /^(etc|usr\/lib|lib)\/systemd\/(system|user)\//,
  /^etc\/(init\.d|rc\.local|rc\.d|inittab|selinux|apparmor|apparmor\.d|modprobe\.d|sysctl\.d|krb5\.conf)(\/|$)/,
  /^(root|home\/[^/]+)\/\.(bashrc|bash_profile|profile|zshrc|netrc|npmrc|pypirc|pgpass|git-credentials|docker\/|kube\/|aws\/|config\/pip\/)/,
  /(^|\/)\.env(\.[a-z]+)?$/,
  /\.keytab$/,
  /\.(pem|crt|cer|key|p12|pfx|jks|keystore|gpg|kbx)$/,
  /^(s?bin|usr\/s?bin|usr\/local\/s?bin|usr\/libexec)\//,
];

/* ELF, PE, scripts, Java classes and universal binaries, WebAssembly, JKS, PEM */
const MAGICS = ['\x7fELF', 'MZ', '#!', '\xca\xfe\xba\xbe', '\0asm', '\xfe\xed\xfe\xed', '-----BEGIN '];

/** Whether a file belongs to them: by its path, by being executable, or by what it begins with. */
export function isSensitive({ path, header, content }: FileSide): boolean {
  return PATHS.some((pattern) => pattern.test(path)) || (header.mode & 0o6111) !== 0 || isProgramOrKey(content);
}

function isProgramOrKey(content: Uint8Array): boolean {
  const head = Buffer.from(content.subarray(0, 64)).toString('latin1');
  return MAGICS.some((magic) => head.startsWith(magic));
}

/** Whether an attribute says who may do what: set-id and permission bits, owners, capabilities, ACLs. */
export function isSensitiveFinding({ subject, field, excuses }: Finding): boolean {
  if (subject !== 'file') return false;
  /* The type of the file, written into its mode, permits nothing. */
  if (field === 'mode' && excuses.some((excuse) => excuse.includes('file-mode-redundant-bits'))) return false;
  return (
    field === 'mode' ||
    field === 'uid' ||
    field === 'gid' ||
    field === 'device' ||
    field === 'xattrs/security.capability' ||
    field.startsWith('xattrs/system.posix_acl')
  );
}
