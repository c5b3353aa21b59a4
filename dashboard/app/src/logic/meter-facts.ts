/** Who the meter is and where it hangs: the device, its model, its installation and its place, as one list. */
import { type City, zoneOf } from './city.js';
import { type Entity, localId, numberOf, targetOf, textOf, timeOf } from './ngsi.js';

export interface MeterFacts {
  readonly serial: string | undefined;
  readonly device: string;
  readonly model: string | undefined;
  readonly protocol: string | undefined;
  readonly intervalSeconds: number | undefined;
  readonly point: string | undefined;
  readonly siteId: string | undefined;
  readonly siteName: string | undefined;
  readonly timeZone: string | undefined;
  readonly installedAtMs: number | undefined;
  readonly registerDigits: number | undefined;
  readonly openingRegisterKwh: number | undefined;
}

export function meterFacts(city: City, deviceId: string): MeterFacts {
  const urn = `urn:ngsi-ld:Device:${deviceId}`;
  const device = city.Device.get(urn);
  const installation = [...city.MeterInstallation.values()].find(
    (candidate) => targetOf(candidate, 'refDevice') === urn && textOf(candidate, 'validTo') === undefined,
  );
  const point = lookedUp(city.ConsumptionPoint, installation && targetOf(installation, 'refPoint'));
  const site = lookedUp(city.Site, point && targetOf(point, 'refSite'));
  const modelUrn = device && targetOf(device, 'refDeviceModel');
  const model = lookedUp(city.DeviceModel, modelUrn);
  return {
    serial: device && textOf(device, 'serialNumber'),
    device: deviceId,
    model: (model && textOf(model, 'name')) ?? (modelUrn && localId(modelUrn)),
    protocol: device && textOf(device, 'protocol'),
    intervalSeconds: device && numberOf(device, 'reportingIntervalSeconds'),
    point: point && (textOf(point, 'name') ?? localId(point.id)),
    siteId: site && localId(site.id),
    siteName: site && (textOf(site, 'name') ?? localId(site.id)),
    timeZone: site && zoneOf(site),
    installedAtMs: installation && timeOf(installation, 'validFrom'),
    registerDigits: installation && numberOf(installation, 'registerDigits'),
    openingRegisterKwh: installation && numberOf(installation, 'openingRegister'),
  };
}

function lookedUp(entities: ReadonlyMap<string, Entity>, urn: string | undefined): Entity | undefined {
  return urn === undefined ? undefined : entities.get(urn);
}
