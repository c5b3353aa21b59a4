/** What a decision costs, and an index of 100,000 meters: bytes an entity, CPU time of its answers and of a change. */

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import {
  createScopeIndex,
  decide,
  FUNCTION_NAMES,
  findRoute,
  type Scope,
  type ScopeIndex,
  type Subject,
  type TiedEntity,
} from '@contor/policy';

export interface PolicyFigures {
  readonly bench: 'policy';
  readonly entities: number;
  readonly bytesPerEntity: number;
  readonly bytesPerEntityWithIdentifiers: number;
  readonly applyUs: number;
  /** The same state again, as most notifications are. */
  readonly applySameUs: number;
  readonly decisionUs: number;
  /** Route, decision and visibility of one entity, as a request asks for them. */
  readonly requestUs: number;
  readonly visibleFirstUs: number;
  readonly visibleAgainUs: number;
  /** The first list of a site: the longest piece of its preparation, all of them, and the list then. */
  readonly sitePieceMs: number;
  readonly sitePrepareMs: number;
  readonly siteListMs: number;
  readonly siteListAgainMs: number;
  /** All types, after an alert has come. */
  readonly siteListChangedMs: number;
  readonly alertUs: number;
}

const METERS = 100_000;
const SITES = 10;
const ROUNDS = 200_000;
/** Entities somebody has on the screen, or a broker's page. */
const PAGE = 1_000;
const NOW = Date.UTC(2026, 5, 1);

const siteOf = (at: number) => `urn:ngsi-ld:Site:site-${at % SITES}`;
const tie = (object: string, validFrom?: string) => ({
  type: 'Relationship',
  object,
  ...(validFrom !== undefined && { validFrom: { type: 'Property', value: validFrom } }),
});

/** A point with its customer, a meter, its installation, its live values and its series: all with dates of their own. */
function* town(): Generator<TiedEntity> {
  for (let at = 0; at < SITES; at += 1) yield { id: siteOf(at), type: 'Site' };
  for (let at = 0; at < METERS; at += 1) {
    const name = String(at).padStart(7, '0');
    const [point, device] = [`urn:ngsi-ld:ConsumptionPoint:p-${name}`, `urn:ngsi-ld:Device:e350-${name}`];
    const since = new Date(Date.UTC(2020, 0, 1) + at * 60_000).toISOString();
    yield { id: point, type: 'ConsumptionPoint', refSite: tie(siteOf(at), since) };
    yield { id: device, type: 'Device', refDeviceModel: tie('urn:ngsi-ld:DeviceModel:e350') };
    const installation = { refDevice: tie(device), refPoint: tie(point), validFrom: { value: since } };
    yield { id: `urn:ngsi-ld:MeterInstallation:p-${name}-1`, type: 'MeterInstallation', ...installation };
    yield { id: `urn:ngsi-ld:ACMeasurement:e350-${name}`, type: 'ACMeasurement', refDevice: tie(device) };
  }
}

export async function benchPolicy(): Promise<PolicyFigures> {
  const entities = [...town()];
  const before = bytesInUse();
  const index = createScopeIndex();
  const applyUs = cpuUs(entities.length, (at) => index.apply(entities[at] as TiedEntity));
  const bytes = bytesInUse() - before;
  // Identifiers are the feed's strings as well while it holds them; without it they are the index's alone.
  const identifiers = entities.reduce((sum, { id }) => sum + 16 + 8 * Math.ceil(id.length / 8), 0);

  const site: Scope = { kind: 'grants', grants: [{ to: siteOf(0) }] };
  const subject: Subject = {
    ...{ id: 's-1', kind: 'person', username: 'ana', tenant: 'default' },
    functions: new Set(FUNCTION_NAMES),
    scope: site,
  };
  const meters = entities.filter(({ type }) => type === 'ACMeasurement').map(({ id }) => id);
  const own = meters.filter((_id, at) => at % SITES === 0);
  const page = own.slice(0, PAGE);
  const idAt = (list: readonly string[], at: number) => list[(at * 7919) % list.length] ?? '';
  const path = '/api/quantumleap/v2/entities/urn:ngsi-ld:ACMeasurement:e350-0000007/attrs/totalActivePower';

  const visibleFirstUs = cpuUs(own.length, (at) => index.isVisible(site, own[at] ?? '', NOW));
  const pieces = [...piecesOf(index, { kind: 'grants', grants: [{ to: siteOf(1) }] })];
  const siteListMs = cpuUs(1, () => index.idsOf({ kind: 'grants', grants: [{ to: siteOf(1) }] }, [], NOW)) / 1_000;
  index.idsOf(site, [], NOW);
  return {
    bench: 'policy',
    entities: entities.length,
    bytesPerEntity: Math.round(bytes / entities.length),
    bytesPerEntityWithIdentifiers: Math.round((bytes + identifiers) / entities.length),
    applyUs,
    applySameUs: cpuUs(entities.length, (at) => index.apply(entities[at] as TiedEntity)),
    decisionUs: cpuUs(ROUNDS, () => decide(subject, findRoute('GET', path))),
    requestUs: cpuUs(ROUNDS, (at) => {
      if (decide(subject, findRoute('GET', path)).kind === 'allow') index.isVisible(site, idAt(meters, at), NOW);
    }),
    visibleFirstUs,
    visibleAgainUs: cpuUs(ROUNDS, (at) => index.isVisible(site, idAt(page, at), NOW)),
    sitePieceMs: Math.max(...pieces),
    sitePrepareMs: Math.round(pieces.reduce((sum, piece) => sum + piece, 0)),
    siteListMs,
    siteListAgainMs: cpuUs(20, () => index.idsOf(site, [], NOW)) / 1_000,
    siteListChangedMs:
      cpuUs(20, (at) => {
        changeOne(index, at, idAt(own, at));
        index.idsOf(site, [], NOW);
      }) / 1_000,
    alertUs: cpuUs(10_000, (at) => changeOne(index, at, idAt(meters, at))),
  };
}

function* piecesOf(index: ScopeIndex, scope: Scope): Generator<number> {
  const work = index.prepare(scope, []);
  for (let isDone = false; !isDone; ) {
    const step = () => {
      isDone = work.next().done === true;
    };
    yield cpuUs(1, step) / 1_000;
  }
}

/** An alert comes, while a scope is remembered. */
function changeOne(index: ScopeIndex, at: number, meter: string): void {
  const refDevice = tie(meter.replace('ACMeasurement', 'Device'));
  index.apply({
    id: `urn:ngsi-ld:Alert:${at}`,
    type: 'Alert',
    refDevice,
    dateObserved: { value: '2026-05-01T00:00:00Z' },
  });
}

function cpuUs(rounds: number, run: (at: number) => void): number {
  const begin = process.cpuUsage();
  for (let at = 0; at < rounds; at += 1) run(at);
  const { user, system } = process.cpuUsage(begin);
  return Math.round(((user + system) / rounds) * 1_000) / 1_000;
}

function bytesInUse(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let round = 0; round < 3; round += 1) collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
