/** Whether a meter's supply is on, as the meter itself has said it, and what hangs behind it. */
import { observedAtOf } from '@contor/orion-config';
import type { City } from './city.js';
import { type Entity, localId, numberOf, targetOf, textOf } from './ngsi.js';

export const BREAKER_STATES = ['connected', 'disconnected', 'ready'] as const;
export type Breaker = (typeof BREAKER_STATES)[number] | 'unknown';

export interface Supply {
  readonly breaker: Breaker;
  /** When the meter said so, not when we asked. */
  readonly saidAtMs: number | undefined;
  readonly limitW: number | undefined;
  /** Why it must not be switched off from afar, when that is recorded. */
  readonly protectedFor: string | undefined;
  readonly pointUrn: string | undefined;
  readonly pointName: string | undefined;
  readonly siteName: string | undefined;
}

export function supplyOf(city: City, deviceId: string): Supply {
  const urn = `urn:ngsi-ld:Device:${deviceId}`;
  const device = city.Device.get(urn);
  const installation = [...city.MeterInstallation.values()].find(
    (candidate) => targetOf(candidate, 'refDevice') === urn && textOf(candidate, 'validTo') === undefined,
  );
  const pointUrn = installation && targetOf(installation, 'refPoint');
  const point = pointUrn === undefined ? undefined : city.ConsumptionPoint.get(pointUrn);
  const siteUrn = point && targetOf(point, 'refSite');
  const site = siteUrn === undefined ? undefined : city.Site.get(siteUrn);
  const measurement = [...city.ACMeasurement.values()].find(
    (candidate) => (targetOf(candidate, 'refDevice') ?? `urn:ngsi-ld:Device:${localId(candidate.id)}`) === urn,
  );
  return {
    breaker: breakerOf(measurement),
    saidAtMs: measurement && observedAtOf(measurement, 'breakerState'),
    limitW: measurement && numberOf(measurement, 'activePowerLimit'),
    protectedFor: protectionOf(device) ?? protectionOf(point),
    pointUrn,
    pointName: point && (textOf(point, 'name') ?? localId(point.id)),
    siteName: site && (textOf(site, 'name') ?? localId(site.id)),
  };
}

/** Who would be without electricity: customers that name the point, and the one whom the point names. */
export function customersAt(point: Entity | undefined, customers: readonly Entity[]): number {
  const named = point && targetOf(point, 'refCustomer');
  return new Set([...customers.map(({ id }) => id), ...(named === undefined ? [] : [named])]).size;
}

function breakerOf(measurement: Entity | undefined): Breaker {
  const said = measurement && textOf(measurement, 'breakerState');
  return BREAKER_STATES.find((state) => state === said) ?? 'unknown';
}

function protectionOf(entity: Entity | undefined): string | undefined {
  if (entity === undefined) return undefined;
  const flag = entity.isProtected as { readonly value?: unknown } | undefined;
  return flag?.value === true ? (textOf(entity, 'protectionReason') ?? '') : undefined;
}
