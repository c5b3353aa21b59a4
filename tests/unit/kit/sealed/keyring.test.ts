/** Wrapping: NIST SP 800-38D through Node, so what is ours to show is the envelope: names, key ids, versions, damage. */

import { createDecipheriv, hkdfSync } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keyringOf, newMasterKey, openKeyring, wrappedBy } from '@contor/kit';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { bytesOf } from '../support.js';

const HEX = '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f';
const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString();

describe('a keyring', () => {
  const keyring = keyringOf(HEX, 'a test');

  it('gives back what it wrapped, for any name and any bytes', () =>
    fc.assert(
      fc.property(fc.string(), fc.uint8Array({ maxLength: 300 }), (name, value) => {
        const wrapped = keyring.wrap(name, value);
        expect(Buffer.from(keyring.unwrap(name, wrapped)).equals(value)).toBe(true);
        expect(wrapped).toMatch(/^sealed:1:[0-9a-f]{16}:[A-Za-z0-9_-]+$/);
      }),
    ));

  it('is AES-256-GCM under a key by HKDF-SHA256 of salt and master key, as docs/security.md says', () => {
    const [, , keyId = '', body = ''] = keyring.wrap('meter.1', bytesOf('EK')).split(':');
    const bytes = Buffer.from(body, 'base64url');
    const master = Buffer.from(HEX, 'hex');
    expect(Buffer.from(hkdfSync('sha256', master, '', 'contor master key id', 8)).toString('hex')).toBe(keyId);
    const key = new Uint8Array(hkdfSync('sha256', master, bytes.subarray(0, 16), 'contor sealed value', 32));
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(16, 28));
    decipher.setAAD(Buffer.from(`contor sealed 1 ${keyId} meter.1`));
    decipher.setAuthTag(bytes.subarray(-16));
    expect(textOf(Buffer.concat([decipher.update(bytes.subarray(28, -16)), decipher.final()]))).toBe('EK');
  });

  it('wraps the same value differently each time', () =>
    expect(keyring.wrap('a', bytesOf('x'))).not.toBe(keyring.wrap('a', bytesOf('x'))));

  it('does not open what was moved to another name', () => {
    const wrapped = keyring.wrap('meter.1.ek', bytesOf('secret'));
    expect(() => keyring.unwrap('meter.2.ek', wrapped)).toThrow(expect.objectContaining({ code: 'sealed.damaged' }));
  });

  it('notices every changed letter', () => {
    const wrapped = keyring.wrap('name', bytesOf('secret'));
    for (let at = 0; at < wrapped.length; at += 1) {
      const changed = wrapped.slice(0, at) + (wrapped[at] === 'A' ? 'B' : 'A') + wrapped.slice(at + 1);
      // The last letter of base64url carries bits that stand for nothing.
      if (
        Buffer.from(changed.split(':')[3] ?? '', 'base64url').equals(
          Buffer.from(wrapped.split(':')[3] ?? '', 'base64url'),
        ) &&
        at >= 26
      )
        continue;
      expect(() => keyring.unwrap('name', changed)).toThrow();
    }
  });

  it.each(['', 'sealed', 'sealed:1:', 'sealed:1:0011223344556677:', 'plain text', `sealed:1:${keyring.keyId}:AAAA`])(
    'throws no more than an error of ours at %p',
    (text) => expect(() => keyring.unwrap('name', text)).toThrow(expect.objectContaining({ code: 'sealed.damaged' })),
  );

  it('refuses a newer format with words', () =>
    expect(() => keyring.unwrap('name', `sealed:2:${keyring.keyId}:AAAA`)).toThrow(
      expect.objectContaining({ code: 'config.newer-format' }),
    ));
});

describe('changing the key', () => {
  const old = newMasterKey();
  const young = newMasterKey();
  const both = keyringOf(`${young}\n${old}`, 'a test');
  const wrapped = keyringOf(old, 'a test').wrap('name', bytesOf('value'));

  it('unwraps with every key and wraps with the first', () => {
    expect(textOf(both.unwrap('name', wrapped))).toBe('value');
    expect(wrappedBy(both.wrap('name', bytesOf('x')))).toBe(both.keyId);
    expect(both.keyIds).toHaveLength(2);
  });
  it('rewraps what an older key wrapped, and then the old key may go', () => {
    const renewed = both.rewrap('name', wrapped);
    expect(textOf(keyringOf(young, 'a test').unwrap('name', renewed))).toBe('value');
    expect(both.rewrap('name', renewed)).toBe(renewed);
  });
  it('says which key is missing', () =>
    expect(() => keyringOf(young, 'the file').unwrap('name', wrapped)).toThrow(
      expect.objectContaining({
        code: 'config.master-key-missing',
        message: expect.stringContaining(wrappedBy(wrapped) ?? '?'),
      }),
    ));
});

describe('a master key is written', () => {
  const base64 = Buffer.from(HEX, 'hex').toString('base64');
  it.each([
    ['in hexadecimal', HEX],
    ['in capitals', HEX.toUpperCase()],
    ['in base64', base64],
    ['in base64url', Buffer.from(HEX, 'hex').toString('base64url')],
    ['with its word', `contor-key-${base64}`],
    ['after a comment', `# mine\n\n  ${HEX}  # the only one\n`],
  ])('%s', (_, text) => expect(keyringOf(text, 'a test').keyId).toBe(keyringOf(HEX, 'a test').keyId));

  it.each([
    ['nothing', ''],
    ['only a comment', '# key'],
    ['too short', HEX.slice(2)],
    ['a password', 'correct-horse-battery-staple-and-so-on-43-c'.repeat(2)],
    ['zeros', '00'.repeat(32)],
    ['a pattern', 'deadbeef'.repeat(8)],
    ['seventeen keys', Array.from({ length: 17 }, newMasterKey).join(',')],
  ])('not as %s', (_, text) => {
    const open = () => keyringOf(text, 'CONTOR_MASTER_KEY');
    expect(open).toThrow(expect.objectContaining({ code: 'config.master-key' }));
    try {
      open();
    } catch (error) {
      if (text.length > 8) expect(String(error)).not.toContain(text.slice(0, 8));
    }
  });
});

describe('opening the keyring of a service', () => {
  let home: string;
  let folder: string;
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'contor-keyring-'));
    folder = join(home, 'data', 'gateway');
  });
  afterEach(() => rm(home, { recursive: true, force: true }));

  it('makes a key once, for the owner alone', async () => {
    const rings = await Promise.all([openKeyring({ folder }), openKeyring({ folder }), openKeyring({ folder })]);
    expect(new Set(rings.map(({ keyId }) => keyId)).size).toBe(1);
    if (process.platform !== 'win32') expect((await stat(join(folder, 'master-key'))).mode & 0o777).toBe(0o600);
    expect(await readFile(join(folder, 'master-key'), 'utf8')).toMatch(/^# .*\ncontor-key-[A-Za-z0-9_-]{43}\n$/);
    expect((await openKeyring({ folder, host: '127.0.0.1' })).keyId).toBe(rings[0]?.keyId);
  });

  it.each(['0.0.0.0', '192.0.2.1', '::'])('makes none among the data of a server that listens on %s', async (host) => {
    await expect(openKeyring({ folder, host })).rejects.toMatchObject({ code: 'config.master-key-place' });
    await expect(stat(folder)).rejects.toThrow();
  });

  it('takes none among the data there either, and one from elsewhere', async () => {
    const beside = join(folder, 'keys', 'master-key');
    const elsewhere = join(home, 'keys', 'master-key');
    for (const path of [beside, elsewhere]) {
      await mkdir(join(path, '..'), { recursive: true });
      await writeFile(path, newMasterKey(), { mode: 0o600 });
    }
    const host = '0.0.0.0';
    await expect(openKeyring({ folder, host, masterKeyFile: beside })).rejects.toMatchObject({
      code: 'config.master-key-place',
    });
    await expect(openKeyring({ folder, masterKeyFile: beside })).resolves.toBeDefined();
    await expect(openKeyring({ folder, host, masterKeyFile: elsewhere })).resolves.toBeDefined();
    await expect(openKeyring({ folder, host, masterKey: HEX })).resolves.toBeDefined();
  });

  it('refuses two sources, a file that is not there, and one that others may read', async () => {
    const path = join(home, 'key');
    await expect(openKeyring({ folder, masterKey: HEX, masterKeyFile: path })).rejects.toMatchObject({
      code: 'config.master-key-twice',
    });
    await expect(openKeyring({ folder, masterKeyFile: path })).rejects.toMatchObject({
      code: 'config.master-key-file',
    });
    await writeFile(path, HEX);
    await chmod(path, 0o644);
    if (process.platform !== 'win32')
      await expect(openKeyring({ folder, masterKeyFile: path })).rejects.toMatchObject({
        code: 'config.master-key-mode',
      });
  });
});
