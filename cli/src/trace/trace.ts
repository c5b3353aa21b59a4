/** What `contor trace` does: history for the value, then each agent's folder for the frame it was made of. */

import { join } from 'node:path';
import { type Trace, type Traceable, traceFrames } from '@contor/agent-kit';
import { createHistoryClient, type HistoryClient } from '@contor/history-query';
import { ConfigError, type Disk, parseIso, realDisk, toHex, toIso } from '@contor/kit';
import { toJson } from '../decode/decode.js';

export interface TraceFlags {
  readonly data: string;
  readonly historyUrl: string;
  readonly tenant: string;
  readonly json?: boolean;
}

export interface TracedValue {
  readonly entity: string;
  readonly attribute: string;
  /** RFC 3339. */
  readonly time: string;
}

/** Where an agent works (by its setting, or in the data folder), and what it brings. */
const AGENTS = [
  {
    setting: 'AGENT_JSON_DATA',
    folder: 'agent-json',
    load: async () => (await import('@contor/agent-json')).TRACEABLE,
  },
] as const satisfies readonly {
  readonly setting: string;
  readonly folder: string;
  readonly load: () => Promise<Traceable>;
}[];

/** A value holds until the next; one older than a day says little about that time. */
const LONGEST_HELD_MS = 86_400_000;
/** Final series are made of what was metered, under the same name. */
const MADE_OF: Readonly<Record<string, string>> = { ValidatedReading: 'IntervalReading' };
const ENTITY = /^urn:ngsi-ld:([A-Za-z]+):(.+)$/;

/** False: nothing to show. */
export async function trace(wanted: TracedValue, flags: TraceFlags, say: (line: string) => void): Promise<boolean> {
  const { entity, type, atMs } = understand(wanted);
  const secret = process.env.PLATFORM_SECRET;
  const history = createHistoryClient({ url: flags.historyUrl, tenant: flags.tenant, secret });
  try {
    const value = await valueAt(history, entity, type, wanted.attribute, atMs);
    const traces =
      value?.recordedMs === undefined ? [] : await framesOf(realDisk(), flags.data, entity, wanted.attribute, value);
    if (flags.json === true)
      say(toJson({ entity, attribute: wanted.attribute, ...value, frames: traces.map(plain) }, 2));
    else for (const line of describe(entity, wanted.attribute, value, traces)) say(line);
    return traces.length > 0;
  } finally {
    history.close();
  }
}

function understand({ entity, attribute, time }: TracedValue): { entity: string; type: string; atMs: number } {
  const [, named, name] = ENTITY.exec(entity) ?? [];
  const atMs = parseIso(time);
  if (named === undefined || name === undefined)
    throw fault(
      'trace.entity',
      `"${entity}" is no entity of ours.`,
      'It looks like urn:ngsi-ld:ACMeasurement:e350-0001.',
    );
  if (atMs === undefined) throw fault('trace.time', `"${time}" is no time.`, 'Write it like 2026-11-20T08:00:10Z.');
  if (!/^[A-Za-z_][A-Za-z0-9_]{0,99}$/.test(attribute))
    throw fault('trace.attribute', `"${attribute}" is no attribute.`, 'It looks like totalActiveEnergyImport.');
  const type = MADE_OF[named] ?? named;
  return { entity: `urn:ngsi-ld:${type}:${name}`, type, atMs };
}

interface Value {
  readonly value: unknown;
  readonly observedMs: number;
  /** Undefined: whoever wrote it did not say when it came. */
  readonly recordedMs: number | undefined;
  readonly source: unknown;
}

async function valueAt(
  history: HistoryClient,
  id: string,
  type: string,
  attribute: string,
  atMs: number,
): Promise<Value | undefined> {
  const attributes = [attribute, 'recordedAt', 'source'];
  const { timesMs, columns } = await history.series({
    type,
    id,
    attributes,
    fromMs: atMs - LONGEST_HELD_MS,
    toMs: atMs + 1,
  });
  for (let row = timesMs.length - 1; row >= 0; row -= 1) {
    const value = columns[attribute]?.[row];
    const observedMs = timesMs[row];
    if (value === null || value === undefined || observedMs === undefined) continue;
    const recordedAt = columns.recordedAt?.[row];
    const recordedMs = typeof recordedAt === 'string' ? parseIso(recordedAt) : undefined;
    return { value, observedMs, recordedMs, source: columns.source?.[row] };
  }
  return undefined;
}

async function framesOf(
  disk: Disk,
  data: string,
  entityId: string,
  attribute: string,
  value: Value,
): Promise<readonly Trace[]> {
  const { observedMs, recordedMs = 0 } = value;
  const traces: Trace[] = [];
  for (const { setting, folder, load } of AGENTS)
    traces.push(
      ...(await traceFrames(disk, process.env[setting] ?? join(data, folder), await load(), {
        entityId,
        attribute,
        observedMs,
        recordedMs,
      })),
    );
  return traces;
}

function describe(
  entity: string,
  attribute: string,
  value: Value | undefined,
  traces: readonly Trace[],
): readonly string[] {
  if (value === undefined) return [`${entity} has no ${attribute} at that time, nor in the day before.`];
  const { observedMs, recordedMs, source } = value;
  const lines = [
    `${attribute} = ${String(value.value)}`,
    `entity     ${entity}`,
    `observed   ${toIso(observedMs)}`,
    `recorded   ${recordedMs === undefined ? 'not said' : toIso(recordedMs)}${source === undefined || source === null ? '' : `  source ${String(source)}`}`,
  ];
  if (traces.length === 0) lines.push('The bytes it was made of are not (or no longer) kept in this data folder.');
  return [...lines, ...traces.flatMap(describeFrame)];
}

function describeFrame({ device, frame, rows }: Trace): readonly string[] {
  const { record, file, sequence } = frame;
  const hex = toHex(record.bytes);
  return [
    '',
    `device     ${record.device}${device.serialNumber === undefined ? '' : `  serial ${device.serialNumber}`}${device.model === undefined ? '' : `  model ${device.model}`}`,
    `frame      ${record.channel}, ${record.lane} lane, ${record.bytes.length} bytes, ${toHex(record.hash)}`,
    `kept in    ${file}, record ${sequence}`,
    ...(record.deviceTimeMs === undefined ? [] : [`its clock  ${toIso(record.deviceTimeMs)}`]),
    `bytes      ${hex}`,
    ...rows.map(({ name, says }) => `  ${name.padEnd(22)} ${says}`),
  ];
}

function plain({ device, frame, made, rows }: Trace): object {
  const { record, file, sequence } = frame;
  const { bytes, hash, receivedAtMs, ...about } = record;
  return {
    ...{
      ...about,
      receivedAt: toIso(receivedAtMs),
      model: device.model,
      file,
      sequence,
      hash: toHex(hash),
      bytes: toHex(bytes),
      made,
    },
    rows: rows.map(({ name, says }) => ({ name, says })),
  };
}

function fault(code: string, message: string, fix: string): ConfigError {
  return new ConfigError([{ code, message, fix }]);
}
