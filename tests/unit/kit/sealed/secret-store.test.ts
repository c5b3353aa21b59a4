import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  keyringOf,
  newMasterKey,
  openCheckpoint,
  openSealedFile,
  openSecretReader,
  openSecretStore,
  realClock,
  realDisk,
  SimulatedClock,
  sealedCheckpoint,
  seededRandom,
  wrappedBy,
} from '@contor/kit';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { bytesOf, newDisk } from '../support.js';

const OLD = newMasterKey();
const textOf = (bytes: Uint8Array | undefined) => (bytes === undefined ? undefined : Buffer.from(bytes).toString());
const noLock = async () => ({ release: async () => undefined });

describe('the secret store', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'contor-secrets-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));
  const options = (keys = OLD) => ({
    folder,
    keyring: keyringOf(keys, 'a test'),
    disk: realDisk(),
    clock: realClock(),
  });

  it('keeps what several writers put at once, and gives it to the reader only', async () => {
    const stores = [openSecretStore(options()), openSecretStore(options())];
    const names = Array.from({ length: 24 }, (_, at) => `meter.${at}.ek`);
    await Promise.all(names.map((name, at) => stores[at % 2]?.put(name, bytesOf(`value of ${name}`))));
    const reader = openSecretReader(options());
    for (const name of names) expect(textOf(await reader.use(name))).toBe(`value of ${name}`);
    const listed = await openSecretStore(options()).list();
    expect(listed.map(({ reference }) => reference)).toEqual([...names].sort());
    expect(JSON.stringify(listed)).not.toContain('value of');
    expect('use' in openSecretStore(options())).toBe(false);
  });

  it('puts nothing plain on the disk', async () => {
    await openSecretStore(options()).put('meter.1.ek', bytesOf('canary-of-this-test'));
    for (const name of await readdir(folder, { recursive: true }))
      if (name.endsWith('.secrets')) expect(await readFile(join(folder, name), 'latin1')).not.toContain('canary');
  });

  it('replaces, removes and remembers when', async () => {
    const clock = new SimulatedClock(1_000_000);
    const store = openSecretStore({ ...options(), clock, lock: noLock });
    await store.put('a', bytesOf('1'));
    await clock.advance(60_000);
    await store.put('a', bytesOf('2'));
    expect(await store.list()).toMatchObject([{ reference: 'a', createdAtMs: 1_000_000, changedAtMs: 1_060_000 }]);
    expect(textOf(await openSecretReader(options()).use('a'))).toBe('2');
    expect([await store.remove('a'), await store.remove('a')]).toEqual([true, false]);
    expect(await store.list()).toEqual([]);
  });

  it('shows a running reader a changed secret within five seconds', async () => {
    const clock = new SimulatedClock(0);
    const store = openSecretStore({ ...options(), clock, lock: noLock });
    const reader = openSecretReader({ ...options(), clock });
    await store.put('a', bytesOf('1'));
    expect(textOf(await reader.use('a'))).toBe('1');
    await store.put('a', bytesOf('2'));
    await clock.advance(5_000);
    expect(textOf(await reader.use('a'))).toBe('2');
  });

  it('wraps everything with a new key', async () => {
    await openSecretStore(options()).putAll(
      new Map([
        ['a', bytesOf('1')],
        ['b', bytesOf('2')],
      ]),
    );
    const young = newMasterKey();
    const store = openSecretStore(options(`${young} ${OLD}`));
    expect([await store.rewrap(), await store.rewrap()]).toEqual([2, 0]);
    expect(textOf(await openSecretReader(options(young)).use('b'))).toBe('2');
    await expect(openSecretReader(options(OLD)).use('b')).rejects.toMatchObject({ code: 'config.master-key-missing' });
  });

  it('gives no secret under the name of another', async () => {
    const disk = newDisk(1);
    const own = { ...options(), disk, folder: '/secrets', lock: noLock };
    const store = openSecretStore(own);
    await store.put('a', bytesOf('of a'));
    const [path = ''] = disk.paths();
    const file = openCheckpoint({ disk, path });
    const text = new TextDecoder().decode(await file.read());
    await file.write(bytesOf(text.replace('"a":', '"b":')));
    const shardOfB = openCheckpoint({ disk, path: `/secrets/3e.secrets` }); // SHA-256 of "b" begins with 3e.
    await shardOfB.write(bytesOf(text.replace('"a":', '"b":')));
    await expect(openSecretReader(own).use('b')).rejects.toMatchObject({ code: 'sealed.damaged' });
  });

  it.each(['', '../etc/passwd', '-a', 'a/b', 'a b', 'é', 'a'.repeat(129), '__proto__'])(
    'refuses the name %p',
    async (name) => {
      await expect(async () => openSecretStore(options()).put(name, bytesOf('x'))).rejects.toMatchObject({
        code: 'secret.reference',
      });
      expect(await openSecretReader(options()).use(name)).toBeUndefined();
    },
  );
  it.each([0, 16 * 1024 + 1])('refuses a value of %i bytes', async (length) =>
    expect(async () => openSecretStore(options()).put('a', new Uint8Array(length))).rejects.toMatchObject({
      code: 'secret.size',
    }),
  );

  it('holds the old value or the new one after a power cut at any operation', async () => {
    for (let seed = 0; seed < 100; seed += 1) {
      const disk = newDisk(seed);
      const own = { ...options(), folder: '/secrets', lock: noLock };
      const life = { ...own, disk: disk.boot() };
      let acked = 0;
      const cut = disk.crashAfter(1 + seededRandom(seed).integer(40));
      const writing = (async () => {
        for (let value = 1; ; value += 1) {
          await openSecretStore(life).put('a', bytesOf(String(value)));
          acked = value;
        }
      })();
      await Promise.race([cut, writing]);
      const found = Number(textOf(await openSecretReader({ ...own, disk }).use('a')) ?? '0');
      expect([acked, acked + 1]).toContain(found);
    }
  });
});

describe('a sealed file', () => {
  const keyring = keyringOf(OLD, 'a test');

  it('takes over what was written plain, and what an older key wrapped', async () => {
    const disk = newDisk(7);
    await disk.makeDirectory('/data');
    const plain = openCheckpoint({ disk, path: '/data/password' });
    await plain.write(bytesOf('of an earlier version'));
    expect(textOf(await sealedCheckpoint(plain, keyring, 'password').read())).toBe('of an earlier version');
    expect(wrappedBy(textOf(await plain.read()) ?? '')).toBe(keyring.keyId);
    const young = keyringOf(`${newMasterKey()},${OLD}`, 'a test');
    expect(textOf(await sealedCheckpoint(plain, young, 'password').read())).toBe('of an earlier version');
    expect(wrappedBy(textOf(await plain.read()) ?? '')).toBe(young.keyId);
  });

  it('stands where a plain text file stood', async () => {
    const disk = newDisk(8);
    await disk.makeDirectory('/data');
    const file = openSealedFile({ disk, path: '/data/keys.json', keyring, name: 'keys' });
    expect(await file.read()).toBeUndefined();
    await file.write(bytesOf('{"a":1}'));
    expect(textOf(await file.read())).toBe('{"a":1}');
    const other = openSealedFile({ disk, path: '/data/keys.json', keyring, name: 'other' });
    await expect(other.read()).rejects.toMatchObject({ code: 'sealed.damaged' });
  });
});
