/** A purge under load and under power cuts: what was acknowledged beside it stays, and a replay purges the same again. */

import { CORE_URL } from '@contor/broker/context/core.js';
import { createContexts } from '@contor/broker/core.js';
import { parseFragment } from '@contor/broker/entity/parse.js';
import { purgeEntities } from '@contor/broker/front/purge.js';
import type { Json } from '@contor/broker/json.js';
import { Memory } from '@contor/broker/store/memory.js';
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Live, openLive } from './model/live.js';

const T = 'default';
const COUNT = 1_300;
const idOf = (n: number): string => `urn:ngsi-ld:Room:${n}`;
const property = (value: number): object => ({ type: 'Property', value });

const NOBODY: ConstructorParameters<typeof Memory>[1] = {
  entityChanged: () => undefined,
  subscribed: () => undefined,
  unsubscribed: () => undefined,
};

let live: Live;
beforeAll(async () => {
  live = await openLive();
});
beforeEach(() => begin(COUNT));

async function begin(count: number): Promise<void> {
  await live.begin(count);
  for (let from = 0; from < count; from += 650) {
    const made = range(from, Math.min(count, from + 650)).map((id, n) => ({
      id,
      type: 'Room',
      warmth: property(from + n),
      size: property(1),
    }));
    expect((await live.send('POST', '/entityOperations/create', T, made)).status).toBe(201);
  }
  await live.clock.advance(1_000);
}

async function idsOf(query: string): Promise<string[]> {
  const ids: string[] = [];
  for (let offset = 0; ; offset += 1_000) {
    const { json } = await live.send('GET', `/entities?${query}&limit=1000&offset=${offset}`, T);
    ids.push(...(json as { id: string }[]).map(({ id }) => id));
    if ((json as object[]).length < 1_000) return ids;
  }
}

const range = (from: number, to: number): string[] => Array.from({ length: to - from }, (_none, n) => idOf(from + n));

describe('a purge', () => {
  it.each([
    ['of entities', `type=Room&q=${encodeURIComponent('warmth>=50')}`, 'type=Room', range(0, 50)],
    ['of attributes', `type=Room&q=${encodeURIComponent('warmth>=50')}&drop=size`, 'type=Room&q=size', range(0, 50)],
  ])('%s is the same after a power cut, of the log and of a snapshot', async (_name, query, look, left) => {
    expect((await live.send('DELETE', `/entities?${query}`, T)).status).toBe(204);
    expect(await idsOf(look)).toEqual(left);
    await live.crash();
    expect(await idsOf(look)).toEqual(left);
    await live.snapshot();
    await live.crash();
    expect(await idsOf(look)).toEqual(left);
  });

  it('does not take what was changed after its look, and acknowledged', async () => {
    const { broker, clock } = live;
    const atMs = clock.nowMs();
    const context = broker.contexts.resolve(CORE_URL);
    const changed = range(0, 100).map((id) =>
      parseFragment({ warmth: property(-1) as Json }, id, { context, atMs, nulls: 'members' }),
    );
    // On its way to the disk when the purge looks, which sees only what is there.
    const change = broker.store.submit({ kind: 'entities', operation: 'update', tenant: T, atMs, inputs: changed });
    const query = new Map(Object.entries({ type: 'Room', q: 'warmth>=0' }));
    const purge = purgeEntities({ broker, tenant: T, params: {}, query, headers: {}, body: undefined, url: '' });
    expect((await change).every(({ kind }) => kind === 'updated')).toBe(true);
    expect((await purge).status).toBe(204);
    expect(await idsOf('type=Room')).toEqual(range(0, 100));
  });

  it('leaves alone what is not as it was when it was chosen', () => {
    const memory = new Memory(createContexts(new Map(), CORE_URL), NOBODY);
    const times = { tenant: T, atMs: 5 };
    const inputs = ['urn:e:1', 'urn:e:2'].map((id) => ({ id, types: ['urn:t:1'], scope: undefined, attributes: [] }));
    memory.apply({ kind: 'entities', operation: 'create', inputs, ...times }, 1);
    const targets = [
      ['urn:e:1', 5],
      ['urn:e:2', 4],
      ['urn:e:3', 5],
    ] as const;
    const applied = memory.apply({ kind: 'purge', targets, ...times, atMs: 6 }, 2);
    expect(applied.map(({ kind }) => kind)).toEqual(['deleted', 'unchanged', 'unchanged']);
    expect([...(memory.tenants.get(T)?.entities() ?? [])].map(({ id }) => id)).toEqual(['urn:e:2']);
  });

  it('takes what is changed beside it and still wanted', async () => {
    const changes = range(0, 100).map((id) => live.send('PATCH', `/entities/${id}/attrs`, T, { size: property(2) }));
    const purge = live.send('DELETE', '/entities?type=Room', T);
    expect((await purge).status).toBe(204);
    await Promise.all(changes);
    expect(await idsOf('type=Room')).toEqual([]);
  });
});
