/**
 * The Reader of meters of IEC 62056-21, mode C: opens the line of a device, has one conversation and brings what was said as it came. Its
 * place is `connection` (`10.0.0.7:2332`); character, rate and address are `endpoint` (`9600,e,7,1/60010001`).
 */

import type { BroughtFrame, Device, Reader, ReadFailure, ReadFault, ReadResult, ReadTask } from '@contor/agent-kit';
import { type Clock, type Net, ProtocolError } from '@contor/kit';
import type { DataSet } from './codec/iec62056/data-set.js';
import { PASSWORD_SCHEMES } from './codec/iec62056/password.js';
import { parseTime } from './codec/iec62056/time.js';
import { clockIn, formatLocal, instantOf } from './mapping/local-time.js';
import { deviceModel, type ProfileSource } from './mapping/models.js';
import { bare, serialsIn } from './mapping/registers.js';
import { CHANNELS } from './mapping/translator.js';
import {
  type Conversation,
  inProgramming,
  type ProgrammingOptions,
  readOut,
  readRegister,
  recordOf,
} from './session/conversation.js';
import { type LinePlace, parseEndpoint, parsePlace } from './transport/comm.js';
import { type MeterLine, openMeterLine } from './transport/meter-line.js';

export interface ElsterReaderOptions {
  readonly net: Net;
  readonly clock: Clock;
  readonly latencyMs?: number | undefined;
  /** The password of a device, if it has one. */
  readonly passwordOf?: (device: Device) => Promise<string | undefined>;
}

interface Brought {
  readonly frames: readonly BroughtFrame[];
  readonly deviceTimeMs?: number | undefined;
  readonly askedMs?: number | undefined;
  readonly answeredMs?: number | undefined;
}

const NOTHING_YET = { bytesIn: 0, bytesOut: 0, steps: [] } as const;
/** A week of quarter hours is some 30 kB: half a minute at 9600 baud. */
const STRETCH_MS = 7 * 86_400_000;
const MINUTE_MS = 60_000;
const [PLAIN] = PASSWORD_SCHEMES;
const ASKED = 'clock asked';
const TOLD = 'clock told';

const FAULTS: Readonly<Record<string, ReadFault>> = {
  'elster.silence': 'no-answer',
  'elster.damaged': 'garbled',
  'elster.endless': 'timeout',
  'elster.password': 'authentication',
  'elster.broken-off': 'busy',
  'elster.serial': 'identity',
  'elster.mode': 'unsupported',
};

export function elsterReader(options: ElsterReaderOptions): Reader {
  return { read: (device, task, signal, tell) => read(device, task, signal, tell, options) };
}

async function read(
  device: Device,
  task: ReadTask,
  signal: AbortSignal,
  tell: (step: string) => void,
  { net, clock, latencyMs, passwordOf }: ElsterReaderOptions,
): Promise<ReadResult> {
  signal.throwIfAborted();
  const place = placeOf(device);
  const endpoint = parseEndpoint(device.endpoint);
  if (place === undefined) return failed('unsupported', 'elster.connection', 'The device says no place (host:port).');
  if (endpoint === undefined)
    return failed(
      'unsupported',
      'elster.endpoint',
      'The endpoint of the device is no 9600,e,7,1 or 9600,e,7,1/address.',
    );
  if (task.kind !== 'live' && task.kind !== 'profile' && task.kind !== 'clock')
    return failed('unsupported', 'elster.unconfirmed', `No source states how ${task.kind} is done with this model.`);
  const source = task.kind === 'profile' ? profileOf(device, task.profile) : undefined;
  if (task.kind === 'profile' && source === undefined)
    return failed('unsupported', 'elster.unconfirmed', 'No source states the profile of this model.');
  const password = task.kind === 'live' ? undefined : await passwordOf?.(device);
  const line = await openMeterLine({ net, clock, place, comm: endpoint.comm, latencyMs });
  tell('connected');
  try {
    const { comm, address } = endpoint;
    const access = password === undefined ? {} : { access: { scheme: PLAIN, password } };
    const talk = { line, device, signal, tell, clock, options: { address, fixedBaud: comm.baud, ...access } };
    const brought = await converse(talk, task, source);
    return { kind: 'value', ...brought, bytesIn: line.bytesIn, bytesOut: line.bytesOut, steps: [] };
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    const failure = failed(FAULTS[error.code] ?? faultOfCode(error.code), error.code, error.message);
    return { ...failure, bytesIn: line.bytesIn, bytesOut: line.bytesOut };
  } finally {
    await line.close();
  }
}

interface Talk {
  readonly line: MeterLine;
  readonly device: Device;
  readonly signal: AbortSignal;
  readonly tell: (step: string) => void;
  readonly clock: Clock;
  readonly options: ProgrammingOptions;
}

async function converse(talk: Talk, task: ReadTask, source: ProfileSource | undefined): Promise<Brought> {
  const { line, device, signal, tell, options } = talk;
  if (task.kind === 'live') {
    const said = await line.carry(readOut(options), { signal, onStep: tell });
    checkSerial(said.sets, device);
    const frame = { channel: CHANNELS.readout, lane: 'live', bytes: recordOf(said) } as const;
    return { frames: [frame], deviceTimeMs: clockIn(said.sets, device.timeZone) };
  }
  const ranges = task.kind === 'profile' ? rangesOf(task.fromMs, task.toMs, device.timeZone) : [];
  return inMode(talk, ranges, source);
}

/** Serial number and clock first: nothing is kept of a meter that is another. */
async function inMode(
  { line, device, signal, tell, clock, options }: Talk,
  ranges: readonly string[],
  source: ProfileSource | undefined,
): Promise<Brought> {
  const at: { askedMs?: number; answeredMs?: number } = {};
  const onStep = (step: string): void => {
    if (step === ASKED) at.askedMs = clock.nowMs();
    if (step === TOLD) at.answeredMs = clock.nowMs();
    tell(step);
  };
  const conversation = inProgramming(options, function* (identification) {
    const { sets } = yield* readRegister('0.0.0');
    checkSerial(
      sets.map((set) => ({ ...set, address: '0.0.0' })),
      device,
    );
    const deviceTimeMs = yield* clockOf(device);
    const frames: BroughtFrame[] = [];
    for (const range of source === undefined ? [] : ranges) {
      const { bytes } = yield* readRegister(source?.address ?? '', range);
      frames.push({ channel: CHANNELS.profile, lane: 'late', bytes: recordOf({ identification, bytes }) });
    }
    return { frames, deviceTimeMs };
  });
  return { ...(await line.carry(conversation, { signal, onStep })), ...at };
}

/** The date before and after the time: in between may be midnight. */
function* clockOf({ timeZone }: Device): Conversation<number | undefined> {
  const before = textIn((yield* readRegister('0.9.2')).sets);
  yield { kind: 'report', step: ASKED };
  const time = parseTime(textIn((yield* readRegister('0.9.1')).sets), 'time');
  yield { kind: 'report', step: TOLD };
  if (textIn((yield* readRegister('0.9.2')).sets) !== before)
    throw new ProtocolError('elster.midnight', 'The day of the meter changed while it was asked.');
  const date = parseTime(before, 'date');
  return date === undefined || time === undefined ? undefined : instantOf({ ...date, ...time }, timeZone);
}

/** Rows are stamped with the end of their interval: a minute behind `fromMs` leaves out the one that ends there. */
function rangesOf(fromMs: number, toMs: number, zone: string): readonly string[] {
  const stamp = (atMs: number): string => {
    const { season, date, time } = formatLocal(atMs, zone);
    return `${season}${date}${time.slice(0, 4)}`;
  };
  const ranges: string[] = [];
  for (let atMs = fromMs; atMs < toMs; atMs += STRETCH_MS)
    ranges.push(`${stamp(atMs + MINUTE_MS)};${stamp(Math.min(toMs, atMs + STRETCH_MS))}`);
  return ranges;
}

function textIn(sets: readonly DataSet[]): string {
  return sets[0]?.values[0]?.value ?? '';
}

/** A meter that does not tell its number is known by its address alone. */
function checkSerial(sets: readonly DataSet[], { serialNumber }: Device): void {
  const told = serialsIn(sets);
  if (serialNumber === undefined || told.length === 0 || told.includes(bare(serialNumber))) return;
  throw new ProtocolError('elster.serial', 'Another meter answers there.');
}

function profileOf({ model }: Device, name: string): ProfileSource | undefined {
  return deviceModel(model)?.profiles.find((source) => source.name === name);
}

export function placeOf({ connection }: Pick<Device, 'connection'>): LinePlace | undefined {
  return connection?.address === undefined ? undefined : parsePlace(connection.address);
}

/** A block that is whole and holds no data sets. */
function faultOfCode(code: string): ReadFault {
  return code.startsWith('iec62056.') || code.startsWith('wire.') ? 'garbled' : 'protocol';
}

function failed(fault: ReadFault, code: string, detail: string): ReadFailure {
  return { kind: 'failed', fault, code, detail, ...NOTHING_YET };
}
