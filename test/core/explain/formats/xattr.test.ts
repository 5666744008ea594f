import { describe, expect, test } from 'vitest';
import {
  capabilitiesText,
  compareXattr,
  type FileCapabilities,
  parseCapabilities,
} from '../../../../packages/core/src/explain/formats/xattr.js';
import { bytes, fieldsOf } from './samples.js';

const hex = (text: string): Uint8Array => Buffer.from(text, 'hex');
/* Values that `setcap` wrote and `getfattr -e hex` read, and what `getcap` says of them. */
const PING = hex('0100000200200000000000000000000000000000');
const BIND = hex('0100000200040000000000000000000000000000');
const BIND_IN_NAMESPACE = hex('010000030004000000000000000000000000000000000100');

describe('capabilities', () => {
  test.each([
    [PING, 'cap_net_raw=ep', 2],
    [BIND, 'cap_net_bind_service=ep', 2],
    [BIND_IN_NAMESPACE, 'cap_net_bind_service=ep', 3],
    [hex('0000000200040000000000000000000000000000'), 'cap_net_bind_service=p', 2],
    [hex('0000000200000000000400000000000000000000'), 'cap_net_bind_service=i', 2],
    [hex('0100000200340000000000000000000000000000'), 'cap_net_bind_service,cap_net_admin,cap_net_raw=ep', 2],
    [hex('0100000200000000000000000100000000000000'), 'cap_mac_override=ep', 2],
    [hex('0100000200000000000000000001000000000000'), 'cap_checkpoint_restore=ep', 2],
    [hex('0100000200000000000000000000000000000000'), '=', 2],
    [hex('010000010020000000000000'), 'cap_net_raw=ep', 1],
  ])('%#: as getcap writes them', (value, text, version) => {
    const capabilities = parseCapabilities(value) as FileCapabilities;
    expect(capabilitiesText(capabilities)).toBe(text);
    expect(capabilities.version).toBe(version);
  });

  test('differ in words', () => {
    expect(fieldsOf(compareXattr('security.capability', PING, BIND))).toEqual({
      capabilities: ['cap_net_raw=ep', 'cap_net_bind_service=ep'],
    });
    expect(fieldsOf(compareXattr('security.capability', BIND, BIND_IN_NAMESPACE))).toEqual({
      version: [2, 3],
      rootid: [null, 65536],
    });
    expect(fieldsOf(compareXattr('security.capability', null, PING))).toMatchObject({
      capabilities: [null, 'cap_net_raw=ep'],
    });
  });

  test('each byte changed by itself is told', () => {
    for (const value of [PING, BIND_IN_NAMESPACE, hex('0100000200000000000000000000000000000000')]) {
      for (let at = 0; at < value.length; at++) {
        for (let bit = 0; bit < 8; bit++) {
          const changed = Uint8Array.from(value);
          changed[at] = (changed[at] as number) ^ (1 << bit);
          const difference = compareXattr('security.capability', value, changed);
          expect(difference.fields?.length).toBeGreaterThan(0);
          for (const { values } of difference.fields ?? []) expect(values[0]).not.toEqual(values[1]);
        }
      }
    }
  });

  test('another length is none', () => {
    for (const value of [
      '',
      '01000002',
      '0100000200200000000000000000000000000000ff',
      '0200000200200000000000000000000000000000',
    ]) {
      expect(parseCapabilities(hex(value))).toBeNull();
    }
  });
});

describe('other attributes', () => {
  test('labels and overlay marks as text', () => {
    const difference = compareXattr(
      'security.selinux',
      bytes('system_u:object_r:bin_t:s0\0'),
      bytes('system_u:object_r:container_file_t:s0\0'),
    );
    expect(difference).toMatchObject({ format: 'text' });
    expect(fieldsOf(difference)).toEqual({
      'security.selinux': ['system_u:object_r:bin_t:s0\0', 'system_u:object_r:container_file_t:s0\0'],
    });
    expect(fieldsOf(compareXattr('user.overlay.opaque', bytes('y'), null))).toEqual({
      'user.overlay.opaque': ['y', null],
    });
  });

  test('what is not known in hex', () => {
    const difference = compareXattr('user.checksum', hex('00ff'), hex('00fe'));
    expect(difference).toMatchObject({ format: 'bytes', bytes: { differing: 1 } });
    expect(fieldsOf(difference)).toEqual({ 'user.checksum': ['00ff', '00fe'] });
  });
});
