/**
 * The Reader of wired meters: opens the gateway of a device, has one conversation and brings its telegrams as they came. Which meter of
 * the bus is meant stands in `endpoint`: `primary:3`, or `secondary:12345678`; without it the meter is called by its serial number.
 */

import type { Device, Reader, ReadFailure, ReadFault, ReadResult, ReadTask } from '@contor/agent-kit';
import type { Clock, Net, ProtocolError } from '@contor/kit';
import { clockOf } from './mapping/meter-clock.js';
import type { AskOptions } from './session/conversation.js';
import { type ReadOutcome, readMeter } from './session/read.js';
import { ANY, type Target } from './session/select.js';
import { CHANNELS } from './translator.js';
import { openBus } from './transport/bus.js';

export interface WiredReaderOptions {
  readonly net: Net;
  readonly clock: Clock;
  readonly latencyMs?: number | undefined;
}

const ADDRESS = /^(?:primary:(\d{1,3})|secondary:([0-9a-f]{8}))$/i;
const DIGITS = /([0-9a-f]{8})$/i;
const HOST_AND_PORT = /^(.+):(\d{1,5})$/;
const LARGEST_PRIMARY = 250;
/** The kit asks again by itself; two tries here carry a lost character. */
const TRIES = 2;

export function wiredReader(options: WiredReaderOptions): Reader {
  return { read: (device, task, signal, tell) => read(device, task, signal, tell, options) };
}

async function read(
  device: Device,
  task: ReadTask,
  signal: AbortSignal,
  tell: (step: string) => void,
  { net, clock, latencyMs }: WiredReaderOptions,
): Promise<ReadResult> {
  const target = targetOf(device);
  const gateway = gatewayOf(device);
  if (task.kind !== 'live' && task.kind !== 'clock')
    return failed('unsupported', 'mbus.task', `M-Bus has no ${task.kind} to read.`);
  if (target === undefined) return failed('unsupported', 'mbus.endpoint', 'The device says no M-Bus address.');
  if (gateway === undefined) return failed('unsupported', 'mbus.connection', 'The device says no gateway (host:port).');
  const bus = await openBus({ net, clock, ...gateway, latencyMs });
  tell('connected');
  try {
    const options: AskOptions = { tries: TRIES };
    const outcome = await bus.carry(readMeter(target, options), { signal });
    return { ...resultOf(outcome, device), bytesIn: bus.bytesIn, bytesOut: bus.bytesOut };
  } finally {
    await bus.close();
  }
}

export function gatewayOf({
  connection,
}: Pick<Device, 'connection'>): { readonly host: string; readonly port: number } | undefined {
  const [, host, port] = HOST_AND_PORT.exec(connection?.address ?? '') ?? [];
  return host === undefined ? undefined : { host, port: Number(port) };
}

export function targetOf({
  endpoint,
  serialNumber,
  deviceId,
}: Pick<Device, 'endpoint' | 'serialNumber' | 'deviceId'>): Target | undefined {
  const [, primary, secondary] = ADDRESS.exec(endpoint ?? '') ?? [];
  if (primary !== undefined)
    return Number(primary) <= LARGEST_PRIMARY ? { kind: 'primary', address: Number(primary) } : undefined;
  const id = secondary ?? DIGITS.exec(serialNumber ?? '')?.[1] ?? DIGITS.exec(deviceId)?.[1];
  return id === undefined ? undefined : { kind: 'secondary', selection: { ...ANY, id: id.toLowerCase() } };
}

function resultOf({ telegrams, error }: ReadOutcome, device: Device): ReadResult {
  if (error !== undefined) return failureOf(error);
  for (const { telegram } of telegrams) {
    const meter = telegram?.body.kind === 'variable' ? telegram.body.header?.meter : undefined;
    const expected = DIGITS.exec(device.serialNumber ?? '')?.[1]?.toLowerCase();
    if (meter !== undefined && expected !== undefined && meter.id !== expected)
      return failed('identity', 'mbus.other-meter', 'Another meter answers at this address.');
  }
  const bytes = new Uint8Array(Buffer.concat(telegrams.map((one) => one.bytes)));
  const records = telegrams.flatMap(({ telegram }) =>
    telegram?.body.kind === 'variable' ? telegram.body.data.records : [],
  );
  const deviceTimeMs = clockOf(records, device.timeZone);
  return { kind: 'value', frames: [{ channel: CHANNELS.wired, lane: 'live', bytes }], deviceTimeMs, ...NOTHING_YET };
}

const NOTHING_YET = { bytesIn: 0, bytesOut: 0, steps: [] } as const;

const FAULTS: Readonly<Record<string, ReadFault>> = {
  'mbus.silence': 'no-answer',
  'mbus.damaged': 'garbled',
  'mbus.application-error': 'busy',
};

function failureOf({ code, message }: ProtocolError): ReadFailure {
  return failed(FAULTS[code] ?? 'protocol', code, message);
}

function failed(fault: ReadFault, code: string, detail: string): ReadFailure {
  return { kind: 'failed', fault, code, detail, ...NOTHING_YET };
}
