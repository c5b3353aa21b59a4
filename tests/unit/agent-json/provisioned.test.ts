/** A device without a model, from its bytes to its entities. */

import { jsonTranslator } from '@contor/agent-json/translator.js';
import { contentHash, DEFAULT_TIME_WINDOW, type Device, type Translation, toDevice } from '@contor/agent-kit';
import { describe, expect, it } from '@jest/globals';

const NOW_MS = Date.UTC(2026, 10, 20, 8);
const DEVICE: Device = toDevice(
  {
    ...{ apiKey: 'k', deviceId: 'd1', tenant: 'openiot', entityType: 'Room' },
    attributes: [
      { objectId: 't', name: 'temperature', type: 'Number' },
      { name: 'place', type: 'geo:json', expression: "{type: 'Point', coordinates: [pos.lon, pos.lat]}" },
    ],
    explicitAttrs: true,
  },
  undefined,
);
const translator = jsonTranslator({ size: 1, all: () => [DEVICE], find: () => DEVICE }, DEFAULT_TIME_WINDOW);

function read(said: unknown, channel = 'attrs', lane: 'live' | 'late' = 'live'): Translation {
  const bytes = new TextEncoder().encode(typeof said === 'string' ? said : JSON.stringify(said));
  const at = { tenant: 'openiot', device: 'k/d1', deviceTimeMs: undefined, receivedAtMs: NOW_MS };
  return translator[lane]({ ...at, lane, channel, bytes, hash: contentHash('k/d1', bytes) });
}

describe('a device without a model', () => {
  it('is read by its attributes, objects included, each measure at its own time', () => {
    const { states, refusals } = read([
      { t: 20, TimeInstant: '2026-11-20T07:00:00Z' },
      { t: 21, pos: { lon: -3.7, lat: 40.4 } },
      { t: 22, timestamp: 7 },
    ]);
    expect(refusals).toEqual([]);
    expect(states.map(({ timeMs }) => timeMs)).toEqual([NOW_MS - 3_600_000, NOW_MS, NOW_MS]);
    expect(states[1]?.entity).toEqual({
      ...{ id: 'urn:ngsi-ld:Room:d1', type: 'Room' },
      temperature: { type: 'Property', value: 21, observedAt: '2026-11-20T08:00:00.000Z' },
      place: {
        ...{ type: 'GeoProperty', observedAt: '2026-11-20T08:00:00.000Z' },
        value: { type: 'Point', coordinates: [-3.7, 40.4] },
      },
    });
  });

  it('says the same when it came too late to be live', () =>
    expect(read({ t: 20 }, 'attrs', 'late').states).toEqual(read({ t: 20 }).states));

  it.each([
    ['{', 'json.syntax', 'dead-letters'],
    [[1], 'attrs.shape', 'dead-letters'],
    [{ t: 1, TimeInstant: 'soon' }, 'attrs.time', 'dead-letters'],
    [{ t: 1, TimeInstant: '2036-01-01T00:00:00Z' }, 'time.ahead', 'quarantine'],
    [{ t: 'warm' }, 'value.type', 'dead-letters'],
    [Array.from({ length: 1_001 }, () => ({})), 'attrs.too-many', 'dead-letters'],
  ])('that says %j is refused: %s', (said, reason, shelf) =>
    expect(read(said)).toMatchObject({ states: [], refusals: [{ reason, shelf }] }),
  );

  it('stores no profile', () =>
    expect(read('{}', 'profile', 'late')).toMatchObject({ refusals: [{ reason: 'device.model' }] }));
});
