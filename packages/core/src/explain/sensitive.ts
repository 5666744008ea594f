import type { Finding } from '../compare/finding.js';
import type { TarHeader } from '../tar/entry.js';
import type { Cause, ContentRule } from './cause.js';
import type { FileSide } from './evidence.js';

/**
 * Files that decide who may do what, or whom the image trusts: what differs in them is explained by no benign cause,
 * unless that cause names the very field it takes out (`ContentRule.mayTouch`).
 */
const PATHS: readonly RegExp[] = [
  /^etc\/(passwd|group|shadow|gshadow|subuid|subgid|sudoers|doas\.conf|login\.defs|securetty|nologin)-?$/,
  /^etc\/(sudoers\.d|pam\.d|security|polkit-1|ssh|ssl|pki|ca-certificates|cron[^/]*|profile\.d|ld\.so\.conf\.d)\//,
  /^etc\/(ca-certificates\.conf|profile|environment|crontab|hosts(\.allow|\.deny)?|resolv\.conf|nsswitch\.conf|fstab|exports)$/,
  /^etc\/(bash\.bashrc|bashrc|zsh|csh\.(cshrc|login)|environment\.d|anacrontab|at\.(allow|deny)|logrotate\.(conf|d))(\/|$)/,
  /^etc\/(containers|docker|dbus-1|tmpfiles\.d|sysusers\.d|udev|xinetd\.(conf|d)|iptables|nftables\.conf|firewalld)(\/|$)/,
  /^(usr\/)?lib\/(pam\.d|security|sysctl\.d|tmpfiles\.d|sysusers\.d|environment\.d|udev|modprobe\.d|binfmt\.d)\//,
  /^usr\/share\/(polkit-1|dbus-1)\//,
  /^var\/spool\/(cron|at)\//,
  /^etc\/dpkg\/|^var\/lib\/dpkg\/info\/[^/]+\.(preinst|postinst|prerm|postrm|config)$/,
  /^etc\/ld\.so\.(preload|conf)$/,
  /^etc\/apt\/(sources\.list|trusted\.gpg|preferences|auth\.conf|apt\.conf)/,
  /^etc\/(apk\/(keys\/|repositories)|yum\.repos\.d\/|zypp\/repos\.d\/|pacman\.(conf|d\/))/,
  /^(usr\/share|usr\/local\/share)\/(keyrings|ca-certificates)\//,
  /(^|\/)(\.ssh|\.gnupg)\//,
  /(^|\/)(authorized_keys2?|known_hosts|cacerts|id_[a-z0-9_]+)$/,
  /^(etc|usr\/lib|lib)\/systemd\/(system|user)\//,
  /^etc\/(init\.d|rc\.local|rc\.d|inittab|selinux|apparmor|apparmor\.d|modprobe\.d|sysctl\.d|krb5\.conf)(\/|$)/,
  /^(root|home\/[^/]+)\/\.(bashrc|bash_profile|profile|zshrc|netrc|npmrc|pypirc|pgpass|git-credentials|docker\/|kube\/|aws\/|config\/pip\/)/,
  /(^|\/)\.(bashrc|bash_profile|bash_login|profile|kshrc|zshrc|zshenv|zprofile|gitconfig)$/,
  /(^|\/)\.git\/(config$|hooks\/)/,
  /(^|\/)\.env(\.[a-z]+)?$/,
  /\.keytab$/,
  /(^|\/)(sitecustomize|usercustomize)\.py$|\/(site|dist)-packages\/[^/]+\.pth$/,
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

/** Whether a cause may explain something of contents that are, or are not, those of such a file. */
export function mayExplain(cause: Cause & { readonly rule: ContentRule }, sensitive: boolean): boolean {
  if (!sensitive) return true;
  return cause.rule.guesses !== true && (cause.class !== 'benign' || cause.rule.mayTouch !== undefined);
}

/**
 * Whether a file gives rights to who runs it, or a folder hands its group on: set-id bits or capabilities. No path, no
 * content and no digest in a package's list says that one should.
 */
export function isPrivileged({ mode, pax }: TarHeader): boolean {
  return (mode & 0o6000) !== 0 || pax?.has('SCHILY.xattr.security.capability') === true;
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
