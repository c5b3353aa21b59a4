/** What is stored survives a restart, ends at its time, and does not grow for ever. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAdapterFactory, OidcIndex } from '@contor/identity/store/adapter.js';
import {
  createLogger,
  type Document,
  type DocumentStore,
  type DurableLog,
  openDocuments,
  openDurableLog,
} from '@contor/kit';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { portsOfThisRealm } from '../gateway/support/house.js';

let directory: string;
let shiftMs = 0;
let durable: DurableLog;
let index: OidcIndex;
beforeEach(async () => {
  shiftMs = 0;
  directory = await mkdtemp(join(tmpdir(), 'contor-documents-'));
});
afterEach(() => rm(directory, { recursive: true }));

async function open(): Promise<DocumentStore> {
  const { disk, clock: real } = portsOfThisRealm();
  const clock = {
    ...real,
    nowMs: () => real.nowMs() + shiftMs,
    after: real.after.bind(real),
    monotonicMs: real.monotonicMs.bind(real),
    sleep: real.sleep.bind(real),
  };
  const onFatal = (error: Error) => {
    throw error;
  };
  durable = await openDurableLog({
    disk,
    clock,
    directory,
    kind: 'identity',
    version: 1,
    segmentBytes: 64 * 1024,
    onFatal,
  });
  index = new OidcIndex();
  return openDocuments({
    durable,
    clock,
    watcher: index,
    log: createLogger({ service: 'test', write: () => undefined }),
  });
}

const note = (id: string, value: unknown, expiresAtMs?: number): Document => ({
  kind: 'note',
  id,
  value,
  ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
});

describe('documents', () => {
  it('are there again after a restart, as last written', async () => {
    const first = await open();
    await first.put(note('a', 1));
    await first.put(note('b', 2));
    await first.put(note('a', 3));
    await first.remove('note', 'b');
    await first.close();
    const second = await open();
    expect([second.get('note', 'a'), second.get('note', 'b'), second.size]).toEqual([3, undefined, 1]);
    await second.close();
  });

  it('end at their time, also across a restart', async () => {
    const first = await open();
    await first.put(note('short', 1, Date.now() + 1_000));
    expect(first.get('note', 'short')).toBe(1);
    shiftMs = 2_000;
    expect(first.get('note', 'short')).toBeUndefined();
    await first.close();
    const second = await open();
    expect(second.size).toBe(0);
    await second.close();
  });

  it('are rewritten when the log is mostly past, without losing what is written meanwhile', async () => {
    const first = await open();
    const filler = 'x'.repeat(4_000);
    await first.put(note('kept', 'from the beginning'));
    for (let n = 0; n < 1_500; n += 1) await first.put(note(`changing-${n % 7}`, { n, filler }));
    await first.close();
    expect(durable.bytes).toBeLessThan(3 * 1024 * 1024);
    expect(durable.tail).toBeGreaterThan(1);
    const second = await open();
    expect(second.get('note', 'kept')).toBe('from the beginning');
    expect(
      [...second.all('note')]
        .map(({ value }) => (value as { n: number }).n)
        .filter(Number.isInteger)
        .sort((a, b) => a - b),
    ).toEqual([1493, 1494, 1495, 1496, 1497, 1498, 1499]);
    await second.close();
  }, 30_000);
});

describe('the provider’s storage', () => {
  it('finds sessions by uid and ends a whole family with its grant, also after a restart', async () => {
    const adapters = (documents: DocumentStore) => createAdapterFactory(documents, index, () => Date.now());
    const first = await open();
    await adapters(first)('Session').upsert('session-1', { uid: 'uid-1' }, 60);
    for (const id of ['one', 'two']) await adapters(first)('RefreshToken').upsert(id, { grantId: 'grant-1' }, 60);
    await adapters(first)('RefreshToken').upsert('other', { grantId: 'grant-2' }, 60);
    await first.close();

    const second = await open();
    const refreshTokens = adapters(second)('RefreshToken');
    expect(await adapters(second)('Session').findByUid('uid-1')).toMatchObject({ uid: 'uid-1' });
    await refreshTokens.revokeByGrantId('grant-1');
    expect([await refreshTokens.find('one'), await refreshTokens.find('two')]).toEqual([undefined, undefined]);
    expect(await refreshTokens.find('other')).toBeDefined();
    await second.close();
  });

  it('lets a code be used by one of two who come at once', async () => {
    const documents = await open();
    const codes = createAdapterFactory(documents, index, () => Date.now())('AuthorizationCode');
    await codes.upsert('code', { grantId: 'g' }, 60);
    const outcomes = await Promise.allSettled([codes.consume('code'), codes.consume('code')]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await codes.find('code')).toMatchObject({ consumed: expect.any(Number) });
    await documents.close();
  });
});
