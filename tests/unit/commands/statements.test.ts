/** Whom the command service believes: the gateway's key of this moment, for its own tenant (T21, T23). */

import { statementReader } from '@contor/commands/intake/statements.js';
import { replaceFile, SimulatedDisk, seededRandom } from '@contor/kit';
import {
  createSigner,
  formatKeySet,
  newSigningKey,
  type OrderStatement,
  type RequestStatement,
  type Signer,
} from '@contor/policy';
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

const KEY_FILE = '/keys/gateway.json';
const REQUEST: RequestStatement = {
  ...{ kind: 'request', id: 'urn:ngsi-ld:CommandRequest:1', tenant: 'default', command: 'disconnect' },
  ...{ targets: ['urn:ngsi-ld:Device:1'], by: 'ana', atMs: 1 },
};

let gateway: Signer;
let other: Signer;
let disk: SimulatedDisk;
beforeAll(async () => {
  gateway = await createSigner(await newSigningKey());
  other = await createSigner(await newSigningKey());
});
beforeEach(async () => {
  disk = new SimulatedDisk({ random: seededRandom(1) });
  await disk.makeDirectory('/keys');
});

const trust = (text: string) => replaceFile(disk, KEY_FILE, new TextEncoder().encode(text));
const read = (compacts: readonly string[], tenant = 'default') =>
  statementReader({ disk, keyFile: KEY_FILE, tenant }).read(compacts);

describe('a statement', () => {
  it('counts when the gateway signed it', async () => {
    await trust(formatKeySet('default', gateway.publicKey));
    const { verified, forged } = await read([await gateway.sign(REQUEST)]);
    expect([verified[0]?.statement, forged]).toEqual([REQUEST, 0]);
  });

  it.each([
    ['by another key', async () => other.sign(REQUEST)],
    ['and says that it is an order', async () => gateway.sign({ ...ORDER })],
    ['and changed by a letter', async () => `${(await gateway.sign(REQUEST)).slice(0, -3)}AAA`],
    ['by nobody', async () => 'eyJhbGciOiJub25lIn0.e30.'],
  ])('signed %s does not', async (_, sign) => {
    await trust(formatKeySet('default', gateway.publicKey));
    expect(await read([await sign()])).toEqual({ verified: [], forged: 1 });
  });

  it.each([
    ['there is no file', undefined],
    ['the file holds something else', 'not a key'],
    ['the file holds nothing', 'null'],
    ['the key is that of another tenant', 'other'],
  ])('does not while %s', async (_, text) => {
    if (text !== undefined) await trust(text === 'other' ? formatKeySet('other', gateway.publicKey) : text);
    expect(await read([await gateway.sign(REQUEST)])).toEqual({ verified: [], forged: 1 });
  });

  it('does no longer when the key was replaced, also when it was believed a moment ago', async () => {
    await trust(formatKeySet('default', gateway.publicKey));
    const reader = statementReader({ disk, keyFile: KEY_FILE, tenant: 'default' });
    const compact = await gateway.sign(REQUEST);
    expect((await reader.read([compact])).verified).toHaveLength(1);
    await trust(formatKeySet('default', other.publicKey));
    expect(await reader.read([compact])).toEqual({ verified: [], forged: 1 });
  });
});

const ORDER: OrderStatement = {
  ...{ kind: 'order', id: 'x', tenant: 'default', command: 'disconnect', device: 'd', serialNumber: 's' },
  ...{ issuedAtMs: 1, notAfterMs: 2 },
};
