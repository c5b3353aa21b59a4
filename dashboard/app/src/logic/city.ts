/** The entities a live page needs, kept by identifier; the stream patches them and the newest always wins. */
import type { NumericAttribute } from '@contor/orion-config';
import { DEFAULT_INTERVAL_SECONDS } from './age.js';
import { type Entity, heardAtOf, localId, numberOf, targetOf, textOf } from './ngsi.js';
import { isKnownZone } from './zone-time.js';

/** Live values of other media; they have a table of their own. */
export const MEDIA_TYPES = ['HeatMeasurement', 'WaterConsumptionObserved', 'GasMeasurement'] as const;
export type MediaType = (typeof MEDIA_TYPES)[number];

export const CITY_TYPES = [
  'Site',
  'ConsumptionPoint',
  'Device',
  'DeviceModel',
  'MeterInstallation',
  'ACMeasurement',
  ...MEDIA_TYPES,
] as const;
export type CityType = (typeof CITY_TYPES)[number];

export type City = Readonly<Record<CityType, ReadonlyMap<string, Entity>>>;

export interface MeterRow {
  /** The part of the device's identifier that stands in addresses: `e350-0001`. */
  readonly id: string;
  readonly name: string;
  readonly serialNumber: string | undefined;
  readonly siteUrn: string | undefined;
  /** Measures again what the meters behind it measure. */
  readonly isUpstream: boolean;
  readonly powerW: number | undefined;
  readonly phases: readonly Phase[];
  readonly importKwh: number | undefined;
  readonly exportKwh: number | undefined;
  readonly heardAtMs: number | undefined;
  readonly intervalSeconds: number;
}

export interface Phase {
  readonly name: 'L1' | 'L2' | 'L3';
  readonly voltageV: number | undefined;
  readonly powerW: number | undefined;
}

export interface SiteInfo {
  readonly id: string;
  readonly urn: string;
  readonly name: string;
  readonly timeZone: string;
}

const PHASES = ['L1', 'L2', 'L3'] as const;
const ELECTRICITY = 'electricityConsumption';

export function toCity(entities: readonly Entity[]): City {
  return patchedCity(
    Object.fromEntries(CITY_TYPES.map((type) => [type, new Map<string, Entity>()])) as unknown as City,
    entities,
  );
}

/** The stream sends at least once, and a slow query can overtake it: an older state never replaces a newer one. */
export function patchedCity(city: City, entities: readonly Entity[]): City {
  const known = entities.filter((entity): entity is Entity & { type: CityType } =>
    CITY_TYPES.some((type) => type === entity.type),
  );
  if (known.length === 0) return city;
  const patched: Record<CityType, ReadonlyMap<string, Entity>> = { ...city };
  for (const type of new Set(known.map((entity) => entity.type))) {
    const map = new Map(city[type]);
    for (const entity of known) {
      if (entity.type !== type) continue;
      const held = map.get(entity.id);
      if (held === undefined || !isOlder(entity, held)) map.set(entity.id, { ...held, ...entity });
    }
    patched[type] = map;
  }
  return patched;
}

/** What has left the reader's sight goes at once, with everything known of it. */
export function cityWithout(city: City, ids: readonly string[]): City {
  const gone = new Set(ids);
  const left = CITY_TYPES.map((type) => [type, new Map([...city[type]].filter(([id]) => !gone.has(id)))]);
  return Object.fromEntries(left) as unknown as City;
}

/** One row per meter that is installed or has ever spoken, in the order of names. */
export function meterRows(city: City): readonly MeterRow[] {
  const pointOfDevice = new Map<string, string>();
  for (const installation of city.MeterInstallation.values()) {
    const device = targetOf(installation, 'refDevice');
    const point = targetOf(installation, 'refPoint');
    const isClosed = textOf(installation, 'validTo') !== undefined;
    if (device !== undefined && point !== undefined && !isClosed) pointOfDevice.set(device, point);
  }
  const measurementOfDevice = new Map<string, Entity>();
  for (const measurement of city.ACMeasurement.values()) {
    const device = targetOf(measurement, 'refDevice') ?? `urn:ngsi-ld:Device:${localId(measurement.id)}`;
    measurementOfDevice.set(device, measurement);
  }
  const ofOtherMedia = otherMedia(city);
  const installed = [...city.Device]
    .filter(([id, device]) => textOf(device, 'deviceCategory') === 'meter' && !ofOtherMedia.has(id))
    .map(([id]) => id);
  const devices = new Set([...installed, ...measurementOfDevice.keys()]);
  const rows = [...devices].map((device) => {
    const measurement = measurementOfDevice.get(device);
    const point =
      pointOfDevice.get(device) ?? (measurement === undefined ? undefined : targetOf(measurement, 'refPoint'));
    return toRow(device, city.Device.get(device), measurement, point ? city.ConsumptionPoint.get(point) : undefined);
  });
  const collator = new Intl.Collator('en', { numeric: true });
  return rows.sort((left, right) => collator.compare(left.name, right.name));
}

/** Devices of heat, water and gas: by what they measure, and before they have spoken by what they are there to measure. */
function otherMedia(city: City): ReadonlySet<string> {
  const devices = new Set<string>();
  for (const type of MEDIA_TYPES)
    for (const measurement of city[type].values()) devices.add(targetOf(measurement, 'refDevice') ?? '');
  for (const [id, device] of city.Device)
    if ((textOf(device, 'controlledProperty') ?? ELECTRICITY) !== ELECTRICITY) devices.add(id);
  return devices;
}

export function sitesOf(city: City): readonly SiteInfo[] {
  return [...city.Site.values()]
    .map((site) => ({
      id: localId(site.id),
      urn: site.id,
      name: textOf(site, 'name') ?? localId(site.id),
      timeZone: zoneOf(site),
    }))
    .sort((left, right) => left.name.localeCompare(right.name));
}

/** A zone that no browser knows would break every date of the page; UTC is at least true. */
export function zoneOf(site: Entity): string {
  const zone = textOf(site, 'timeZone');
  return zone !== undefined && isKnownZone(zone) ? zone : 'UTC';
}

function toRow(
  deviceUrn: string,
  device: Entity | undefined,
  measurement: Entity | undefined,
  point: Entity | undefined,
): MeterRow {
  const read = (name: NumericAttribute): number | undefined =>
    measurement === undefined ? undefined : numberOf(measurement, name);
  return {
    id: localId(deviceUrn),
    name: (point && textOf(point, 'name')) ?? (device && textOf(device, 'name')) ?? localId(deviceUrn),
    serialNumber: device && textOf(device, 'serialNumber'),
    siteUrn: point && targetOf(point, 'refSite'),
    isUpstream: device !== undefined && textOf(device, 'deviceCategory') === 'substation',
    powerW: read('totalActivePower'),
    phases: PHASES.map((name) => ({ name, voltageV: read(`voltage${name}`), powerW: read(`activePower${name}`) })),
    importKwh: read('totalActiveEnergyImport'),
    exportKwh: read('totalActiveEnergyExport'),
    heardAtMs: measurement && heardAtOf(measurement),
    intervalSeconds: (device && numberOf(device, 'reportingIntervalSeconds')) ?? DEFAULT_INTERVAL_SECONDS,
  };
}

function isOlder(entity: Entity, held: Entity): boolean {
  const heardAt = heardAtOf(entity);
  const heldAt = heardAtOf(held);
  return heardAt !== undefined && heldAt !== undefined && heardAt < heldAt;
}
