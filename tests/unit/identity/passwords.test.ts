/** Passwords: what is stored, what is compared, what is handed out. */

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { start } from '@contor/identity';
import { passwordsAt, readablePassword } from '@contor/identity/passwords.js';
import { describe, expect, it } from '@jest/globals';
import { House } from '../gateway/support/house.js';

const { hash: hashPassword, verify: verifyPassword } = passwordsAt();

describe('passwords', () => {
  it('are stored with their cost and a salt of their own', async () => {
    const [one, two] = await Promise.all([hashPassword('tulip'), hashPassword('tulip')]);
    expect(one).toMatch(/^scrypt\$32768\$8\$3\$[\w-]{22}\$[\w-]{43}$/);
    expect(one).not.toBe(two);
  });

  it('are kept so by the server that is started for people', async () => {
    const house = await House.open({}, { identity: start });
    try {
      await house.startIdentity();
      const log = join(house.folder, 'identity', 'log');
      const texts = await Promise.all((await readdir(log)).map((name) => readFile(join(log, name), 'latin1')));
      expect(texts.join('').match(/scrypt\$\d+\$\d+\$\d+\$/g)).toEqual(['scrypt$32768$8$3$']);
    } finally {
      await house.close();
    }
  });

  it('are right or not, and composed letters are one letter', async () => {
    const encoded = await hashPassword('grădină');
    expect(await verifyPassword('grădină'.normalize('NFD'), encoded)).toBe(true);
    expect(await verifyPassword('gradina', encoded)).toBe(false);
  });

  it('keep an older cost readable', async () => {
    // RFC 7914, 12: scrypt("password", "NaCl", 1024, 8, 16), first 32 bytes.
    const vector = Buffer.from('fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162', 'hex');
    const encoded = `scrypt$1024$8$16$${Buffer.from('NaCl').toString('base64url')}$${vector.toString('base64url')}`;
    expect(await verifyPassword('password', encoded)).toBe(true);
  });

  it.each([undefined, '', 'scrypt$1$1', 'plain$tulip', 'scrypt$16384$8$5$AAAA$AAAA'])(
    '%s is nobody’s',
    async (encoded) => {
      expect(await verifyPassword('tulip', encoded)).toBe(false);
      expect(await verifyPassword('', encoded)).toBe(false);
    },
  );

  it('for the first start can be read aloud and are not alike', () => {
    const passwords = Array.from({ length: 200 }, readablePassword);
    for (const password of passwords)
      expect(password).toMatch(/^([bdfghjkmnprstvz][aeiou]){2}(-([bdfghjkmnprstvz][aeiou]){2}){4}$/);
    expect(new Set(passwords).size).toBe(200);
  });
});
