/**
 * What every reader keeps to, as a suite (docs/agents/kit.md): whoever adds a protocol opens its reader in the scenes below and is told
 * what is missing. Reader, polling, ingest log and lanes are the real ones; only the peers are in memory.
 */

import {
  type Agent,
  type BrokerPort,
  type Device,
  deviceKey,
  type Entity,
  type HistoryPort,
  openAcquisition,
  openAgent,
  provisionDevices,
  READ_FAULTS,
  type Reader,
  type ReadReport,
  type ReadResult,
  type ReadTask,
  type Translator,
} from '@contor/agent-kit';
import { ContorError, type Logger, type Ports, SimulatedDisk, seededRandom } from '@contor/kit';
import { expect, it } from '@jest/globals';

/** What stands at the other end of the line. */
const SCENES = {
  /** A device in order, whose registers stand still. */
  answers: { faults: undefined },
  /** It takes everything and never says a word. */
  silent: { faults: ['no-answer', 'timeout'] },
  /** Nobody is there, or the line breaks. */
  broken: { faults: ['line', 'no-answer'] },
  /** It answers with damaged bytes. */
  garbles: { faults: ['garbled', 'protocol', 'no-answer', 'timeout'] },
  /** The line is right, and another device is on it. */
  other: { faults: ['identity', 'authentication', 'no-answer', 'timeout'] },
} as const;

type Scene = keyof typeof SCENES;

export interface Stage {
  readonly reader: Reader;
  readonly ports: Pick<Ports, 'clock' | 'net' | 'random'>;
  /** Lets time pass: `clock.advance` where it is simulated. */
  advance(ms: number): Promise<void>;
  close?(): Promise<void>;
}

export interface ReaderContract {
  readonly device: Device;
  /** What it is asked; `live` unless the protocol has something better. */
  readonly task?: ReadTask;
  /** A protocol without one says why, beside it. */
  readonly scenes: Readonly<Partial<Record<Scene, () => Promise<Stage>>>> & {
    readonly answers: () => Promise<Stage>;
    readonly silent: () => Promise<Stage>;
  };
  readonly translator: Translator;
  readonly hasDeviceTime: (channel: string, bytes: Uint8Array) => boolean;
  /** True where the device has no clock of its own. */
  readonly isWithoutClock?: boolean;
}

const TIMEOUT_MS = 20_000;
const ATTEMPTS = 2;
/** What a reader may take to let go of its line. */
const SETTLE_MS = 1_000;
/** Attempts, the pause between them, and letting go. */
const LONGEST_READ_MS = ATTEMPTS * (TIMEOUT_MS + SETTLE_MS) + 10_000;

export function itKeepsTheReaderContract(contract: ReaderContract): void {
  const { device, task = { kind: 'live' }, scenes } = contract;

  it('answers with frames, counts its bytes, and has its steps in order', async () => {
    await on(scenes.answers, async ({ reader, advance }) => {
      const result = await settledWithin(
        reader.read(device, task, never(), () => undefined),
        advance,
        TIMEOUT_MS,
      );
      if (result.kind !== 'value') throw new Error(`${result.fault}: ${result.detail}`);
      expect(result.frames.length).toBeGreaterThan(0);
      for (const { bytes } of result.frames) expect(bytes.length).toBeGreaterThan(0);
      expect(result.bytesIn).toBeGreaterThan(0);
      const times = result.steps.map(({ atMs }) => atMs);
      expect(times).toEqual([...times].sort((a, b) => a - b));
      if (contract.isWithoutClock !== true) expect(Number.isInteger(result.deviceTimeMs)).toBe(true);
    });
  });

  it('lets go of a silent line when it is told to', async () => {
    await on(scenes.silent, async ({ reader, advance }) => {
      const abort = new AbortController();
      const ended = endOf(reader.read(device, task, abort.signal, () => undefined));
      await advance(1_000);
      abort.abort(new Error('enough'));
      await advance(SETTLE_MS);
      expect(await Promise.race([ended, nextTurn('still busy')])).not.toBe('still busy');
    });
  });

  it('does not begin when it is told so before', async () => {
    await on(scenes.answers, async ({ reader, advance }) => {
      const result = await settledWithin(
        endOf(reader.read(device, task, AbortSignal.abort(new Error('no')), () => undefined)),
        advance,
        SETTLE_MS,
      );
      if (result.kind === 'value') throw new Error('It had its conversation all the same.');
    });
  });

  it.each(faultyScenes(contract))('$scene: a typed failure within its time', async ({ scene, open }) => {
    await on(open, async (stage) => {
      const house = await openHouse(contract, stage);
      const report = await house.ask(task);
      expect(report.result).toMatchObject({ kind: 'failed' });
      if (report.result.kind !== 'failed') return;
      expect(Object.keys(READ_FAULTS)).toContain(report.result.fault);
      expect(SCENES[scene].faults).toContain(report.result.fault);
      expect(report.result.code).toMatch(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/);
      expect(house.rows.size).toBe(0);
      await house.stop();
    });
  });

  it('the same frames twice are one reading, with the times of device and system', async () => {
    await on(scenes.answers, async (stage) => {
      const house = await openHouse(contract, stage);
      const first = await house.ask(task);
      expect(first.result).toMatchObject({ kind: 'stored' });
      if (first.result.kind !== 'stored') return;
      await stage.advance(5_000);
      const rows = [...house.rows.keys()];
      expect(rows.length).toBeGreaterThan(0);
      for (const frame of first.result.frames) await house.take(frame, first.deviceTimeMs);
      await stage.advance(5_000);
      expect([...house.rows.keys()]).toEqual(rows);
      for (const { observedMs, recordedMs } of house.rows.values()) {
        expect(observedMs).not.toBeNaN();
        expect(recordedMs).not.toBeNaN();
      }
      await house.stop();
    });
  });
}

function faultyScenes({ scenes }: ReaderContract): { readonly scene: Scene; readonly open: () => Promise<Stage> }[] {
  return (Object.keys(SCENES) as Scene[]).flatMap((scene) => {
    const open = scene === 'answers' ? undefined : scenes[scene];
    return open === undefined ? [] : [{ scene, open }];
  });
}

async function on(open: () => Promise<Stage>, act: (stage: Stage) => Promise<void>): Promise<void> {
  const stage = await open();
  try {
    await act(stage);
  } finally {
    await stage.close?.();
  }
}

interface Row {
  readonly observedMs: number;
  readonly recordedMs: number;
}

interface House {
  /** `entity/attribute/time`, whatever door it came through. */
  readonly rows: ReadonlyMap<string, Row>;
  ask(task: ReadTask): Promise<ReadReport>;
  take(frame: { channel: string; lane: 'live' | 'late'; bytes: Uint8Array }, deviceTimeMs?: number): Promise<void>;
  stop(): Promise<void>;
}

const FOLDER = '/data/contract';

async function openHouse(contract: ReaderContract, { reader, ports, advance }: Stage): Promise<House> {
  const { device, translator, hasDeviceTime } = contract;
  const disk = new SimulatedDisk({ random: seededRandom('reader contract') }).boot();
  const rows = new Map<string, Row>();
  await provisionDevices(FOLDER, [device], disk);
  const agent: Agent = await openAgent({
    ...{ dataFolder: FOLDER, ports: { ...ports, disk }, log: SILENT, ...doorsTo(rows), translator: () => translator },
    ...{ hasDeviceTime, limits: { logBytes: 2 ** 22 } },
    onFatal: (error) => {
      throw error;
    },
  });
  agent.start();
  const { clock, random } = ports;
  const planOf = () => ({ line: 'contract', reads: [], timeoutMs: TIMEOUT_MS, attempts: ATTEMPTS });
  const acquisition = openAcquisition({ agent, reader, clock, random, log: SILENT, planOf });
  const { apiKey, deviceId } = device;
  return {
    rows,
    ask: (task) => settledWithin(acquisition.ask({ key: deviceKey(apiKey, deviceId), task }), advance, LONGEST_READ_MS),
    take: (frame, deviceTimeMs) => agent.take({ apiKey, deviceId, deviceTimeMs, ...frame }),
    async stop() {
      await settledWithin(Promise.all([acquisition.stop(), agent.stop()]), advance, LONGEST_READ_MS);
    },
  };
}

function doorsTo(rows: Map<string, Row>): { readonly broker: BrokerPort; readonly history: HistoryPort } {
  const note = async (_tenant: string, entities: readonly Entity[]) => {
    for (const entity of entities) if (entity.type !== 'Acquisition') noteRows(rows, entity);
    return { kind: 'done' } as const;
  };
  return { broker: { upsert: note }, history: { append: note } };
}

function noteRows(rows: Map<string, Row>, { id, type: _type, ...attributes }: Entity): void {
  const { recordedAt } = attributes as { readonly recordedAt?: { readonly value?: string } };
  for (const [name, attribute] of Object.entries(attributes)) {
    const { observedAt } = attribute as { readonly observedAt?: string };
    if (observedAt === undefined) continue;
    const observedMs = Date.parse(observedAt);
    const key = `${id}/${name}/${observedAt}`;
    rows.set(key, rows.get(key) ?? { observedMs, recordedMs: Date.parse(recordedAt?.value ?? '') });
  }
}

/** Lets time pass until it has settled. */
async function settledWithin<T>(promise: Promise<T>, advance: Stage['advance'], longestMs: number): Promise<T> {
  let isOver = false;
  const done = promise.finally(() => {
    isOver = true;
  });
  done.catch(() => undefined);
  for (let passedMs = 0; !isOver && passedMs <= longestMs; passedMs += 500) await advance(500);
  if (!isOver) throw new Error(`It had not ended after ${longestMs} ms.`);
  return done;
}

/** A rejection of the line, or because of the signal, is an end like another; anything else is told. */
async function endOf(read: Promise<ReadResult>): Promise<ReadResult | { readonly kind: 'rejected' }> {
  return read.catch((error: unknown) => {
    if (error instanceof ContorError || error instanceof Error) return { kind: 'rejected' };
    throw error;
  });
}

function never(): AbortSignal {
  return new AbortController().signal;
}

function nextTurn<T>(value: T): Promise<T> {
  return new Promise((resolve) => setImmediate(() => resolve(value)));
}

const SILENT: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => SILENT,
};
