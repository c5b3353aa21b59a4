import { sampleDevices } from '@contor/agent-json';
import { decodeAttrs, encodeAttrs } from '@contor/agent-json/codec/attrs.js';
import { encodeProfile } from '@contor/agent-json/codec/profile.js';
import { DEVICE_MODELS, deviceModel } from '@contor/agent-json/mapping/models.js';
import { SUBSTATION_VALUES } from '@contor/agent-json/mapping/substation.js';
import { jsonTranslator } from '@contor/agent-json/translator.js';
import {
  contentHash,
  DEFAULT_TIME_WINDOW,
  type Device,
  type DeviceModel,
  deviceKey,
  EVENTS,
  type IngestRecord,
  type KnownDevices,
  type Translation,
} from '@contor/agent-kit';
import { ATTRIBUTES, ENTITY_TYPES, isConvertible, type UnitCode } from '@contor/orion-config';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

const NOW_MS = Date.UTC(2026, 10, 20, 8);
const [DEVICE] = sampleDevices();

function device(): Device {
  if (DEVICE === undefined) throw new Error('the sample city has no device');
  return DEVICE;
}

function registry(): KnownDevices {
  const one = device();
  return { size: 1, find: (key) => (key === deviceKey(one.apiKey, one.deviceId) ? one : undefined), all: () => [one] };
}

function record(channel: string, bytes: Uint8Array): IngestRecord {
  const key = deviceKey(device().apiKey, device().deviceId);
  const lane = channel.startsWith('attrs') ? 'live' : 'late';
  return { lane, tenant: 'default', device: key, channel, receivedAtMs: NOW_MS, bytes, hash: contentHash(key, bytes) };
}

const translator = jsonTranslator(registry(), DEFAULT_TIME_WINDOW);
const live = (text: string): Translation => translator.live(record('attrs', new TextEncoder().encode(text)));
const profile = (registers: Record<string, (number | null)[]>, startMs = NOW_MS): Translation =>
  translator.late(
    record('profile', encodeProfile({ intervalSeconds: 900, startMs, registers: new Map(Object.entries(registers)) })),
  );

function value(translation: Translation, row: number, attribute: string): unknown {
  const found = translation.states[row]?.entity[attribute];
  return (found as { value?: unknown } | undefined)?.value;
}

describe.each(Object.entries(DEVICE_MODELS))('the table of %s', (_name, model) => {
  const { type, values, flags = [], states = [], sums = [], profile } = model as DeviceModel;

  it.each([...values])('$objectId is an attribute of its type, in a unit that fits', ({ attribute, unitCode }) => {
    expect(ENTITY_TYPES[type].attributes).toContain(attribute);
    const row: { readonly unitCode?: UnitCode } = ATTRIBUTES[attribute];
    expect(row.unitCode).toBeDefined();
    if (unitCode !== undefined && row.unitCode !== undefined) expect(isConvertible(unitCode, row.unitCode)).toBe(true);
  });

  it('adds up only what has the same digits', () => {
    for (const { attribute, addends, subtrahends = [] } of sums)
      for (const part of [...addends, ...subtrahends])
        expect(ATTRIBUTES[part].decimals).toBe(ATTRIBUTES[attribute].decimals);
  });

  it('has a register and an interval in the same unit', () => {
    for (const { register, interval } of profile?.channels ?? []) {
      const row: object = ATTRIBUTES[register ?? interval];
      expect(row).toMatchObject({ decimals: ATTRIBUTES[interval].decimals });
      expect(row).toMatchObject({ unitCode: (ATTRIBUTES[interval] as { unitCode?: string }).unitCode });
    }
  });

  it('has unique object ids and attributes', () => {
    const rows = [...values, ...flags, ...states];
    expect(new Set(rows.map(({ objectId }) => objectId)).size).toBe(rows.length);
    expect(new Set(rows.map(({ attribute }) => attribute)).size).toBe(rows.length);
  });
});

/** What each new kind of device says, and what must stand in the broker afterwards: the exact decimal, in the vocabulary's unit. */
describe.each([
  {
    model: 'district-heat-json',
    said: '{"forwardTemperature":85.41,"returnTemperature":46.7,"flow":1.204,"volume":987654.3,"power":54.1,"peakPower":88.25,"energy":1234.567}',
    type: 'HeatMeasurement',
    expected: {
      forwardTemperature: { value: 85.41, unitCode: 'CEL' },
      returnTemperature: { value: 46.7, unitCode: 'CEL' },
      // 85.41 - 46.7 is 38.709999999999994 in doubles.
      temperatureDifference: { value: 38.71, unitCode: 'KEL' },
      volumeFlow: { value: 1.204, unitCode: 'MQH' },
      totalVolume: { value: 987.6543, unitCode: 'MTQ' },
      thermalPower: { value: 54.1, unitCode: 'KWT' },
      peakThermalPower: { value: 88.25, unitCode: 'KWT' },
      totalHeatEnergy: { value: 1_234_567, unitCode: 'KWH' },
    },
  },
  {
    model: 'environment-dcu',
    said: '{"temperature":21.5,"humidity":48.2,"tvoc":125,"eco2":640}',
    type: 'IndoorEnvironmentObserved',
    expected: {
      temperature: { value: 21.5, unitCode: 'CEL' },
      relativeHumidity: { value: 48.2, unitCode: 'P1' },
      volatileOrganicCompoundsTotal: { value: 125, unitCode: '61' },
      eCo2: { value: 640, unitCode: '59' },
    },
  },
  {
    model: 'water-json',
    said: '{"volume":123456.7,"reverseVolume":0.1,"flow":310,"leak":true,"backflow":false}',
    type: 'WaterConsumptionObserved',
    expected: {
      waterConsumption: { value: 123.4567, unitCode: 'MTQ' },
      reverseWaterConsumption: { value: 0.0001, unitCode: 'MTQ' },
      volumeFlow: { value: 0.31, unitCode: 'MQH' },
      alarmStopsLeaks: { value: true },
      alarmBackflow: { value: false },
    },
  },
  {
    model: 'echelon-ct-json',
    said: JSON.stringify({
      ...Object.fromEntries(SUBSTATION_VALUES.map(({ objectId }) => [objectId, 1])),
      activePowerForward: 812_000.5,
      activePowerReverse: 0.2,
      activeEnergyForwardT4: 5_000.125,
      sineL3: 0.1234,
    }),
    type: 'ACMeasurement',
    expected: {
      ...Object.fromEntries(SUBSTATION_VALUES.map(({ attribute }) => [attribute, { value: 1 }])),
      activePowerImport: { value: 812_000.5, unitCode: 'WTT' },
      activePowerExport: { value: 0.2, unitCode: 'WTT' },
      totalActivePower: { value: 812_000.3, unitCode: 'WTT' },
      totalActiveEnergyImportT4: { value: 5_000.125, unitCode: 'KWH' },
      sineL3: { value: 0.1234, unitCode: 'C62' },
    },
  },
  {
    model: 'midori-1s',
    said: '{"power":1203.4,"reactivePower":-88.1,"voltage":231.2,"current":5.31}',
    type: 'ACMeasurement',
    expected: {
      totalActivePower: { value: 1_203.4, unitCode: 'WTT' },
      totalReactivePower: { value: -88.1, unitCode: 'D44' },
      voltageL1: { value: 231.2, unitCode: 'VLT' },
      currentL1: { value: 5.31, unitCode: 'AMP' },
    },
  },
])('what $model says', ({ model, said, type, expected }) => {
  it('becomes exact decimals in the units of the vocabulary', () => {
    const one = { ...device(), model };
    const only: KnownDevices = { ...registry(), find: () => one };
    const { states, refusals } = jsonTranslator(only, DEFAULT_TIME_WINDOW).live(
      record('attrs', new TextEncoder().encode(said)),
    );
    expect(refusals).toEqual([]);
    expect(states).toHaveLength(1);
    expect(states[0]?.entity).toMatchObject({ type, ...expected });
  });
});

it('the substation has every value of its list, and an OBIS code where there is one', () => {
  expect(SUBSTATION_VALUES.length).toBeGreaterThanOrEqual(30);
  const codes = SUBSTATION_VALUES.flatMap((row) => ('obis' in row ? [row.obis] : []));
  expect(new Set(codes).size).toBe(codes.length);
  for (const code of codes) expect(code).toMatch(/^1-0:\d{1,2}\.[78]\.\d$/);
});

describe('one attribute alone', () => {
  const alone = (name: string, text: string, time = '') =>
    translator.live(record(`attrs/${name}${time}`, new TextEncoder().encode(text)));

  it.each([
    { text: '231.4', at: NOW_MS },
    { text: '{"value":231.4,"timestamp":"2026-11-20T07:59:00Z"}', at: NOW_MS - 60_000 },
    { text: '[{"timestamp":"2026-11-20T07:59:00Z","value":231.4}]', at: NOW_MS - 60_000 },
  ])('$text', ({ text, at }) => {
    const translation = alone('voltageL1', text);
    expect(value(translation, 0, 'voltageL1')).toBe(231.4);
    expect(translation.states[0]?.timeMs).toBe(at);
  });

  it('an array of it is several moments', () => {
    const text = '[{"timestamp":"2026-11-20T07:58:00Z","value":1},{"timestamp":"2026-11-20T07:59:00Z","value":2}]';
    expect(alone('powerL1', text).states.map(({ timeMs }) => timeMs)).toEqual([NOW_MS - 120_000, NOW_MS - 60_000]);
  });

  it('what is no JSON is bytes, which are no power', () => {
    expect(alone('powerL1', 'hello').refusals).toMatchObject([{ reason: 'value.type' }]);
  });

  it('a time that came beside the payload counts where the payload has none', () => {
    expect(alone('powerL1', '5', `@${NOW_MS - 1_000}`).states[0]?.timeMs).toBe(NOW_MS - 1_000);
    const inside = '{"value":5,"timestamp":"2026-11-20T07:59:00Z"}';
    expect(alone('powerL1', inside, `@${NOW_MS - 1_000}`).states[0]?.timeMs).toBe(NOW_MS - 60_000);
  });

  it('any bytes under any name are translated without throwing', () =>
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.constantFrom('a', '__proto__', 'timestamp'), (bytes, name) => {
        void translator.live(record(`attrs/${name}`, bytes));
      }),
      { numRuns: 50 },
    ));
});

it('event words are unique', () => expect(new Set(EVENTS.map(({ word }) => word)).size).toBe(EVENTS.length));
it('knows no model by an inherited name', () => expect(deviceModel('toString')).toBeUndefined());

describe('a live message', () => {
  const text =
    '{"timestamp":"2026-11-20T07:59:50.000Z","energyImport":12345.678,"energyExport":0.5,"powerL1":100.1,"powerL2":200.2,"powerL3":-0.3,"voltageL1":230.1,"events":["coverOpened","neverHeardOf"]}';

  it('becomes the measurement of its meter, with units and the exact sum of the phases', () => {
    const translation = live(text);
    const [state] = translation.states;
    expect(state?.entity).toMatchObject({
      id: 'urn:ngsi-ld:ACMeasurement:e350-0001',
      type: 'ACMeasurement',
      totalActiveEnergyImport: { value: 12345.678, unitCode: 'KWH', observedAt: '2026-11-20T07:59:50.000Z' },
      totalActivePower: { value: 300, unitCode: 'WTT' },
      refDevice: { object: 'urn:ngsi-ld:Device:e350-0001' },
      refPoint: { object: 'urn:ngsi-ld:ConsumptionPoint:tulip-street-01' },
      source: { value: 'live' },
      recordedAt: { value: '2026-11-20T08:00:00.000Z' },
      dateObserved: { value: '2026-11-20T07:59:50.000Z' },
    });
    expect(state?.timeMs).toBe(NOW_MS - 10_000);
  });

  it('raises an alert for each event, also for words nobody knows', () => {
    const alerts = live(text).states.slice(1);
    expect(alerts.map(({ entity }) => entity.id)).toEqual([
      'urn:ngsi-ld:Alert:e350-0001:coverOpened:20261120T075950000Z',
      'urn:ngsi-ld:Alert:e350-0001:neverHeardOf:20261120T075950000Z',
    ]);
    expect(alerts.every(({ isOneOff }) => isOneOff)).toBe(true);
  });

  it('raises no alert a second time when it is moved to the late lane', () => {
    const { states } = translator.late(record('attrs', new TextEncoder().encode(text)));
    expect(states.map(({ entity }) => entity.type)).toEqual(['ACMeasurement']);
  });

  it('has no total without all of its phases', () => {
    expect(live('{"powerL1":1,"powerL2":2}').states[0]?.entity).not.toHaveProperty('totalActivePower');
  });

  it('without device time belongs to its arrival', () => {
    expect(live('{"powerL1":1}').states[0]?.timeMs).toBe(NOW_MS);
  });

  it.each([
    { text: '{"timestamp":"1970-01-01T00:00:05Z","powerL1":1}', reason: 'time.before-2000' },
    { text: '{"timestamp":"2026-11-21T08:00:00.001Z","powerL1":1}', reason: 'time.ahead' },
  ])('with a time we do not believe goes to quarantine: $reason', ({ text: odd, reason }) => {
    expect(live(odd)).toMatchObject({ states: [], refusals: [{ shelf: 'quarantine', reason }] });
  });

  it.each([
    { text: '{"energyImport":1.0000001,"powerL1":5}', reason: 'decimal.too-precise' },
    { text: '{"energyImport":1e12,"powerL1":5}', reason: 'decimal.out-of-range' },
    { text: '{"energyImport":"12","powerL1":5}', reason: 'value.type' },
  ])('publishes no register that is not exact ($reason), and keeps the rest', ({ text: odd, reason }) => {
    const translation = live(odd);
    expect(translation.refusals).toMatchObject([{ shelf: 'dead-letters', reason }]);
    expect(value(translation, 0, 'activePowerL1')).toBe(5);
    expect(translation.states[0]?.entity).not.toHaveProperty('totalActiveEnergyImport');
  });

  it('garbage is a dead letter', () => {
    expect(live('{"powerL1":')).toMatchObject({
      states: [],
      refusals: [{ shelf: 'dead-letters', reason: 'json.syntax' }],
    });
  });

  it('any bytes are translated without throwing', () =>
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.constantFrom('attrs', 'profile'), (bytes, channel) => {
        void (channel === 'attrs' ? translator.live(record(channel, bytes)) : translator.late(record(channel, bytes)));
      }),
    ));

  it('keeps every register of up to 15 digits exactly', () =>
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 999_999_999 }), (wattHours) => {
        const bytes = encodeAttrs([
          {
            observedMs: NOW_MS,
            sequence: undefined,
            values: new Map([['energyImport', wattHours / 1_000]]),
            events: [],
          },
        ]);
        expect(decodeAttrs(bytes).kind).toBe('value');
        expect(value(translator.live(record('attrs', bytes)), 0, 'totalActiveEnergyImport')).toBe(wattHours / 1_000);
      }),
    ));
});

describe('a load profile', () => {
  it('becomes intervals at their start, with the register at the start', () => {
    const translation = profile({ energyImport: [10, 10.1, 10.3], energyExport: [5, 5, 5.001] });
    expect(translation.states.map(({ timeMs }) => timeMs)).toEqual([NOW_MS, NOW_MS + 900_000]);
    expect(value(translation, 0, 'totalActiveEnergyImport')).toBe(10);
    // 10.1 - 10 is 0.09999999999999964 in doubles.
    expect(value(translation, 0, 'activeEnergyImport')).toBe(0.1);
    expect(value(translation, 1, 'activeEnergyImport')).toBe(0.2);
    expect(value(translation, 1, 'activeEnergyExport')).toBe(0.001);
    expect(translation.acquired).toMatchObject([
      { profile: 'load-profile', intervalSeconds: 900, startsMs: [NOW_MS, NOW_MS + 900_000] },
    ]);
  });

  it('counts on when a register rolls over at its six digits', () => {
    const translation = profile({ energyImport: [999_999.9, 0.15] });
    expect(value(translation, 0, 'activeEnergyImport')).toBe(0.25);
    expect(translation.refusals).toEqual([]);
  });

  it('takes a register that fell for what it is: not energy', () => {
    const translation = profile({ energyImport: [5_000, 4_000, 4_001] });
    expect(translation.refusals).toMatchObject([{ reason: 'register.backwards' }]);
    expect(translation.states.map(({ timeMs }) => timeMs)).toEqual([NOW_MS + 900_000]);
  });

  it('leaves a hole where the meter stored nothing', () => {
    const translation = profile({ energyImport: [1, null, 3, 4] });
    expect(translation.acquired[0]?.startsMs).toEqual([NOW_MS + 2 * 900_000]);
  });

  it('refuses a register with more digits than the meter has', () => {
    expect(profile({ energyImport: [1_000_000, 1_000_001] }).refusals).toMatchObject([{ reason: 'register.digits' }]);
  });

  it('days ahead goes to quarantine', () => {
    const translation = profile({ energyImport: [1, 2] }, NOW_MS + 2 * 86_400_000);
    expect(translation).toMatchObject({ states: [], refusals: [{ shelf: 'quarantine', reason: 'time.ahead' }] });
  });

  it('sums up to the difference of its registers, whatever they are and wherever they roll over', () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 999_999_999 }),
        fc.array(fc.integer({ min: 0, max: 30_000 }), { minLength: 1, maxLength: 96 }),
        (openingWh, amounts) => {
          let register = openingWh;
          const registers = [openingWh / 1_000];
          for (const amount of amounts) {
            register = (register + amount) % 1_000_000_000;
            registers.push(register / 1_000);
          }
          const translation = profile({ energyImport: registers }, NOW_MS - amounts.length * 900_000);
          expect(amounts.map((_, row) => value(translation, row, 'activeEnergyImport'))).toEqual(
            amounts.map((amount) => amount / 1_000),
          );
        },
      ),
    ));
});
