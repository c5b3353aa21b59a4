/** From frames to entities: the seven heat values (S3-02), water with its alarms (S3-05), gas, allocators; telegrams that may not go on. */

import { type Device, type IngestRecord, type Translation, toDevice } from '@contor/agent-kit';
import { fromHex } from '@contor/kit';
import { keyring } from '@contor/mbus/codec/radio/keyring.js';
import { encodeLink } from '@contor/mbus/codec/radio/link.js';
import { mode5Telegram, plainTelegram } from '@contor/mbus/codec/radio/seal.js';
import { radioMemory } from '@contor/mbus/codec/radio/telegram.js';
import { encodeRecord, type RecordSpec } from '@contor/mbus/codec/record/encode.js';
import { encodeVariable } from '@contor/mbus/codec/wired.js';
import { DEVICE_MODELS, modelOfDeviceType } from '@contor/mbus/mapping/models.js';
import { RECORDS } from '@contor/mbus/mapping/records.js';
import { AirMeter } from '@contor/mbus/simulator/air/meter.js';
import { CHANNELS, mbusTranslator } from '@contor/mbus/translator.js';
import { ATTRIBUTES } from '@contor/orion-config';
import { describe, expect, it } from '@jest/globals';

const AT = Date.UTC(2026, 0, 15, 8, 30, 10);
const KEY = fromHex('000102030405060708090a0b0c0d0e0f');

type Fields = Readonly<Record<string, { readonly value?: unknown; readonly unitCode?: string } | undefined>>;

const deviceOf = (model: string, more: Partial<Device> = {}): Device =>
  toDevice({ apiKey: 'mbus', deviceId: 'meter-1', tenant: 'default', model, name: 'meter-1', ...more }, undefined);

function translated(
  device: Device,
  channel: string,
  bytes: Uint8Array,
  keys = keyring(),
  more: Partial<IngestRecord> = {},
): Translation {
  const registry = { size: 1, all: () => [device], find: () => device };
  const translator = mbusTranslator({ registry, findKey: keys.find, memory: radioMemory() });
  const record: IngestRecord = {
    lane: 'live',
    tenant: 'default',
    device: 'mbus/meter-1',
    channel,
    receivedAtMs: AT,
    bytes,
    hash: new Uint8Array(16),
    ...more,
  };
  return translator.live(record);
}

const liveOf = ({ states }: Translation) =>
  states.find(({ entity }) => entity.type !== 'Device' && entity.type !== 'Alert')?.entity as Fields | undefined;
const deviceEntity = ({ states }: Translation) =>
  states.find(({ entity }) => entity.type === 'Device')?.entity as Fields | undefined;
const wordsOf = ({ states }: Translation) =>
  states
    .filter(({ entity }) => entity.type === 'Alert')
    .map(({ entity }) => (entity as unknown as Fields).eventCode?.value);
const reasonsOf = ({ refusals }: Translation) => refusals.map(({ reason }) => reason);

const METER = { id: '12345678', manufacturer: 'KAM', version: 0x1b, deviceType: 4 };
const integer = (
  field: RecordSpec['field'],
  vib: readonly number[],
  value: number,
  more: Partial<RecordSpec> = {},
): RecordSpec => ({
  ...more,
  field,
  vib: Uint8Array.from(vib),
  value: { kind: 'integer', value },
});

function wired(records: readonly RecordSpec[], meter = METER, status = 0): Uint8Array {
  const data = new Uint8Array(Buffer.concat(records.map(encodeRecord)));
  return encodeVariable({ control: 0x08, address: 1 }, { meter, accessNumber: 1, status, signature: 0 }, data);
}

const radio = (meter: typeof METER, data: Uint8Array) => encodeLink({ control: 0x44, sender: meter, data }, 'bare');

describe('heat, S3-02', () => {
  // EN 13757-3, table 10: MWh by 07 with a factor of ten less, litres by 13, watts by 2B.
  const frame = wired([
    integer('int32', [0x07], 47_114),
    integer('int32', [0x13], 123_456),
    integer('int16', [0x59], 8_012),
    integer('int16', [0x5d], 5_011),
    integer('int16', [0x3b], 1_234),
    integer('int32', [0x2b], 42_500),
    integer('int32', [0x2b], 61_000, { function: 'maximum' }),
    integer('int32', [0x06], 1_000, { storage: 1 }),
  ]);

  it('seven values in their units, and the difference computed', () => {
    const live = liveOf(translated(deviceOf('mbus-heat'), CHANNELS.wired, frame));
    expect(live).toMatchObject({
      type: 'HeatMeasurement',
      totalHeatEnergy: { value: 471_140, unitCode: 'KWH' },
      totalVolume: { value: 123.456, unitCode: 'MTQ' },
      forwardTemperature: { value: 80.12, unitCode: 'CEL' },
      returnTemperature: { value: 50.11, unitCode: 'CEL' },
      temperatureDifference: { value: 30.01, unitCode: 'KEL' },
      volumeFlow: { value: 1.234, unitCode: 'MQH' },
      thermalPower: { value: 42.5, unitCode: 'KWT' },
      peakThermalPower: { value: 61, unitCode: 'KWT' },
    });
  });

  it('what the model has no place for is kept on the device, with quantity and unit', () => {
    const about = deviceEntity(translated(deviceOf('mbus-heat'), CHANNELS.wired, frame));
    expect(about?.meterRecords?.value).toEqual([{ quantity: 'Energy', unit: 'Wh', value: 1_000_000, storage: 1 }]);
  });

  it('two telegrams of one reading are one entity', () => {
    const second = wired([integer('int32', [0x06], 900, { storage: 2 })]);
    const both = translated(deviceOf('mbus-heat'), CHANNELS.wired, Uint8Array.of(...frame, ...second));
    expect(both.states.filter(({ entity }) => entity.type === 'HeatMeasurement')).toHaveLength(1);
    expect(deviceEntity(both)?.meterRecords?.value).toHaveLength(2);
  });

  it('gigajoules and joules an hour come out in kilowatt hours and kilowatts', () => {
    const live = liveOf(
      translated(
        deviceOf('mbus-heat'),
        CHANNELS.wired,
        wired([integer('int32', [0x0f], 36), integer('int32', [0x33], 3_600)]),
      ),
    );
    expect(live).toMatchObject({ totalHeatEnergy: { value: 100 }, thermalPower: { value: 1 } });
  });

  it('a clock that is right says when; one that is hours off does not', () => {
    const soon = translated(deviceOf('mbus-heat'), CHANNELS.wired, frame, keyring(), { deviceTimeMs: AT - 60_000 });
    expect(soon.states[0]?.timeMs).toBe(AT - 60_000);
    const off = translated(deviceOf('mbus-heat'), CHANNELS.wired, frame, keyring(), { deviceTimeMs: AT - 7_200_000 });
    expect(off.states[0]?.timeMs).toBe(AT);
  });
});

describe('water, S3-05', () => {
  const HYDRODIGIT = { id: '60000007', manufacturer: 'BMT', version: 0x17, deviceType: 7 };
  const volume = [integer('int32', [0x13], 4_711), integer('int32', [0x93, 0x3c], 12)];
  // B METERS Hydrodigit, user manual v1.3, field 13.
  it.each([
    [0x00, [], { alarmStopsLeaks: false, alarmBackflow: false, alarmTamper: false }],
    [0x03, ['leak'], { alarmStopsLeaks: true }],
    [0x10, ['burst'], { alarmStopsLeaks: true }],
    [0x40, ['backflow'], { alarmBackflow: true, alarmStopsLeaks: false }],
    [0x04, ['batteryLow'], { alarmStopsLeaks: false }],
    [0x80, ['reversedMeter'], { alarmTamper: true }],
  ] as const)('status %i says %j', (status, words, flags) => {
    const translation = translated(deviceOf('mbus-water'), CHANNELS.wired, wired(volume, HYDRODIGIT, status));
    expect(wordsOf(translation)).toEqual(words);
    const live = liveOf(translation);
    expect(live).toMatchObject({ waterConsumption: { value: 4.711 }, reverseWaterConsumption: { value: 0.012 } });
    for (const [flag, value] of Object.entries(flags)) expect(live?.[flag]?.value).toBe(value);
  });

  it('the same alarm in every telegram of a day is one alert', () => {
    const ids = [0, 3_600_000].map((laterMs) => {
      const bytes = wired(volume, HYDRODIGIT, 0x40);
      const { states } = translated(deviceOf('mbus-water'), CHANNELS.wired, bytes, keyring(), {
        receivedAtMs: AT + laterMs,
      });
      return states.find(({ entity }) => entity.type === 'Alert')?.entity.id;
    });
    expect(new Set(ids).size).toBe(1);
  });

  it('info codes of a Kamstrup', () => {
    const meter = { ...METER, version: 0x1b, deviceType: 0x16 };
    const records = [...volume, integer('int16', [0xff, 0x20], 0x06)];
    expect(wordsOf(translated(deviceOf('mbus-water'), CHANNELS.wired, wired(records, meter)))).toEqual([
      'backflow',
      'leak',
    ]);
  });
});

describe('gas, electricity, allocators, substations', () => {
  it.each([
    [
      'mbus-gas',
      [integer('bcd8', [0x14], 4_711), integer('int32', [0x93, 0x3e], 4_500)],
      { totalGasVolume: 47.11, totalConvertedGasVolume: 4.5 },
    ],
    [
      'mbus-electricity',
      [
        integer('int32', [0x03], 12_345),
        integer('int32', [0x83, 0x3c], 5),
        integer('int16', [0xfd, 0xc8, 0xfc, 0x01], 2_301),
      ],
      { totalActiveEnergyImport: 12.345, totalActiveEnergyExport: 0.005, voltageL1: 230.1 },
    ],
    ['mbus-allocator', [integer('bcd6', [0x6e], 815)], { heatAllocationUnits: 815 }],
    [
      'mbus-substation',
      [integer('int8', [0xfd, 0x3a], 65, { subunit: 1 }), integer('int8', [0xfd, 0x1a], 1)],
      { valvePosition: 65, pumpState: 'on', breakerState: 'connected' },
    ],
  ] as const)('%s', (model, records, expected) => {
    const live = liveOf(translated(deviceOf(model), CHANNELS.wired, wired(records)));
    for (const [name, value] of Object.entries(expected)) expect(live?.[name]?.value).toBe(value);
  });
});

describe('radio', () => {
  const keys = keyring();
  keys.set(METER, KEY);
  const records = encodeRecord(integer('int32', [0x06], 4_711));
  const request = { meter: METER, accessNumber: 1, records };
  const keyed = deviceOf('mbus-heat', { keyReference: 'key-1' });

  it('an encrypted telegram with its key', () => {
    const bytes = radio(METER, mode5Telegram(request, KEY));
    expect(liveOf(translated(keyed, CHANNELS.radio, bytes, keys))).toMatchObject({ totalHeatEnergy: { value: 4_711 } });
  });

  it.each([
    ['a keyed meter in plain', plainTelegram(request), keys, 'wmbus.downgrade', ['plainFromKeyedMeter']],
    ['another key', mode5Telegram(request, new Uint8Array(16)), keys, 'wmbus.key.wrong', ['wrongKey']],
    ['a reference without a key', mode5Telegram(request, KEY), keyring(), 'wmbus.key.missing', []],
    ['and in plain', plainTelegram(request), keyring(), 'wmbus.key.missing', []],
  ] as const)('%s is refused by name', (_name, data, ring, reason, words) => {
    const translation = translated(keyed, CHANNELS.radio, radio(METER, data), ring);
    expect(liveOf(translation)).toBeUndefined();
    expect(reasonsOf(translation)).toEqual([reason]);
    expect(wordsOf(translation)).toEqual(words);
  });

  it('what was heard before is an event and no reading', () => {
    const translation = translated(keyed, CHANNELS.replayed, radio(METER, mode5Telegram(request, KEY)), keys);
    expect([liveOf(translation), wordsOf(translation), reasonsOf(translation)]).toEqual([
      undefined,
      ['replayedTelegram'],
      ['wmbus.replayed'],
    ]);
  });

  it.each([1, 2, 3, 4, 5])('simulated meter %i reads as its model', (number) => {
    const air = new AirMeter({ seed: 'street', number });
    const ring = keyring();
    if (air.security !== 'plain') ring.set(air.meter, air.key);
    const model = modelOfDeviceType(air.meter.deviceType) ?? '';
    const translation = translated(deviceOf(model), CHANNELS.radio, air.telegram(AT), ring);
    expect(reasonsOf(translation)).toEqual([]);
    expect(liveOf(translation)).toBeDefined();
  });
});

describe('what does not go on', () => {
  it.each([
    ['a model that nobody knows', deviceOf('none'), wired([]), 'device.model'],
    ['a frame cut off', deviceOf('mbus-heat'), wired([integer('int32', [0x06], 1)]).subarray(0, 12), 'mbus.short'],
    [
      'a broken checksum',
      deviceOf('mbus-heat'),
      wired([integer('int32', [0x06], 1)]).map((byte, at) => (at === 20 ? byte ^ 1 : byte)),
      'mbus.checksum',
    ],
  ])('%s', (_name, device, bytes, reason) => {
    const translation = translated(device, CHANNELS.wired, bytes);
    expect(reasonsOf(translation)[0]).toBe(reason);
    expect(liveOf(translation)).toBeUndefined();
  });
});

describe('the tables', () => {
  const names = new Set<string>([...RECORDS.map(({ objectId }) => objectId), 'tamper', 'leak', 'backflow', 'pump']);
  it('every record has a name of its own', () =>
    expect(new Set(RECORDS.map(({ objectId }) => objectId)).size).toBe(RECORDS.length));
  it.each(Object.entries(DEVICE_MODELS))(
    '%s names records that there are and attributes that there are',
    (_name, model) => {
      for (const { objectId, attribute } of model.values) {
        expect(names).toContain(objectId);
        expect(Object.keys(ATTRIBUTES)).toContain(attribute);
      }
    },
  );
});
