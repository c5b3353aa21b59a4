import { contentHash, DEFAULT_TIME_WINDOW, judgeTime } from '@contor/agent-kit';
import { AcquisitionBook } from '@contor/agent-kit/forward/acquisition-book.js';
import { Marks } from '@contor/agent-kit/forward/marks.js';
import { type Item, planWindow } from '@contor/agent-kit/forward/plan.js';
import { decodeRecord, encodeRecord, migrateRecord } from '@contor/agent-kit/ingest/record.js';
import { fromHex, toHex } from '@contor/kit';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

const HOUR_MS = 3_600_000;

describe('an ingest record', () => {
  const record = fc.record({
    lane: fc.constantFrom('live' as const, 'late' as const),
    tenant: fc.stringMatching(/^[a-z0-9_]{1,50}$/),
    device: fc.string({ maxLength: 60 }),
    channel: fc.string({ maxLength: 20 }),
    receivedAtMs: fc.integer({ min: 0, max: 4e12 }),
    deviceTimeMs: fc.option(fc.integer({ min: -4e12, max: 4e12 }), { nil: undefined }),
    bytes: fc.uint8Array({ maxLength: 500 }),
  });

  it('comes back as it was', () =>
    fc.assert(
      fc.property(record, (fields) => {
        const whole = { ...fields, hash: contentHash(fields.device, fields.bytes) };
        const decoded = decodeRecord(encodeRecord(whole));
        expect(decoded && { ...decoded, bytes: [...decoded.bytes], hash: [...decoded.hash] }).toEqual({
          ...whole,
          bytes: [...whole.bytes],
          hash: [...whole.hash],
        });
      }),
    ));

  it('answers any bytes without throwing', () =>
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        decodeRecord(bytes);
        decodeRecord(migrateRecord(bytes));
      }),
    ));

  it('of version 1 is read as one whose device told no time', () => {
    const sample =
      '014279aa0470400000ba7b2b7d4974aa85f752bcf40239aa180764656661756c740b6b65792f6d657465722d31' +
      '0770726f66696c657b2276223a317d';
    const record = decodeRecord(migrateRecord(fromHex(sample)));
    expect(record).toMatchObject({ lane: 'late', tenant: 'default', device: 'key/meter-1', channel: 'profile' });
    expect(record).toMatchObject({ receivedAtMs: 1_763_625_600_000, deviceTimeMs: undefined });
    expect(new TextDecoder().decode(record?.bytes)).toBe('{"v":1}');
    expect(toHex(record?.hash ?? new Uint8Array())).toBe('ba7b2b7d4974aa85f752bcf40239aa18');
  });
});

describe('the time window', () => {
  const now = Date.UTC(2026, 10, 20);
  it.each([
    { name: 'now', deviceMs: now, verdict: 'in window' },
    { name: 'a day ahead', deviceMs: now + 24 * HOUR_MS, verdict: 'in window' },
    { name: 'more than a day ahead', deviceMs: now + 24 * HOUR_MS + 1, verdict: 'time.ahead' },
    { name: 'a clock that was reset', deviceMs: 0, verdict: 'time.before-2000' },
    { name: 'the first moment of 2000', deviceMs: Date.UTC(2000, 0, 1), verdict: 'in window' },
  ])('$name: $verdict', ({ deviceMs, verdict }) => {
    expect(judgeTime(deviceMs, now, DEFAULT_TIME_WINDOW)).toBe(verdict);
  });

  it('can be narrowed', () => {
    const window = { ...DEFAULT_TIME_WINDOW, maxAgeMs: HOUR_MS };
    expect(judgeTime(now - HOUR_MS - 1, now, window)).toBe('time.too-old');
    expect(judgeTime(now - HOUR_MS, now, window)).toBe('in window');
  });
});

describe('marks', () => {
  const key = 'default/urn:e';
  const names = ['a', 'b', 'c'];
  const step = fc.record({ timeMs: fc.integer({ min: 1, max: 50 }), names: fc.subarray(names) });
  const stateOf = (timeMs: number, present: readonly string[]) => ({
    entity: { id: 'urn:e', type: 'T', ...Object.fromEntries(present.map((name) => [name, { value: 1 }])) },
    timeMs,
    isOneOff: false,
  });

  it('hold for each attribute the newest time it was sent with, also after being saved', () =>
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const marks = new Marks();
        const expected = new Map<string, number>();
        for (const { timeMs, names: present } of steps) {
          marks.raise(key, stateOf(timeMs, present));
          for (const name of present) expected.set(name, Math.max(timeMs, expected.get(name) ?? 0));
        }
        const loaded = new Marks();
        loaded.load(marks.save());
        for (const name of names) {
          expect(marks.timeMs(key, name)).toBe(expected.get(name));
          expect(loaded.timeMs(key, name)).toBe(expected.get(name));
        }
      }),
    ));

  it('newest first sends of each attribute the newest, once, and keeps the rest for history', () =>
    fc.assert(
      fc.property(fc.array(step, { minLength: 1 }), (steps) => {
        const items: Item[] = steps
          .filter(({ names: present }) => present.length > 0)
          .map(({ timeMs, names: present }, index) => ({
            sequence: index + 1,
            tenant: 'default',
            state: stateOf(timeMs, present),
          }));
        const { sends, late, onlyLate } = planWindow(items, new Marks(), 'newest first');
        const sent = [...sends.values()]
          .flat()
          .flatMap(({ entity, item }) =>
            names.filter((name) => name in entity).map((name) => ({ name, timeMs: item.state.timeMs })),
          );
        const newest = names.flatMap((name) => {
          const times = items.filter(({ state }) => name in state.entity).map(({ state }) => state.timeMs);
          return times.length === 0 ? [] : [{ name, timeMs: Math.max(...times) }];
        });
        expect(sent.sort((a, b) => a.name.localeCompare(b.name))).toEqual(newest);
        for (const item of items) {
          const isWhole = [...sends.values()]
            .flat()
            .some(({ item: one, entity }) => one === item && entity === item.state.entity);
          expect(late.has(item.sequence)).toBe(!isWhole);
        }
        expect(onlyLate.every(({ sequence }) => late.has(sequence))).toBe(true);
      }),
    ));
});

describe('the acquisition book', () => {
  const zone = 'Europe/Bucharest';
  const acquired = (startMs: number, count: number) => ({
    name: 'e350-0001',
    refDevice: 'urn:ngsi-ld:Device:e350-0001',
    profile: 'load-profile',
    zone,
    intervalSeconds: 900,
    startsMs: Array.from({ length: count }, (_, index) => startMs + index * 900_000),
  });
  const attribute = (entity: object | undefined, name: string): unknown =>
    (entity as Record<string, { value: unknown }> | undefined)?.[name]?.value;

  it.each([
    { day: '2026-10-25', startMs: Date.UTC(2026, 9, 24, 21), slots: 100 },
    { day: '2026-03-29', startMs: Date.UTC(2026, 2, 28, 22), slots: 92 },
    { day: '2026-11-20', startMs: Date.UTC(2026, 10, 19, 22), slots: 96 },
  ])('knows that $day has $slots quarter-hours', ({ day, startMs, slots }) => {
    const book = new AcquisitionBook();
    book.enter('default', acquired(startMs, slots), startMs);
    const pending = book.pending();
    expect(pending.map(({ entity }) => attribute(entity, 'localDay'))).toEqual([day]);
    expect(attribute(pending[0]?.entity, 'storedCount')).toBe(slots);
    expect(attribute(pending[0]?.entity, 'gaps')).toBe('[]');
  });

  it('names the gaps, and closes them when they are filled', () => {
    const book = new AcquisitionBook();
    const startMs = Date.UTC(2026, 10, 19, 22);
    book.enter('default', acquired(startMs, 4), startMs);
    book.enter('default', acquired(startMs + 8 * 900_000, 2), startMs);
    const [first] = book.pending();
    expect(attribute(first?.entity, 'expectedCount')).toBe(10);
    expect(attribute(first?.entity, 'storedCount')).toBe(6);
    expect(JSON.parse(String(attribute(first?.entity, 'gaps')))).toEqual([
      { start: '2026-11-19T23:00:00.000Z', end: '2026-11-20T00:00:00.000Z', reason: 'not received' },
    ]);
    book.enter('default', acquired(startMs + 4 * 900_000, 4), startMs);
    const [second] = book.pending();
    expect(attribute(second?.entity, 'gapCount')).toBe(0);
    expect(second?.counter).toBeGreaterThan(first?.counter ?? 0);
  });

  it('announces again only what has changed since the broker confirmed it', () => {
    const book = new AcquisitionBook();
    const startMs = Date.UTC(2026, 10, 19, 22);
    book.enter('default', acquired(startMs, 4), startMs);
    const [first] = book.pending();
    book.enter('default', acquired(startMs, 5), startMs);
    if (first !== undefined) book.announced(first);
    expect(book.pending()).toHaveLength(1);
    for (const one of book.pending()) book.announced(one);
    expect(book.pendingCount).toBe(0);
  });

  it('tells the same story when records are read again after a crash', () => {
    const startMs = Date.UTC(2026, 10, 19, 22);
    const once = new AcquisitionBook();
    once.enter('default', acquired(startMs, 4), startMs);
    const saved = JSON.parse(JSON.stringify(once.save()));
    const again = new AcquisitionBook();
    again.load(saved);
    for (const book of [once, again]) book.enter('default', acquired(startMs, 6), startMs + 1_000);
    expect(again.pending()).toEqual(once.pending());
  });
});
