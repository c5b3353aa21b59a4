/** `contor secrets` as an operator has it: what is typed or piped goes in, names come out, and the master key can be changed. */

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import {
  keyringOf,
  newMasterKey,
  openCheckpoint,
  openSecretReader,
  realClock,
  realDisk,
  sealedCheckpoint,
} from '@contor/kit';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openSecrets } from 'contor/secrets/open.js';
import { readValue } from 'contor/secrets/read-value.js';
import { CONTOR } from '../../support/service-process.js';

const CANARY = 'canary-value-of-this-test';

describe('contor secrets', () => {
  let data: string;
  beforeAll(async () => {
    data = await mkdtemp(join(tmpdir(), 'contor-cli-secrets-'));
  });
  afterAll(() => rm(data, { recursive: true, force: true }));

  function contor(words: readonly string[], input = ''): Promise<{ code: number | null; said: string }> {
    const child: ChildProcess = spawn(process.execPath, [CONTOR, 'secrets', ...words, '--data', data]);
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (said += String(chunk)));
    child.stdin?.end(input);
    return new Promise((resolve) => child.once('close', (code) => resolve({ code, said })));
  }
  const used = async (reference: string) => {
    const { keyring } = await openSecrets(data, {});
    const reader = openSecretReader({ folder: join(data, 'secrets'), keyring, disk: realDisk(), clock: realClock() });
    return Buffer.from((await reader.use(reference)) ?? []).toString();
  };

  it('keeps what is piped in, lists names, and never shows a value', async () => {
    expect(await contor(['set', 'meter.1.password'], `${CANARY}\n`)).toMatchObject({ code: 0 });
    expect(await contor(['set', 'meter.1.ek', '--hex'], '00 11 22\n')).toMatchObject({ code: 0 });
    expect(await used('meter.1.password')).toBe(CANARY);
    expect(await used('meter.1.ek')).toBe('\x00\x11\x22');
    const listed = await contor(['list']);
    expect(listed.said).toMatch(/meter\.1\.ek +0 days +newest key\n.*meter\.1\.password/);
    expect(await contor(['export-names'])).toEqual({ code: 0, said: 'meter.1.ek\nmeter.1.password\n' });
    expect(listed.said).not.toContain(CANARY);
  });

  it.each([
    ['an impossible name', ['set', '../x'], 'value'],
    ['no value', ['set', 'x'], ''],
    ['no hexadecimal', ['set', 'x', '--hex'], 'xyz'],
    ['a name that is not there', ['delete', 'nobody'], ''],
  ])('refuses %s with words', async (_, words, input) => {
    const { code, said } = await contor(words, input);
    expect(code).toBe(1);
    expect(said).not.toMatch(/at .*\.js:\d+/);
  });

  it('changes the master key in three steps, and drops none that is needed', async () => {
    // What a running service holds: it is the service that wraps it anew.
    const before = (await openSecrets(data, {})).keyring;
    const file = openCheckpoint({ disk: realDisk(), path: join(data, 'of-a-service') });
    await sealedCheckpoint(file, before, 'of a service').write(Buffer.from('x'));
    expect((await contor(['rotate'])).said).toMatch(
      /2 secrets were wrapped anew[\s\S]*Restart the platform[\s\S]*of-a-service/,
    );
    const both = (await openSecrets(data, {})).keyring;
    expect(both.keyIds).toEqual([expect.any(String), before.keyId]);
    expect(await contor(['rotate', '--drop'])).toMatchObject({
      code: 1,
      said: expect.stringContaining('of-a-service'),
    });
    await sealedCheckpoint(file, both, 'of a service').read();
    expect(await contor(['rotate', '--drop'])).toMatchObject({ code: 0 });
    expect((await openSecrets(data, {})).keyring.keyIds).toEqual([both.keyId]);
    expect(await used('meter.1.password')).toBe(CANARY);
    expect(await readFile(join(data, 'master-key'), 'utf8')).toMatch(/^#/);
  });

  it('says what to do about a key of the environment, which it cannot change', async () => {
    const [old, young] = [newMasterKey(), newMasterKey()];
    const { store } = await openSecrets(join(data, 'other'), { CONTOR_MASTER_KEY: old });
    await store.put('a', Buffer.from('1'));
    const both = await openSecrets(join(data, 'other'), { CONTOR_MASTER_KEY: `${young},${old}` });
    expect(await both.store.rewrap()).toBe(1);
    expect((await both.store.list())[0]?.keyId).toBe(keyringOf(young, 'x').keyId);
  });

  it('takes the key from a file elsewhere', async () => {
    const path = join(data, 'elsewhere');
    await writeFile(path, newMasterKey(), { mode: 0o600 });
    const { keyring } = await openSecrets(join(data, 'third'), { CONTOR_MASTER_KEY_FILE: path });
    expect(keyring.keyId).toBe(keyringOf(await readFile(path, 'utf8'), 'x').keyId);
  });
});

describe('a value that is typed', () => {
  function terminal() {
    const modes: boolean[] = [];
    const input = Object.assign(new PassThrough(), { isTTY: true, setRawMode: (mode: boolean) => modes.push(mode) });
    const output = new PassThrough();
    return { terminal: { input: input as unknown as NodeJS.ReadStream, output }, input, output, modes };
  }
  it.each([
    ['secret\r', 'secret'],
    ['secrex\x7ft\r', 'secret'],
    ['ünïcode\n', 'ünïcode'],
    ['all\x04', 'all'],
  ])('%p is %s', async (keys, value) => {
    const { terminal: at, input, output, modes } = terminal();
    const reading = readValue('Value: ', at);
    for (const key of keys) input.write(key);
    expect(Buffer.from(await reading).toString()).toBe(value);
    expect(String(output.read())).toBe('Value: \n');
    expect(modes).toEqual([true, false]);
  });
  it('is given up with Ctrl-C', async () => {
    const { terminal: at, input, modes } = terminal();
    const reading = readValue('Value: ', at);
    input.write('sec\x03');
    await expect(reading).rejects.toMatchObject({ code: 'config.value' });
    expect(modes).toEqual([true, false]);
  });
  it.each([
    ['a\n', 'a'],
    ['a\r\n', 'a'],
    ['a\n\n', 'a\n'],
    ['a', 'a'],
  ])('and piped as %p is %p', async (piped, value) => {
    const input = Object.assign(new PassThrough(), { isTTY: false });
    input.end(piped);
    const read = await readValue('', { input: input as unknown as NodeJS.ReadStream, output: new PassThrough() });
    expect(Buffer.from(read).toString()).toBe(value);
  });
});
