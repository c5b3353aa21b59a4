/**
 * Makes the broker forward command attributes to us: one exclusive registration a device, `updateOps` only (GS CIM 009 V1.9.1, 4.3.6.3,
 * 4.20), so that a command can be written and nothing be read or created through it. Compared at start and now and then.
 */

import { type BrokerClient, createBrokerClient } from '@contor/history-query';
import { type Clock, type Logger, type RetrySchedule, type Timer, TransportError } from '@contor/kit';
import { contextLink } from '@contor/orion-config';
import { clientsOf, type PeerOptions } from '../peers/clients.js';
import type { Device } from '../registry/device.js';
import type { EntityName } from './teller.js';

export interface RegistrarOptions {
  readonly broker: PeerOptions;
  /** Local part of the registrations' names, e.g. `agent-json`. */
  readonly agent: string;
  /** As the broker reaches our door. */
  readonly endpoint: string;
  readonly devices: () => readonly CommandedDevice[];
  readonly clock: Clock;
  readonly retry: RetrySchedule;
  readonly log: Logger;
}

export interface CommandedDevice {
  readonly device: Device;
  /** Whose attributes the commands are; the Device of the meter when not said. */
  readonly entity?: EntityName;
  readonly commands: readonly string[];
}

export interface Registrar {
  /** Devices the broker is known to forward for. */
  readonly registered: number;
  /** The devices may have changed: they are compared again soon. */
  nudge(): void;
  stop(): Promise<void>;
}

interface Registration {
  readonly id: string;
  readonly [member: string]: unknown;
}

const PATH = '/ngsi-ld/v1/csourceRegistrations';
const PAGE = 1_000;
/** A broker that was set back to a backup has forgotten us. */
const AGAIN_MS = 10 * 60_000;
/** Devices come in batches: one look for many. */
const NUDGED_MS = 2_000;

export function startRegistrar(options: RegistrarOptions): Registrar {
  const { clock, log, retry } = options;
  const clients = clientsOf(createBrokerClient, { ...options.broker, context: 'installed' });
  let registered = 0;
  let attempt = 0;
  let timer: Timer | undefined;
  let isStopped = false;
  let isNudged = false;
  let isRunning = false;
  let running: Promise<void> | undefined;
  /** Types of the entities that had commands in this life: the last device of a type has to be taken away, too. */
  const tenants = new Map<string, Set<string>>();

  const round = async (): Promise<void> => {
    isNudged = false;
    isRunning = true;
    try {
      const devices = options.devices();
      let count = 0;
      for (const one of devices) {
        const types = tenants.get(one.device.tenant) ?? new Set<string>();
        tenants.set(one.device.tenant, types.add(entityOf(one).type));
      }
      for (const [tenant, types] of tenants) {
        const own = devices.filter(({ device }) => device.tenant === tenant);
        count += await register(clients.of(tenant), own, types, options, () => isStopped);
      }
      registered = count;
      attempt = 0;
      plan(isNudged ? NUDGED_MS : AGAIN_MS);
    } catch (error) {
      attempt += 1;
      if (attempt === 1) log.warn({ error }, 'The broker does not forward commands yet; registering is tried again.');
      plan(retry.delayMs(attempt));
    } finally {
      isRunning = false;
    }
  };
  const plan = (delayMs: number): void => {
    if (isStopped) return;
    timer?.cancel();
    timer = clock.after(delayMs, () => {
      running = round();
    });
  };

  running = round();
  return {
    get registered() {
      return registered;
    },
    nudge() {
      if (!isNudged && !isRunning) plan(NUDGED_MS);
      isNudged = true;
    },
    async stop() {
      isStopped = true;
      timer?.cancel();
      await running;
      clients.close();
    },
  };
}

async function register(
  broker: BrokerClient,
  devices: readonly CommandedDevice[],
  types: ReadonlySet<string>,
  options: RegistrarOptions,
  isStopped: () => boolean,
): Promise<number> {
  const contextUrl = await broker.contextUrl();
  const headers: Record<string, string> = contextUrl === undefined ? {} : { Link: contextLink(contextUrl) };
  const present = new Map<string, Registration>();
  for (const type of types) for (const one of await registrationsAt(broker, headers, type)) present.set(one.id, one);
  const gone = new Set(present.keys());
  let count = 0;
  for (const one of devices) {
    if (isStopped()) return count;
    const wanted = registrationOf(one, options, contextUrl);
    const before = present.get(wanted.id);
    gone.delete(wanted.id);
    if (before !== undefined && isSame(before, wanted)) {
      count += 1;
      continue;
    }
    const { id, type: _type, ...fragment } = wanted;
    const answer =
      before === undefined
        ? await broker.request({ method: 'POST', path: PATH, body: wanted, headers })
        : await broker.request({ method: 'PATCH', path: `${PATH}/${encodeURIComponent(id)}`, body: fragment, headers });
    if (answer.status >= 500)
      throw new TransportError('registration.refused', 'The broker could not register a device.', {
        status: answer.status,
      });
    if (answer.status >= 300)
      options.log.error(
        { device: one.device.refDevice, status: answer.status, answer: answer.body },
        'The broker does not let us register the commands of a device.',
      );
    else count += 1;
  }
  // Of devices that are no more: ours by name and by address, for another agent of this kind may have its own devices here.
  for (const id of gone)
    if (id.startsWith(idOf(options.agent, '')) && present.get(id)?.endpoint === options.endpoint)
      await broker.request({ method: 'DELETE', path: `${PATH}/${encodeURIComponent(id)}`, headers });
  return count;
}

async function registrationsAt(
  broker: BrokerClient,
  headers: Readonly<Record<string, string>>,
  type: string,
): Promise<readonly Registration[]> {
  const all: Registration[] = [];
  for (let offset = 0; ; offset += PAGE) {
    const path = `${PATH}?type=${encodeURIComponent(type)}&limit=${PAGE}&offset=${offset}`;
    const { status, body } = await broker.request({ method: 'GET', path, headers });
    if (status !== 200 || !Array.isArray(body))
      throw new TransportError('registration.list', 'The broker does not list its registrations.', { status });
    all.push(...(body as readonly Registration[]));
    if (body.length < PAGE) return all;
  }
}

function registrationOf(
  one: CommandedDevice,
  { agent, endpoint, broker: { secret } }: RegistrarOptions,
  contextUrl: string | undefined,
): Registration {
  const info = [
    ...(contextUrl === undefined ? [] : [{ key: 'jsonldContext', value: contextUrl }]),
    ...(secret === undefined ? [] : [{ key: 'Authorization', value: `Bearer ${secret}` }]),
  ];
  return {
    id: idOf(agent, localNameOf(one)),
    type: 'ContextSourceRegistration',
    mode: 'exclusive',
    operations: ['updateOps'],
    information: [{ entities: [entityOf(one)], propertyNames: one.commands }],
    endpoint,
    ...(info.length === 0 ? {} : { contextSourceInfo: info }),
  };
}

function entityOf({ device, entity }: CommandedDevice): EntityName {
  return entity ?? { id: device.refDevice, type: 'Device' };
}

/** Several devices may have their commands at one entity, and entities of two types the same name. */
function localNameOf({ device, entity }: CommandedDevice): string {
  if (entity === undefined) return device.name;
  return `${entity.id.replace(/^urn:ngsi-ld:/, '')}:${encodeURIComponent(device.deviceId)}`;
}

function isSame(before: Registration, wanted: Registration): boolean {
  return ['mode', 'operations', 'information', 'endpoint', 'contextSourceInfo'].every(
    (member) => JSON.stringify(before[member]) === JSON.stringify(wanted[member]),
  );
}

function idOf(agent: string, name: string): string {
  return `urn:ngsi-ld:ContextSourceRegistration:${agent}:${name}`;
}
