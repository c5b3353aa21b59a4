/**
 * The reader of DLMS meters for the acquisition of the kit: a conversation for a task. What is read goes into the log as it was said
 * (records.ts); nothing is believed of a meter that is not the one that was provisioned.
 */

import type { BroughtFrame, Device, Reader, ReadFailure, ReadFault, ReadResult, ReadTask } from '@contor/agent-kit';
import { type Clock, ConfigError, offsetAt, ProtocolError, WireError } from '@contor/kit';
import { type DlmsModel, deviceModel } from '../mapping/models.js';
import { CLOCK, instantOf } from '../mapping/readings.js';
import { encodeObjects, encodeProfile, type ReadObject } from '../mapping/records.js';
import { valueAttributeOf } from '../mapping/registers.js';
import type { Dialled } from './dial.js';
import {
  type ProfileShape,
  readClock,
  readObjects,
  readProfileShape,
  readRows,
  setClock,
  type WantedAttribute,
} from './meter.js';

export interface ReaderOptions {
  readonly clock: Clock;
  /** Opens the conversation; rejects as `dial` does. */
  readonly dial: (device: Device, signal: AbortSignal) => Promise<Dialled>;
}

interface Brought {
  readonly frames: readonly BroughtFrame[];
  readonly deviceTimeMs?: number;
  readonly askedMs?: number;
  readonly answeredMs?: number;
}

interface Work {
  readonly dialled: Dialled;
  readonly device: Device;
  readonly model: DlmsModel;
  readonly tell: (step: string) => void;
}

const SERIAL: WantedAttribute = { classId: 1, obis: '0-0:96.1.0', attribute: 2 };
const REGISTER_CLASSES: readonly number[] = [3, 4];
const SCALER_ATTRIBUTE = 3;
/** A week of quarter hours with four channels is some 50 kB; a frame of the log holds that easily. */
const STRETCH_MS = 7 * 86_400_000;
/** Scalers and columns of so many meters are kept in memory; some 2 kB each. */
const MOST_KNOWN = 20_000;
const NO_FRAMES = { bytesIn: 0, bytesOut: 0, steps: [] };

/** What of a meter's faults the schedule has to know; everything else is the meter at the wrong moment. */
const FAULTS: Readonly<Record<string, ReadFault>> = {
  'hdlc.silence': 'no-answer',
  'dlms.silence': 'no-answer',
  'dlms.aborted': 'timeout',
  'dlms.rejected': 'authentication',
  'dlms.authentication': 'authentication',
  'dlms.downgrade': 'authentication',
  'dlms.no-key': 'authentication',
  'security.no-key': 'authentication',
  'security.tag': 'authentication',
  'security.title': 'identity',
  'dlms.serial': 'identity',
  'dlms.profile': 'unsupported',
  'dlms.unsupported': 'unsupported',
};

export function dlmsReader({ clock, dial }: ReaderOptions): Reader {
  const scalers = new Map<string, readonly ReadObject[]>();
  const shapes = new Map<string, ProfileShape>();

  async function read(
    device: Device,
    task: ReadTask,
    signal: AbortSignal,
    tell: (step: string) => void,
  ): Promise<ReadResult> {
    signal.throwIfAborted();
    const model = deviceModel(device.model);
    if (model === undefined) return failed('unsupported', 'device.model', `There is no model ${device.model}.`);
    let dialled: Dialled | undefined;
    try {
      dialled = await dial(device, signal);
      tell('associated');
      await checkSerial(dialled, device);
      const brought = await work({ dialled, device, model, tell }, task);
      return { kind: 'value', ...brought, ...dialled.conversation.figures, steps: [] };
    } catch (error) {
      return failureOf(error, dialled);
    } finally {
      await dialled?.conversation.close();
      await dialled?.settle();
    }
  }

  async function work({ dialled, device, model, tell }: Work, task: ReadTask): Promise<Brought> {
    switch (task.kind) {
      case 'live':
        return readLive(dialled, device, model.live, tell);
      case 'values':
        return readLive(dialled, device, objectsNamed(model, task.objectIds), tell);
      case 'profile': {
        const source = model.profiles.find(({ name }) => name === task.profile);
        if (source === undefined) throw new ProtocolError('dlms.unsupported', 'The model has no such profile.', {});
        return readStretches({ dialled, device, model, tell }, source.obis, 'profile', task.fromMs, task.toMs);
      }
      case 'events':
        if (model.events === undefined) throw new ProtocolError('dlms.unsupported', 'The model keeps no events.', {});
        return readStretches({ dialled, device, model, tell }, model.events.obis, 'events', task.fromMs, task.toMs);
      case 'clock':
        return { frames: [], ...(await timed(dialled, device)) };
      case 'setClock': {
        const { deviceTimeMs, answeredMs } = await timed(dialled, device);
        await setClock(dialled, deviceTimeMs + (clock.nowMs() - answeredMs) + task.byMs);
        tell('clock set');
        return { frames: [], ...(await timed(dialled, device)) };
      }
    }
  }

  async function readLive(
    dialled: Dialled,
    device: Device,
    objects: readonly { readonly classId: number; readonly obis: string }[],
    tell: (step: string) => void,
  ): Promise<Brought> {
    const { stamp, ...times } = await timed(dialled, device);
    const wanted = objects.map(
      (object): WantedAttribute => ({ ...object, attribute: valueAttributeOf(object.classId) }),
    );
    const values = await readObjects(dialled, wanted);
    const units = await scalersOf(dialled, device, values);
    tell('values read');
    const time: ReadObject = { classId: 8, obis: CLOCK, attribute: 2, value: { type: 'octet-string', value: stamp } };
    const bytes = encodeObjects(stamp, [time, ...values, ...units]);
    return { frames: [{ channel: 'live', lane: 'live', bytes }], ...times };
  }

  /** The scaler and unit of a register do not change while the meter runs: read once, said with every value. */
  async function scalersOf(
    dialled: Dialled,
    device: Device,
    values: readonly ReadObject[],
  ): Promise<readonly ReadObject[]> {
    const key = `${device.apiKey}/${device.deviceId}`;
    const known = scalers.get(key) ?? [];
    const missing = values.filter(
      ({ classId, obis }) => REGISTER_CLASSES.includes(classId) && !known.some((row) => row.obis === obis),
    );
    const fresh = await readObjects(
      dialled,
      missing.map(({ classId, obis }) => ({ classId, obis, attribute: SCALER_ATTRIBUTE })),
    );
    const all = [...known, ...fresh];
    remember(scalers, key, all);
    return all.filter(({ obis }) => values.some((value) => value.obis === obis));
  }

  async function readStretches(
    { dialled, device, tell }: Work,
    obis: string,
    channel: 'profile' | 'events',
    fromMs: number,
    toMs: number,
  ): Promise<Brought> {
    const { stamp: _, ...times } = await timed(dialled, device);
    const key = `${device.apiKey}/${device.deviceId} ${obis}`;
    const shape = shapes.get(key) ?? (await readProfileShape(dialled, obis));
    remember(shapes, key, shape);
    const frames: BroughtFrame[] = [];
    for (let atMs = fromMs; atMs < toMs; atMs += STRETCH_MS) {
      // The register at the end of the last interval closes it, so the end is read too.
      const rows = await readRows(dialled, shape, atMs, Math.min(toMs, atMs + STRETCH_MS));
      tell(`${rows.length} rows of ${channel}`);
      if (rows.length > 0) frames.push({ channel, lane: 'late', bytes: encodeProfile({ ...shape, rows }) });
    }
    return { frames, ...times };
  }

  async function timed(dialled: Dialled, device: Device) {
    const askedMs = clock.nowMs();
    const stamp = await readClock(dialled);
    const answeredMs = clock.nowMs();
    const deviceTimeMs = instantOf(stamp, (localMs) => offsetAt(localMs, device.timeZone));
    if (deviceTimeMs === undefined)
      throw new ProtocolError('dlms.clock', 'The clock of the meter names no instant.', {});
    return { stamp, askedMs, answeredMs, deviceTimeMs };
  }

  return { read };
}

async function checkSerial(dialled: Dialled, { serialNumber }: Device): Promise<void> {
  if (serialNumber === undefined) return;
  const [serial] = await readObjects(dialled, [SERIAL]);
  const value = serial?.value.value;
  const said = value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value;
  // A meter that does not say its number is known by its title and keys alone.
  if (typeof said === 'string' && said.trim() !== serialNumber)
    throw new ProtocolError('dlms.serial', 'Another meter answers there.', {});
}

function objectsNamed(model: DlmsModel, objectIds: readonly string[]) {
  return objectIds.map((obis) => model.live.find((object) => object.obis === obis) ?? { classId: 3, obis });
}

function failureOf(error: unknown, dialled: Dialled | undefined): ReadFailure {
  const figures = dialled?.conversation.figures ?? NO_FRAMES;
  if (error instanceof WireError) return { ...failed('garbled', error.code, error.message), ...figures };
  if (error instanceof ProtocolError || error instanceof ConfigError)
    return { ...failed(faultOf(error), error.code, error.message), ...figures };
  throw error;
}

function faultOf({ code, cause }: ProtocolError | ConfigError): ReadFault {
  return FAULTS[code] ?? (cause instanceof WireError && !code.startsWith('security.') ? 'garbled' : 'protocol');
}

function failed(fault: ReadFault, code: string, detail: string): ReadFailure {
  return { kind: 'failed', fault, code, detail, ...NO_FRAMES };
}

function remember<T>(map: Map<string, T>, key: string, value: T): void {
  const [oldest] = map.keys();
  if (map.size >= MOST_KNOWN && !map.has(key) && oldest !== undefined) map.delete(oldest);
  map.set(key, value);
}
