/** Broker and history are told everything once they are there, in order, and nothing that could be erased. */

import type { PublisherPeers } from '@contor/gateway/audit/outlet/publisher.js';
import type { NgsiEntity } from '@contor/orion-config';
import { describe, expect, it } from '@jest/globals';
import { ENTRY, TrailHouse } from './support.js';

class Peers {
  readonly entities = new Map<string, NgsiEntity>();
  readonly rows: NgsiEntity[] = [];
  isAway = false;

  readonly peers = {
    broker: {
      upsert: async (entities: readonly NgsiEntity[]) => {
        this.#answer();
        for (const entity of entities) this.entities.set(entity.id, entity);
        return { created: [], failed: [] };
      },
      request: async ({ method, body }: { readonly method: string; readonly body: readonly string[] }) => {
        this.#answer();
        if (method === 'GET') return { status: 200, headers: {}, body: {} }; // The context is there.
        for (const id of body) this.entities.delete(id);
        return { status: 204, headers: {}, body: undefined };
      },
    },
    history: {
      append: async (rows: readonly NgsiEntity[]) => {
        this.#answer();
        this.rows.push(...rows);
      },
    },
  } as unknown as PublisherPeers;

  #answer(): void {
    if (this.isAway) throw new Error('away');
  }
}

describe('the publisher', () => {
  it('tells each record to both, without what identifies a person', async () => {
    const house = new TrailHouse();
    const trail = await house.open();
    const { peers, entities, rows } = new Peers();
    await trail.publishTo(peers);
    await trail.record(ENTRY);
    await trail.record({ ...ENTRY, subject: 'urn:ngsi-ld:Customer:7', after: { name: 'Ion Popescu' } });
    await house.clock.advance(1_000);
    expect([...entities.keys()]).toEqual(['urn:ngsi-ld:AuditRecord:1', 'urn:ngsi-ld:AuditRecord:2']);
    expect(entities.get('urn:ngsi-ld:AuditRecord:1')).toMatchObject({
      actor: { value: 'subject-1' },
      operation: { value: 'context.write' },
      refTarget: { object: 'urn:ngsi-ld:Tariff:night' },
      valueBefore: { value: '{"price":12}' },
      valueAfter: { value: '{"price":13}' },
      status: { value: 'done' },
      recordedAt: { value: '2026-03-01T10:00:00.000Z' },
    });
    expect(rows.map(({ id }) => id)).toEqual([
      'urn:ngsi-ld:AuditRecord:parametrisation',
      'urn:ngsi-ld:AuditRecord:parametrisation',
    ]);
    expect(JSON.stringify([...entities.values(), ...rows])).not.toMatch(/Popescu|192\.0\.2|ana/);
  });

  it('catches up when they are back, also after a restart, and keeps a few hundred in the broker', async () => {
    const house = new TrailHouse();
    const trail = await house.open();
    const all = new Peers();
    all.isAway = true;
    const publisher = await trail.publishTo(all.peers);
    await Promise.all(Array.from({ length: 1_000 }, () => trail.record(ENTRY)));
    await house.clock.advance(60_000);
    expect(publisher.lag).toBe(1_000);
    await publisher.stop();
    await trail.close();
    all.isAway = false;
    const again = await house.open();
    const next = await again.publishTo(all.peers);
    await house.clock.advance(5_000);
    expect(next.lag).toBe(0);
    expect(all.rows).toHaveLength(1_000);
    expect(all.entities.size).toBe(300);
    for (let at = 0; at < 50; at += 1) await again.record(ENTRY);
    await house.clock.advance(5_000);
    expect(all.entities.size).toBe(300);
    expect([...all.entities.keys()].at(-1)).toBe('urn:ngsi-ld:AuditRecord:1050');
  });

  it('tells the end of a day', async () => {
    const house = new TrailHouse();
    const trail = await house.open(house.disk, { sign: async () => 'a.b.c' });
    const { peers, entities } = new Peers();
    await trail.publishTo(peers);
    await trail.record(ENTRY);
    await house.clock.advance(86_400_000);
    const [anchor] = trail.anchors.all;
    expect(entities.get('urn:ngsi-ld:AuditRecord:anchor-2026-03-01')).toMatchObject({
      valueAfter: { value: anchor?.hash },
      statement: { value: 'a.b.c' },
    });
  });
});
