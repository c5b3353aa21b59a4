/** What the commands do with the store. The platform may run meanwhile: an agent uses a changed secret within seconds. */

import { ConfigError } from '@contor/kit';
import type { DataFlag } from './command.js';
import { openSecrets } from './open.js';
import { readValue } from './read-value.js';

const DAY_MS = 86_400_000;

export async function setSecret(
  reference: string,
  { data, hex = false }: DataFlag & { readonly hex?: boolean },
): Promise<void> {
  const { store } = await openSecrets(data);
  const value = await readValue(`Value of ${reference} (not shown): `);
  await store.put(reference, hex ? fromHexText(value) : value);
  console.log(`${reference} is kept.`);
}

export async function listSecrets(data: string): Promise<void> {
  const { store, keyring } = await openSecrets(data);
  const entries = await store.list();
  if (entries.length === 0) console.log('There are none. Keep one: contor secrets set <reference>');
  for (const { reference, keyId, changedAtMs } of entries) {
    const days = Math.floor((Date.now() - changedAtMs) / DAY_MS);
    const key = keyId === keyring.keyId ? 'newest key' : `older key ${keyId}`;
    console.log(`${reference.padEnd(40)} ${String(days).padStart(5)} days   ${key}`);
  }
}

export async function exportNames(data: string): Promise<void> {
  for (const { reference } of await (await openSecrets(data)).store.list()) console.log(reference);
}

export async function deleteSecret(reference: string, data: string): Promise<void> {
  const { store } = await openSecrets(data);
  if (!(await store.remove(reference)))
    throw fault(`There is no secret ${reference}.`, 'contor secrets list shows which there are.');
  console.log(`${reference} is forgotten.`);
}

function fromHexText(value: Uint8Array): Uint8Array {
  const text = Buffer.from(value).toString('latin1').replaceAll(/[\s:]/g, '');
  if (!/^([0-9a-f]{2})+$/i.test(text)) throw fault('The value is not hexadecimal.', 'Write two digits for each byte.');
  return Buffer.from(text, 'hex');
}

function fault(message: string, fix: string): ConfigError {
  return new ConfigError([{ code: 'config.secret', message, fix }]);
}
