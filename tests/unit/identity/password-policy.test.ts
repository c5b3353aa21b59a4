/** Which passwords are good enough, and that the ones we make ourselves are. */

import { faultOfPassword } from '@contor/identity/password-policy.js';
import { readablePassword } from '@contor/identity/passwords.js';
import { describe, expect, it } from '@jest/globals';

describe('a new password', () => {
  it.each([
    ['', 'passwordShort'],
    ['abcdefghijk', 'passwordShort'],
    ['ăîșțâăîșțâ1', 'passwordShort'],
    ['x'.repeat(257), 'passwordLong'],
    ['aaaaaaaaaaaaaa', 'passwordCommon'],
    ['123456789012', 'passwordCommon'],
    ['qwertyuiop123456', 'passwordCommon'],
    ['zyxwvutsrqpo', 'passwordCommon'],
    ['Password1234!', 'passwordCommon'],
    ['P4$$w0rd_2024!', 'passwordCommon'],
    ['passwordpassword', 'passwordCommon'],
    ['!!!Administrator2026', 'passwordCommon'],
    ['ilovemanager4ever', 'passwordLikeName'],
    ['IoNeScU rules it all', 'passwordLikeName'],
    ['munte verde lac adanc', undefined],
    ['tR7#kq9!vLm2', undefined],
    ['correct horse battery staple', undefined],
  ])('%j: %s', (password, fault) => {
    expect(faultOfPassword(password, ['manager', 'Ionescu'])).toBe(fault);
  });

  it('made by ourselves is good', () => {
    for (let n = 0; n < 200; n += 1) expect(faultOfPassword(readablePassword(), ['manager'])).toBeUndefined();
  });
});
