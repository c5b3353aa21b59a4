/**
 * From a value back to the bytes it was made of: the frame that arrived at the value's `recordedAt`, translated once more by the agent's
 * own codec and mapping, and explained. What is found proves itself: only a frame whose translation says this value is told.
 */

import type { Disk, ExplainedRow } from '@contor/kit';
import { attributeTimeMs, type Entity, type Translator } from '../forward/state.js';
import type { IngestRecord } from '../ingest/record.js';
import { type Device, keyOfDevice } from '../registry/device.js';
import { readDevices } from '../registry/on-disk.js';
import type { KnownDevices } from '../registry/registry.js';
import { findRawFrames, type RawFrame } from './find.js';

/** What an agent brings so that its values can be traced. */
export interface Traceable {
  readonly translator: (registry: KnownDevices) => Translator;
  readonly explain?: (record: IngestRecord, device: Device) => readonly ExplainedRow[];
}

export interface TraceQuestion {
  readonly entityId: string;
  readonly attribute: string;
  readonly observedMs: number;
  readonly recordedMs: number;
}

export interface Trace {
  readonly device: Device;
  readonly frame: RawFrame;
  /** The attribute as the translation of this frame has it. */
  readonly made: unknown;
  readonly rows: readonly ExplainedRow[];
}

/** Empty where the agent never had such a device, or the frame is no longer kept. */
export async function traceFrames(
  disk: Disk,
  dataFolder: string,
  agent: Traceable,
  question: TraceQuestion,
): Promise<readonly Trace[]> {
  const devices = await readDevices(disk, dataFolder);
  const translator = agent.translator(devices);
  const name = question.entityId.split(':').slice(3).join(':');
  const window = { fromMs: question.recordedMs, toMs: question.recordedMs + 1 };
  const traces: Trace[] = [];
  for (const device of devices.all()) {
    // An entity of a device is named by it, alone or with something behind it.
    if (name !== device.name && !name.startsWith(`${device.name}:`)) continue;
    for (const frame of await findRawFrames(disk, dataFolder, { device: keyOfDevice(device), ...window })) {
      const made = madeOf(frame.record, translator, question);
      if (made === undefined) continue;
      traces.push({ device, frame, made, rows: agent.explain?.(frame.record, device) ?? [] });
    }
  }
  return traces;
}

function madeOf(
  record: IngestRecord,
  translator: Translator,
  { entityId, attribute, observedMs }: TraceQuestion,
): unknown {
  for (const lane of [record.lane, 'live', 'late'] as const) {
    for (const { entity, timeMs } of translator[lane](record).states) {
      const one: unknown = (entity as Entity)[attribute];
      if (entity.id === entityId && one !== undefined && attributeTimeMs(one, timeMs) === observedMs) return one;
    }
  }
  return undefined;
}
