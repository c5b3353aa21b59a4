/** Schedules that people write: for a device, for a group, switched off, unclear, and when the broker is away. */

import { type Device, openSchedules, parseRule, type ReadPlan } from '@contor/agent-kit';
import { SimulatedClock, TransportError, toIso } from '@contor/kit';
import { expect, it } from '@jest/globals';
import { SILENT, testDevice } from '../bench-agent.js';

const START_MS = Date.UTC(2026, 10, 20, 8);
const PLAN: ReadPlan = {
  line: 'bus',
  reads: [
    { rule: parseRule('every 15 min'), what: { kind: 'live' } },
    { rule: parseRule('0:30'), what: { kind: 'profile', profile: 'load-profile', backSeconds: 86_400 } },
  ],
};
const DEVICES: Device[] = [1, 2, 3].map((number) => ({
  ...testDevice(number),
  ...(number < 3 && { scheduleGroup: 'shops' }),
}));
const [one, two, three] = DEVICES as [Device, Device, Device];

const property = (value: unknown) => ({ type: 'Property', value });
const schedule = (id: string, fields: Readonly<Record<string, unknown>>) => ({
  ...{ id: `urn:ngsi-ld:ReadSchedule:${id}`, type: 'ReadSchedule' },
  ...Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, property(value)])),
});

function house() {
  const clock = new SimulatedClock(START_MS);
  const broker: { entities: readonly ReturnType<typeof schedule>[]; isAway: boolean } = { entities: [], isAway: false };
  const told: object[] = [];
  let changes = 0;
  const schedules = openSchedules({
    broker: {
      async list() {
        if (broker.isAway) throw new TransportError('peer.unavailable', 'away');
        return broker.entities;
      },
    },
    ...{ clock, log: SILENT, devices: () => DEVICES },
    onChange: () => {
      changes += 1;
    },
    tell: (_tenant, entity) => told.push(entity),
  });
  const rules = (device: Device) => schedules.apply(device, PLAN).reads.map(({ rule }) => rule);
  return { clock, broker, schedules, told, rules, changes: () => changes };
}

it('hold for a group, for a device before its group, and for the read that they name', async () => {
  const { broker, schedules, rules, told } = house();
  broker.entities = [
    schedule('shops', { name: 'shops', fixedTimes: '8:30,14:30' }),
    schedule('shops-profile', { name: 'shops', profile: 'load-profile', periodSeconds: 3_600 }),
    {
      ...schedule('two', { fixedTimes: '6:00' }),
      refDevice: { type: 'Relationship', object: [two.refDevice] },
    } as never,
  ];
  await schedules.look();
  expect(rules(one)).toEqual([parseRule('8:30,14:30'), parseRule('every 60 min')]);
  expect(rules(two)).toEqual([parseRule('6:00'), parseRule('every 60 min')]);
  expect(rules(three)).toEqual(PLAN.reads.map(({ rule }) => rule));
  expect(told).toContainEqual(
    expect.objectContaining({
      id: 'urn:ngsi-ld:ReadSchedule:shops',
      nextRunAt: property(toIso(Date.UTC(2026, 10, 20, 12, 30))),
    }),
  );
});

it('one that is switched off reads nothing; one that is unclear changes nothing', async () => {
  const { broker, schedules, rules } = house();
  broker.entities = [
    schedule('off', { name: 'shops', fixedTimes: '8:30', isEnabled: false }),
    schedule('unclear', { name: 'shops', profile: 'load-profile', fixedTimes: 'sometimes' }),
  ];
  await schedules.look();
  expect(rules(one)).toEqual([parseRule('0:30')]);
});

it('a change is seen within a minute, the same again is none, and what is known outlives the broker', async () => {
  const { clock, broker, schedules, rules, changes } = house();
  schedules.start();
  await clock.advance(1_000);
  const before = changes();
  broker.entities = [schedule('shops', { name: 'shops', fixedTimes: '8:30' })];
  await clock.advance(60_000);
  expect([changes(), rules(one)[0]]).toEqual([before + 1, parseRule('8:30')]);
  broker.isAway = true;
  await clock.advance(300_000);
  expect([changes(), rules(one)[0]]).toEqual([before + 1, parseRule('8:30')]);
  await schedules.stop();
});
