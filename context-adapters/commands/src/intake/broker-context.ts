/** The broker as the command service sees it: what is asked, what a meter shows, and the one write that may reach a meter. */

import { type BrokerClient, RequestError } from '@contor/history-query';
import {
  type AnyEntity,
  contextLink,
  type NgsiEntity,
  numberOf,
  observedAtOf,
  targetOf,
  textOf,
  timeOf,
  urn,
} from '@contor/orion-config';
import type { Shown } from '../core/outcome.js';
import type { Asked, CommandContext, DeviceFacts, Sending, TellingEntity } from '../core/ports.js';

/** Ids in one query: some sixty characters each, and a request line of 16 KiB. */
const IDS_A_QUERY = 100;
/** What only the gateway or a restart left open; settled ones are many and over. */
const OPEN = '(!status|status=="requested"|status=="approved"|status=="waiting"|status=="sending")';
/** GS CIM 009, 6.3.17: with these the broker says that nothing was done, or passes on that the agent says so. */
const NOTHING_DONE: readonly number[] = [400, 404, 405, 409, 413, 422];

export function brokerContext(broker: BrokerClient, tenant: string, nowMs: () => number): CommandContext {
  const controlId = urn('CommandControl', tenant);
  return {
    async pending() {
      const entities = await broker.query({ type: 'CommandRequest', q: OPEN, attrs: ['statement', 'status'] });
      return entities.map(telling);
    },
    async request(id) {
      const entity = await broker.get(id);
      return entity && telling(entity);
    },
    async control() {
      const entity = await broker.get(controlId);
      return entity === undefined ? [] : statementsOf(entity);
    },
    devices: (ids) => devicesOf(broker, ids, nowMs()),
    async meters() {
      const { headers } = await broker.entities.queryEntities({ type: 'Device', limit: 1, count: true });
      return Number(headers['ngsild-results-count'] ?? 0);
    },
    shown: (asked) => shownBy(broker, asked),
    send: (device, command, order) => send(broker, device, command, order),
    async tell(entities) {
      const { failed } = await broker.upsert(entities);
      const [first] = failed;
      if (first !== undefined) throw new Error(`the broker refused ${first.entityId}: ${JSON.stringify(first.error)}`);
    },
    async forget(ids) {
      for (const some of chunks(ids)) {
        const path = '/ngsi-ld/v1/entityOperations/delete';
        const { status } = await broker.request({ method: 'POST', path, body: some });
        if (status >= 500) throw new Error(`the broker answered ${status} to a batch delete`);
      }
    },
  };
}

function telling(entity: NgsiEntity): TellingEntity {
  return { id: entity.id, statements: statementsOf(entity) };
}

/** One instance for each voice (datasetId, 4.5.5). */
export function statementsOf(entity: NgsiEntity): readonly string[] {
  const { statement } = entity;
  const instances = Array.isArray(statement) ? statement : [statement];
  return instances.flatMap((instance) => (typeof instance?.value === 'string' ? [instance.value] : []));
}

async function devicesOf(
  broker: BrokerClient,
  ids: readonly string[],
  nowMs: number,
): Promise<ReadonlyMap<string, DeviceFacts>> {
  const facts = new Map<string, DeviceFacts>();
  for (const some of chunks(ids)) {
    const devices = await broker.query({ type: 'Device', id: [...some] });
    const installations = await broker.query({ type: 'MeterInstallation', q: `refDevice==${quoted(some)}` });
    const inForce = installations.filter((one) => holdsAt(one, nowMs));
    const points = await pointsOf(broker, inForce);
    for (const device of devices) {
      const own = inForce.filter((one) => targetOf(one, 'refDevice') === device.id);
      const places = own.flatMap((one) => points.get(targetOf(one, 'refPoint') ?? '') ?? []);
      facts.set(device.id, {
        name: textOf(device, 'name'),
        serialNumber: textOf(device, 'serialNumber'),
        protection: [device, ...places].map(protectionOf).find((reason) => reason !== undefined),
      });
    }
  }
  return facts;
}

async function pointsOf(
  broker: BrokerClient,
  installations: readonly NgsiEntity[],
): Promise<ReadonlyMap<string, NgsiEntity>> {
  const ids = [...new Set(installations.flatMap((one) => targetOf(one, 'refPoint') ?? []))];
  const points = new Map<string, NgsiEntity>();
  for (const some of chunks(ids))
    for (const point of await broker.query({ type: 'ConsumptionPoint', id: [...some] })) points.set(point.id, point);
  return points;
}

function holdsAt(installation: AnyEntity, nowMs: number): boolean {
  const fromMs = timeOf(installation, 'validFrom') ?? Number.NEGATIVE_INFINITY;
  return fromMs <= nowMs && nowMs < (timeOf(installation, 'validTo') ?? Number.POSITIVE_INFINITY);
}

/** Anything but a plain `false` protects: a mistake in the list must not cost somebody the supply. */
function protectionOf(entity: NgsiEntity): string | undefined {
  const attribute: unknown = entity.isProtected;
  if (attribute === undefined || isFalse(attribute)) return undefined;
  return textOf(entity, 'protectionReason') ?? 'no reason is given';
}

function isFalse(attribute: unknown): boolean {
  return typeof attribute === 'object' && attribute !== null && 'value' in attribute && attribute.value === false;
}

async function shownBy(broker: BrokerClient, asked: readonly Asked[]): Promise<ReadonlyMap<string, Shown>> {
  const shown = new Map<string, Shown>();
  const ids = [...new Set(asked.map(({ device }) => device))];
  for (const some of chunks(ids)) {
    const devices = new Map((await broker.query({ type: 'Device', id: [...some] })).map((one) => [one.id, one]));
    const meters = await broker.query({ type: 'ACMeasurement,HeatMeasurement', q: `refDevice==${quoted(some)}` });
    const meterOf = new Map(meters.map((one) => [targetOf(one, 'refDevice'), one]));
    for (const one of asked) {
      if (!some.includes(one.device)) continue;
      const { breaker, limit } = stateOf(meterOf.get(one.device));
      shown.set(one.orderId, { answer: answerOf(devices.get(one.device), one), breaker, limit });
    }
  }
  return shown;
}

function stateOf(meter: NgsiEntity | undefined): Pick<Shown, 'breaker' | 'limit'> {
  if (meter === undefined) return { breaker: undefined, limit: undefined };
  const value = textOf(meter, 'breakerState');
  const observedMs = observedAtOf(meter, 'breakerState');
  const limit = numberOf(meter, 'activePowerLimit');
  const limitMs = observedAtOf(meter, 'activePowerLimit');
  return {
    breaker: value === undefined || observedMs === undefined ? undefined : { value, observedMs },
    limit: limit === undefined || limitMs === undefined ? undefined : { value: limit, observedMs: limitMs },
  };
}

/** `<command>_status` counts when the order's id stands beside it. */
function answerOf(device: NgsiEntity | undefined, { command, orderId }: Asked): Shown['answer'] {
  const [state, info] = ['status', 'info'].map((word) => fieldsOf(device, `${command}_${word}`));
  if (typeof state?.value !== 'string' || plainOf(state.correlationId) !== orderId) return undefined;
  const text = plainOf(info?.correlationId) === orderId ? info?.value : undefined;
  return { state: state.value, text: typeof text === 'string' ? text : '' };
}

function fieldsOf(entity: NgsiEntity | undefined, name: string): Readonly<Record<string, unknown>> | undefined {
  const attribute: unknown = entity?.[name as keyof NgsiEntity];
  return typeof attribute === 'object' && attribute !== null ? (attribute as Record<string, unknown>) : undefined;
}

function plainOf(property: unknown): unknown {
  return typeof property === 'object' && property !== null && 'value' in property ? property.value : property;
}

async function send(broker: BrokerClient, device: string, command: string, order: string): Promise<Sending> {
  try {
    const contextUrl = await broker.contextUrl();
    const { status, body } = await broker.request({
      method: 'PATCH',
      path: `/ngsi-ld/v1/entities/${encodeURIComponent(device)}/attrs/${command}`,
      body: { type: 'Property', value: order },
      headers: contextUrl === undefined ? {} : { Link: contextLink(contextUrl) },
    });
    if (status === 204) return { kind: 'taken' };
    const reason = `${status} ${detailOf(body)}`.trim();
    return { kind: NOTHING_DONE.includes(status) ? 'refused' : 'unclear', reason };
  } catch (error) {
    return { kind: 'unclear', reason: error instanceof RequestError ? error.code : String(error) };
  }
}

function detailOf(body: unknown): string {
  const detail = typeof body === 'object' && body !== null && 'detail' in body ? body.detail : '';
  return typeof detail === 'string' ? detail.slice(0, 300) : '';
}

function quoted(ids: readonly string[]): string {
  return ids.map((id) => `"${id}"`).join(',');
}

function chunks(ids: readonly string[]): readonly (readonly string[])[] {
  return Array.from({ length: Math.ceil(ids.length / IDS_A_QUERY) }, (_, at) =>
    ids.slice(at * IDS_A_QUERY, (at + 1) * IDS_A_QUERY),
  );
}
