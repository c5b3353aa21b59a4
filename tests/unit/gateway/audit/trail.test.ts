import { describe, expect, it } from '@jest/globals';
import { ENTRY, START_MS, TrailHouse } from './support.js';

describe('the trail', () => {
  it('answers with the sequence, and goes on after a restart', async () => {
    const house = new TrailHouse();
    const first = await house.open();
    expect(await first.record(ENTRY)).toBe(1);
    expect(await first.record(ENTRY)).toBe(2);
    await first.close();
    const second = await house.open();
    expect(await second.record(ENTRY)).toBe(3);
    const { records } = await second.page({ query: {}, limit: 10 });
    expect(records.map(({ sequence }) => sequence)).toEqual([3, 2, 1]);
  });

  it('shows what was recorded', async () => {
    const trail = await new TrailHouse().open();
    await trail.record({ ...ENTRY, correlation: 'abc', subject: 'urn:ngsi-ld:Customer:7' });
    const { records } = await trail.page({ query: {}, limit: 1 });
    const { subject: _, ...shown } = { ...ENTRY, correlation: 'abc', subject: '' };
    expect(records).toEqual([{ ...shown, sequence: 1, at: new Date(START_MS).toISOString() }]);
  });

  it('refuses when the disk is full, so that nobody acts unseen', async () => {
    const house = new TrailHouse();
    const trail = await house.open();
    house.disk.setCapacity(house.disk.usedBytes);
    await expect(trail.record(ENTRY)).rejects.toMatchObject({ code: 'disk.full' });
  });

  it('never tells the same time twice, and keeps what the clock said', async () => {
    const house = new TrailHouse();
    const trail = await house.open();
    await trail.record(ENTRY);
    await trail.record(ENTRY);
    house.clock.stepWall(-60_000);
    await trail.record(ENTRY);
    house.clock.stepWall(-7_140_000);
    await trail.record(ENTRY);
    const { records } = await trail.page({ query: {}, limit: 10 });
    expect(records.map(({ at }) => Date.parse(at) - START_MS).reverse()).toEqual([0, 1, 2, -7_200_000]);
  });
});

describe('who was erased', () => {
  const PERSON = {
    ...ENTRY,
    actor: { id: 'subject-2', kind: 'person', name: 'Ion Popescu' },
    address: '198.51.100.7',
  } as const;

  it('is named nowhere on the disk, before and after', async () => {
    const house = new TrailHouse();
    const trail = await house.open();
    await trail.record(PERSON);
    await trail.record({ ...ENTRY, subject: 'subject-2', before: { street: 'Tulip Street 7' }, after: {} });
    expect(await house.everything()).not.toMatch(/Popescu|198\.51|Tulip/);
    expect((await trail.page({ query: {}, limit: 2 })).records.map(({ actor }) => actor.name)).toEqual([
      'ana',
      'Ion Popescu',
    ]);
  });

  it('leaves records that say so, also after a restart, and new ones are readable again', async () => {
    const house = new TrailHouse();
    const trail = await house.open();
    await trail.record(PERSON);
    await trail.record({ ...ENTRY, subject: 'subject-2', before: { street: 'Tulip Street 7' } });
    expect(await trail.erase('subject-2', { actor: { id: 'dpo', kind: 'person' } })).toBe(true);
    await trail.record(PERSON);
    await trail.close();
    const { records } = await (await house.open()).page({ query: {}, limit: 10 });
    expect(records.map(({ operation, actor, erased }) => [operation, actor.name, erased])).toEqual([
      ['context.write', 'Ion Popescu', undefined],
      ['audit.erase', undefined, undefined],
      ['context.write', 'ana', ['values']],
      ['context.write', undefined, ['actor']],
    ]);
    expect(records[3]).not.toHaveProperty('address');
    expect(records[2]).not.toHaveProperty('before');
  });

  it('was nobody we knew', async () => {
    const trail = await new TrailHouse().open();
    expect(await trail.erase('nobody', { actor: { id: 'dpo', kind: 'person' } })).toBe(false);
  });

  it('tells an erased key from a lost one', async () => {
    const house = new TrailHouse();
    const trail = await house.open();
    await trail.record(PERSON);
    await trail.close();
    for (const path of house.disk.paths()) if (path.endsWith('.keys')) await house.disk.remove(path);
    const { records } = await (await house.open()).page({ query: {}, limit: 1 });
    expect(records[0]).toMatchObject({ unreadable: ['actor'] });
    expect(records[0]).not.toHaveProperty('erased');
  });
});
