import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  accountTable,
  parseAccounts,
  withoutLastChange,
} from '../../../../packages/core/src/explain/formats/accounts.js';
import { bytes, compareFiles, fieldsOf, PASSWD, SHADOW } from './samples.js';

describe('tables of accounts', () => {
  test.each([
    ['etc/passwd', 'passwd'],
    ['etc/shadow-', 'shadow'],
    ['usr/etc/group', 'group'],
    ['etc/subgid', 'subgid'],
    ['etc/passwd.bak', null],
    ['etc/pam.d/passwd', null],
    ['home/notetc/passwd', null],
  ])('%s is %s', (path, table) => {
    expect(accountTable(path)).toBe(table);
  });

  test('fields by their names in passwd(5)', () => {
    const other = bytes(PASSWD.replace('/usr/sbin/nologin', '/bin/sh').replace(':33:33:', ':34:33:'));
    expect(fieldsOf(compareFiles('etc/passwd', bytes(PASSWD), other))).toEqual({
      'www-data/uid': ['33', '34'],
      'www-data/shell': ['/usr/sbin/nologin', '/bin/sh'],
    });
  });

  test('a user that one side has alone is one field', () => {
    const other = bytes(`${PASSWD}eve:x:0:0::/root:/bin/sh\n`);
    expect(fieldsOf(compareFiles('etc/passwd', bytes(PASSWD), other))).toEqual({
      eve: [null, 'name=eve password=x uid=0 gid=0 gecos= directory=/root shell=/bin/sh'],
    });
  });

  test('another order is told as that', () => {
    const lines = PASSWD.trimEnd().split('\n');
    const other = bytes(`${lines.reverse().join('\n')}\n`);
    expect(compareFiles('etc/passwd', bytes(PASSWD), other)).toMatchObject({ equalBut: ['line-order'] });
  });

  test('a password is not shown', () => {
    const other = bytes(SHADOW.replace('F5Jx5fExrKuPp53xLKQ', 'AAAAAAAAAAAAAAAAAAA'));
    const difference = compareFiles('etc/shadow', bytes(SHADOW), other);
    expect(Object.keys(fieldsOf(difference))).toEqual(['ann/password']);
    expect(JSON.stringify(difference)).not.toContain('F5Jx5f');
    expect(JSON.stringify(difference)).not.toContain('AAAAAAA');
    expect(JSON.stringify(difference)).toContain('$y$… (hash');
    expect(difference?.equalBut).toBeUndefined();
  });

  test.runIf(existsSync('/etc/passwd'))('getent reads the same', () => {
    const content = readFileSync('/etc/passwd');
    const accounts = parseAccounts('passwd', content) ?? [];
    for (const { fields } of accounts) {
      const texts = fields.map(({ start, end }) => content.subarray(start, end).toString());
      const line = spawnSync('getent', ['-s', 'files', 'passwd', texts[0] as string], {
        encoding: 'utf8',
      }).stdout.split('\n')[0];
      expect(texts.join(':')).toBe(line);
    }
  });

  test('lines of another form are no such table', () => {
    for (const text of [
      'root:x:0:0:root:/root\n',
      'root:x:0:0:root:/root:/bin/sh:more\n',
      '# remark\n',
      '\n',
      '+::::::\0\n',
    ]) {
      expect(parseAccounts('passwd', bytes(text))).toBeNull();
    }
  });
});

describe('the day of the last change', () => {
  const later = bytes(SHADOW.replaceAll('19415', '19416'));

  test('differs alone: metadata, and equal without it', () => {
    expect(compareFiles('etc/shadow', bytes(SHADOW), later)).toMatchObject({
      equalBut: ['metadata'],
      fields: [
        { name: 'root/lastchg', values: ['19415', '19416'] },
        { name: 'ann/lastchg', values: ['19415', '19416'] },
      ],
    });
    expect(withoutLastChange(bytes(SHADOW))).toEqual(withoutLastChange(later));
  });

  test.each([
    ['a password', SHADOW.replace('$y$', '$6$')],
    ['a maximum', SHADOW.replace('99999', '9999')],
    ['a user', `${SHADOW}eve::19415:0:99999:7:::\n`],
    ['an empty day, which switches aging off', SHADOW.replace('root:*:19415', 'root:*:')],
    ['0, which asks for a new password', SHADOW.replace('root:*:19415', 'root:*:0')],
    ['an end', SHADOW.trimEnd()],
  ])('%s stays', (_what, other) => {
    expect(withoutLastChange(bytes(other))).not.toEqual(withoutLastChange(bytes(SHADOW)));
  });

  test('other files are none', () => {
    expect(withoutLastChange(bytes('no table'))).toBeNull();
  });
});
