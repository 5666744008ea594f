import type { FieldDifference, InFileDifference } from '../in-file/in-file-difference.js';
import { compareParts, type Part } from './parts.js';
import { equalBytes, hexValue, textValue, viewOf } from './values.js';

/** Capabilities by their numbers. Source: Linux, `include/uapi/linux/capability.h`. */
const CAPABILITIES: readonly string[] = [
  ...['chown', 'dac_override', 'dac_read_search', 'fowner', 'fsetid', 'kill', 'setgid', 'setuid', 'setpcap'],
  ...['linux_immutable', 'net_bind_service', 'net_broadcast', 'net_admin', 'net_raw', 'ipc_lock', 'ipc_owner'],
  ...['sys_module', 'sys_rawio', 'sys_chroot', 'sys_ptrace', 'sys_pacct', 'sys_admin', 'sys_boot', 'sys_nice'],
  ...['sys_resource', 'sys_time', 'sys_tty_config', 'mknod', 'lease', 'audit_write', 'audit_control', 'setfcap'],
  ...['mac_override', 'mac_admin', 'syslog', 'wake_alarm', 'block_suspend', 'audit_read', 'perfmon', 'bpf'],
  'checkpoint_restore',
];
const REVISION_MASK = 0xff000000;
const EFFECTIVE = 1;
const LENGTHS = new Map([
  [0x01000000, 12],
  [0x02000000, 20],
  [0x03000000, 24],
]);

/** Capabilities of a file. */
export interface FileCapabilities {
  readonly version: 1 | 2 | 3;
  readonly effective: boolean;
  readonly permitted: bigint;
  readonly inheritable: bigint;
  /** Of version 3: the id, on the host, of root in the user namespace that they are for. */
  readonly rootid: number | null;
}

/** The value of `security.capability`. Source: Linux, `struct vfs_ns_cap_data`. Null for what is none. */
export function parseCapabilities(bytes: Uint8Array): FileCapabilities | null {
  if (bytes.length < 4) return null;
  const view = viewOf(bytes);
  const magic = view.getUint32(0, true);
  const revision = (magic & REVISION_MASK) >>> 0;
  if (LENGTHS.get(revision) !== bytes.length || (magic & ~REVISION_MASK & ~EFFECTIVE) !== 0) return null;
  const version = (revision >>> 24) as 1 | 2 | 3;
  const high = (at: number): bigint => (version === 1 ? 0n : BigInt(view.getUint32(at, true)) << 32n);
  return {
    version,
    effective: (magic & EFFECTIVE) !== 0,
    permitted: BigInt(view.getUint32(4, true)) | high(12),
    inheritable: BigInt(view.getUint32(8, true)) | high(16),
    rootid: version === 3 ? view.getUint32(20, true) : null,
  };
}

/** The capabilities as `getcap` writes them: `cap_net_bind_service,cap_net_raw=ep`; `=` for none. */
export function capabilitiesText(capabilities: FileCapabilities): string {
  const groups = new Map<string, string[]>();
  for (let bit = 0n; bit < 64n; bit++) {
    const permitted = (capabilities.permitted >> bit) & 1n;
    const inheritable = (capabilities.inheritable >> bit) & 1n;
    if (permitted === 0n && inheritable === 0n) continue;
    const flags = `${capabilities.effective ? 'e' : ''}${inheritable === 0n ? '' : 'i'}${permitted === 0n ? '' : 'p'}`;
    const name = CAPABILITIES[Number(bit)];
    const group = groups.get(flags) ?? [];
    group.push(name === undefined ? String(bit) : `cap_${name}`);
    groups.set(flags, group);
  }
  const texts = [...groups].map(([flags, names]) => `${names.join(',')}=${flags}`);
  return texts.length === 0 ? '=' : texts.join(' ');
}

const TEXTS = /^(?:security\.(?:selinux|apparmor)|(?:user|trusted)\.(?:overlay|fuseoverlayfs)\.)/;

/**
 * How an extended attribute differs: a capability in words, what is text as text, others in hex.
 * @param name as `getfattr` has it: `security.capability`
 * @param bytes0 null for a side without it
 */
export function compareXattr(name: string, bytes0: Uint8Array | null, bytes1: Uint8Array | null): InFileDifference {
  const caps0 = name === 'security.capability' && bytes0 !== null ? parseCapabilities(bytes0) : null;
  const caps1 = name === 'security.capability' && bytes1 !== null ? parseCapabilities(bytes1) : null;
  const isCapability = (caps0 !== null || bytes0 === null) && (caps1 !== null || bytes1 === null) && caps0 !== caps1;
  if (isCapability) {
    const fields = capabilityFields(caps0, caps1);
    if (fields.length > 0) {
      return {
        format: 'capability',
        summary: `${fields.map((field) => field.name).join(', ')} differ${fields.length === 1 ? 's' : ''}`,
        fields,
      };
    }
  }
  const format = TEXTS.test(name) ? 'text' : 'bytes';
  const value = format === 'text' ? textValue : hexValue;
  if (bytes0 === null || bytes1 === null || equalBytes(bytes0, bytes1)) {
    const values = [bytes0, bytes1].map((bytes) => (bytes === null ? null : value(bytes))) as [
      string | null,
      string | null,
    ];
    return { format, summary: `${name} is on one side only`, fields: [{ name, values }] };
  }
  const parts = (bytes: Uint8Array): Part[] => [
    {
      name,
      start: 0,
      end: bytes.length,
      value: value(bytes),
      ...(format === 'bytes' ? { opaque: true as const } : {}),
    },
  ];
  return compareParts({ format }, { content: bytes0, parts: parts(bytes0) }, { content: bytes1, parts: parts(bytes1) });
}

function capabilityFields(caps0: FileCapabilities | null, caps1: FileCapabilities | null): FieldDifference[] {
  const fields: FieldDifference[] = [];
  const compare = (name: string, of: (caps: FileCapabilities) => string | number | null): void => {
    const value0 = caps0 === null ? null : of(caps0);
    const value1 = caps1 === null ? null : of(caps1);
    if (value0 !== value1) fields.push({ name, values: [value0, value1] });
  };
  compare('capabilities', capabilitiesText);
  compare('version', (caps) => caps.version);
  compare('rootid', (caps) => caps.rootid);
  /* Where there are no capabilities, their text does not tell it. */
  compare('effective', (caps) => (caps.effective ? 'yes' : 'no'));
  return fields;
}
