import { sampleHub } from '@contor/agent-json/simulator/sample-hub.js';
import { cityWithout, meterRows, patchedCity, sitesOf, toCity } from '@contor/app/logic/city';
import { liveSummary, stateOfRow } from '@contor/app/logic/live-summary';
import { meterFacts } from '@contor/app/logic/meter-facts';
import { entity, type NgsiEntity, SAMPLE_CITY, sampleEntities, urn } from '@contor/orion-config';
import { describe, expect, it } from '@jest/globals';

const NOW = Date.UTC(2026, 10, 20, 7, 0, 0);

function measurement(house: number, agoMs: number, powerW: number): NgsiEntity {
  const row = SAMPLE_CITY.houses[house - 1];
  if (row === undefined) throw new Error(`no house ${house}`);
  const observedAt = new Date(NOW - agoMs).toISOString();
  return entity('ACMeasurement', row.measurementId)
    .property('totalActivePower', powerW, { observedAt })
    .property('voltageL2', 229.5, { observedAt })
    .property('totalActiveEnergyImport', 2_611.25, { observedAt })
    .relationship('refDevice', row.deviceId)
    .relationship('refPoint', row.pointId)
    .build();
}

describe('the live rows', () => {
  const city = toCity([
    ...sampleEntities(NOW),
    measurement(1, 4_000, 500),
    measurement(2, 60_000, -200),
    measurement(3, 600_000, 900),
  ]);
  const rows = meterRows(city);

  it('has one for each installed meter, in the order of people', () => {
    expect(rows).toHaveLength(20);
    expect(rows.slice(0, 3).map(({ name }) => name)).toEqual(['Tulip Street 1', 'Tulip Street 2', 'Tulip Street 3']);
    expect(rows[9]?.name).toBe('Tulip Street 10');
  });
  it('joins device, place and measurement', () =>
    expect(rows[0]).toMatchObject({
      id: 'e350-0001',
      siteUrn: 'urn:ngsi-ld:Site:tulip-street',
      powerW: 500,
      importKwh: 2_611.25,
      heardAtMs: NOW - 4_000,
      intervalSeconds: 10,
      phases: [{ voltageV: undefined }, { voltageV: 229.5 }, { voltageV: undefined }],
    }));
  it('tells live, late, silent and never heard apart', () =>
    expect(rows.slice(0, 4).map((row) => stateOfRow(row, NOW))).toEqual(['live', 'late', 'silent', 'never']));
  it('adds up only what can still be believed', () =>
    expect(liveSummary(rows, NOW)).toEqual({
      powerW: 300,
      countedMeters: 2,
      meters: 20,
      byState: { live: 1, late: 1, silent: 1, never: 17 },
    }));
  it('neither lists sensors and meters of other media nor adds a feeder to the meters behind it', () => {
    const { entities } = sampleHub();
    const observedAt = new Date(NOW).toISOString();
    const feeder = entity('ACMeasurement', urn('ACMeasurement', 'substation-0001'))
      .property('totalActivePower', 200_000, { observedAt })
      .relationship('refDevice', urn('Device', 'substation-0001'))
      .build();
    const all = meterRows(toCity([...sampleEntities(NOW), ...entities, measurement(1, 4_000, 500), feeder]));
    expect(all.map(({ name }) => name).filter((name) => name.includes(','))).toEqual(['Tulip Street, substation']);
    expect(liveSummary(all, NOW)).toMatchObject({ powerW: 500, countedMeters: 1, meters: 21 });
  });
  it('has no sum when nobody speaks', () => expect(liveSummary(rows, NOW + 3_600_000).powerW).toBeUndefined());
  it('shows a meter that nobody installed', () => {
    const { name, siteUrn } =
      meterRows(
        toCity([{ ...measurement(1, 0, 1), id: 'urn:ngsi-ld:ACMeasurement:stray', refDevice: undefined }]),
      )[0] ?? {};
    expect(name).toBe('stray');
    expect(siteUrn).toBeUndefined();
  });
  it('knows the sites', () =>
    expect(sitesOf(city)).toEqual([
      { id: 'tulip-street', urn: 'urn:ngsi-ld:Site:tulip-street', name: 'Tulip Street', timeZone: 'Europe/Bucharest' },
    ]));
  it('does not break on a zone that nobody knows', () => {
    const site = {
      id: 'urn:ngsi-ld:Site:atlantis',
      type: 'Site',
      timeZone: { type: 'Property', value: 'Sea/Atlantis' },
    };
    expect(sitesOf(toCity([site]))[0]?.timeZone).toBe('UTC');
  });
  it('tells the facts of a meter', () =>
    expect(meterFacts(city, 'e350-0002')).toMatchObject({
      model: 'Landis+Gyr E350',
      protocol: 'json-mqtt',
      point: 'Tulip Street 2',
      siteName: 'Tulip Street',
      timeZone: 'Europe/Bucharest',
      registerDigits: 6,
      openingRegisterKwh: 3_222,
    }));
});

describe('a patch from the stream', () => {
  const city = toCity([...sampleEntities(NOW), measurement(1, 4_000, 500)]);
  const powerOf = (patched: typeof city) => meterRows(patched)[0]?.powerW;

  it('brings the newest state', () => expect(powerOf(patchedCity(city, [measurement(1, 0, 620)]))).toBe(620));
  it('never moves the present backwards', () =>
    expect(powerOf(patchedCity(city, [measurement(1, 9_000, 480)]))).toBe(500));
  it('leaves the city before it as it was', () => {
    patchedCity(city, [measurement(1, 0, 620)]);
    expect(powerOf(city)).toBe(500);
  });
  it('ignores what does not belong on the page', () =>
    expect(patchedCity(city, [{ id: 'urn:ngsi-ld:Bill:1', type: 'Bill' }])).toBe(city));
});

describe('what has left the sight of the reader', () => {
  const city = toCity([...sampleEntities(NOW), measurement(1, 4_000, 500)]);
  it('goes at once, and nothing else does', () => {
    const gone = cityWithout(city, ['urn:ngsi-ld:Device:e350-0001', measurement(1, 0, 0).id]);
    expect(meterRows(gone).map(({ id }) => id)).toEqual(
      meterRows(city)
        .map(({ id }) => id)
        .slice(1),
    );
    expect(gone.Site).toEqual(city.Site);
  });
});
