/**
 * The part every agent shares, put together: registry, two ingest logs, three shelves, two lanes. An agent brings its
 * codec and mapping (the translator) and its transport, which calls `take` for each message and acks when that resolves.
 */

import { join } from 'node:path';
import type { Logger, Ports } from '@contor/kit';
import { openLateLane } from './forward/late-lane.js';
import { openLiveLane } from './forward/live-lane.js';
import type { BrokerPort, HistoryPort } from './forward/ports.js';
import { contentOf } from './forward/refusals.js';
import type { Translator } from './forward/state.js';
import { DuplicateGuard } from './ingest/duplicate-guard.js';
import { type IngestLog, openIngestLog } from './ingest/ingest-log.js';
import { contentHash, type IngestRecord, type Lane } from './ingest/record.js';
import { openRawKeeper, type RawLimits } from './raw/keeper.js';
import { autoprovision } from './registry/autoprovision.js';
import { deviceKey } from './registry/device.js';
import { openDeviceRegistry } from './registry/embedded.js';
import type { DeviceRegistry } from './registry/registry.js';
import { openShelf } from './shelf.js';

export interface AgentOptions {
  readonly dataFolder: string;
  readonly ports: Ports;
  readonly log: Logger;
  readonly broker: BrokerPort;
  readonly history: HistoryPort;
  readonly translator: (registry: DeviceRegistry) => Translator;
  /** Shared with other replicas, and closed by whoever opened it; without one, the registry of the data folder. */
  readonly registry?: DeviceRegistry | undefined;
  /** True when the payload says itself when it was measured: then its key makes it safe to store twice. */
  readonly hasDeviceTime: (channel: string, bytes: Uint8Array) => boolean;
  readonly limits?: Partial<AgentLimits>;
  /** A message of this device is on disk. Must return at once. */
  readonly onTaken?: (key: string) => void;
  /** A device that nobody has provisioned sends for the first time; called for the first hundred of them. */
  readonly onStranger?: (key: string, channel: string) => void;
  readonly onFatal: (error: Error) => void;
}

export interface AgentLimits {
  /** Bytes on disk of the live log, and of the late log: what an outage may fill. */
  readonly logBytes: number;
  readonly shelfBytes: number;
  /** How long the same bytes of one device count as one delivery. */
  readonly duplicateWindowMs: number;
  /** Frames that were forwarded stay so long and so many, for whoever traces a value. */
  readonly raw: RawLimits;
}

/** 24 hours of 500 readings a second, eight in a message of 190 bytes, are 1.5 GB in a log. */
const DEFAULT_LIMITS: AgentLimits = {
  logBytes: 2 * 2 ** 30,
  shelfBytes: 32 * 2 ** 20,
  duplicateWindowMs: 5_000,
  raw: { bytes: 0, keepMs: 0 },
};
/** Records looked at after a restart for the duplicate guard: more than arrive in its window. */
const RECALLED_RECORDS = 5_000;
/** Names of unknown devices that get a log line of their own; after that the counter speaks. */
const MOST_STRANGERS_NAMED = 100;

export interface Message {
  readonly apiKey: string;
  readonly deviceId: string;
  readonly channel: string;
  readonly lane: Lane;
  readonly bytes: Uint8Array;
  /** The device's clock, where the line told it beside the bytes. */
  readonly deviceTimeMs?: number | undefined;
}

/** What no device can be made responsible for. */
export interface Aside {
  /** A stable code, e.g. `amqp.address`. */
  readonly reason: string;
  readonly detail: string;
  readonly channel: string;
  readonly bytes: Uint8Array;
}

export interface AgentFigures {
  readonly received: number;
  readonly stored: number;
  readonly duplicates: number;
  readonly forwarded: number;
  readonly movedLate: number;
  readonly lateForwarded: number;
  readonly liveLag: number;
  readonly lateLag: number;
  readonly unannounced: number;
  readonly unassigned: number;
  readonly quarantined: number;
  readonly deadLetters: number;
  readonly givenUp: number;
  readonly logBytes: number;
  readonly rawBytes: number;
  readonly failures: number;
  readonly devices: number;
}

export interface Agent {
  readonly registry: DeviceRegistry;
  readonly figures: AgentFigures;
  /** Resolves when the message is on disk and may be acked; rejects with LogFullError or DiskFullError: do not ack. */
  take(message: Message): Promise<void>;
  /** Durable when it resolves: what came over a line and could not even be taken lies in quarantine. */
  setAside(aside: Aside): Promise<void>;
  start(): void;
  stop(): Promise<void>;
}

export async function openAgent(options: AgentOptions): Promise<Agent> {
  const { dataFolder, ports, log, broker, history, onFatal } = options;
  const { disk, clock, random } = ports;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  await disk.makeDirectory(dataFolder);
  const registry = options.registry ?? (await openDeviceRegistry({ disk, clock, log, dataFolder, onFatal }));
  const translator = options.translator(registry);
  const newcomers = autoprovision(registry, log);

  const raw = await openRawKeeper({ disk, clock, log, dataFolder, limits: limits.raw });
  const openLog = (name: string): Promise<IngestLog> => {
    const directory = join(dataFolder, name);
    const retire = (path: string): Promise<void> => raw.retire(name, path);
    return openIngestLog({ disk, clock, directory, maxBytes: limits.logBytes, retire, onFatal });
  };
  const openNamedShelf = (name: string) =>
    openShelf({ name, disk, clock, log, directory: join(dataFolder, name), maxBytes: limits.shelfBytes, onFatal });
  const logs = { live: await openLog('live'), late: await openLog('late') };
  const unassigned = await openNamedShelf('unassigned');
  const quarantine = await openNamedShelf('quarantine');
  const deadLetters = await openNamedShelf('dead-letters');
  reportDamage(logs.live, 'live', log);
  reportDamage(logs.late, 'late', log);

  const shared = { clock, disk, random, log, translator, broker, deadLetters, quarantine, onFatal };
  const live = await openLiveLane({ ...shared, ...logs, cursorPath: join(dataFolder, 'live-cursor') });
  const late = await openLateLane({ ...shared, late: logs.late, history, cursorPath: join(dataFolder, 'late-cursor') });

  const guard = new DuplicateGuard(limits.duplicateWindowMs);
  for (const one of Object.values(logs)) await recall(one, guard, options.hasDeviceTime);
  const strangers = new Set<string>();
  let received = 0;
  let stored = 0;
  let duplicates = 0;

  async function take({ apiKey, deviceId, channel, lane, bytes, deviceTimeMs }: Message): Promise<void> {
    received += 1;
    const device = deviceKey(apiKey, deviceId);
    const known = registry.find(device) ?? (await newcomers.admit(apiKey, deviceId, clock.nowMs()));
    if (known === undefined) return shelveStranger(device, channel, bytes);
    const hash = contentHash(device, bytes);
    const record: IngestRecord = {
      lane,
      tenant: known.tenant,
      device,
      channel,
      receivedAtMs: clock.nowMs(),
      deviceTimeMs,
      bytes,
      hash,
    };
    if (options.hasDeviceTime(channel, bytes)) {
      await logs[lane].append(record);
    } else {
      const delivery = guard.once(record, (stamped) => logs[lane].append(stamped));
      await delivery.stored;
      if (!delivery.isFirst) {
        duplicates += 1;
        return;
      }
    }
    stored += 1;
    options.onTaken?.(device);
  }

  async function shelveStranger(device: string, channel: string, bytes: Uint8Array): Promise<void> {
    if (!strangers.has(device) && strangers.size < MOST_STRANGERS_NAMED) {
      strangers.add(device);
      log.warn({ device, channel }, 'A device that is not provisioned sends: its payloads are kept as unassigned.');
      options.onStranger?.(device, channel);
    }
    const entry = { atMs: clock.nowMs(), reason: 'device.unknown', detail: '', tenant: '', device, channel };
    await unassigned.put({ ...entry, content: contentOf(bytes) });
  }

  return {
    registry,
    get figures() {
      return {
        received,
        stored,
        duplicates,
        forwarded: live.figures.forwarded,
        movedLate: live.figures.movedLate,
        lateForwarded: late.figures.forwarded,
        liveLag: live.figures.lag,
        lateLag: late.figures.lag,
        unannounced: late.figures.unannounced,
        unassigned: unassigned.added,
        quarantined: quarantine.added,
        deadLetters: deadLetters.added,
        givenUp: unassigned.givenUp + quarantine.givenUp + deadLetters.givenUp,
        logBytes: logs.live.bytes + logs.late.bytes,
        rawBytes: raw.bytes,
        failures: Math.max(live.figures.failures, late.figures.failures),
        devices: registry.size,
      };
    },
    take,
    setAside: ({ reason, detail, channel, bytes }) =>
      quarantine.put({
        atMs: clock.nowMs(),
        reason,
        detail,
        tenant: '',
        device: '',
        channel,
        content: contentOf(bytes),
      }),
    start() {
      live.start();
      late.start();
    },
    async stop() {
      await Promise.all([live.stop(), late.stop()]);
      for (const one of [logs.live, logs.late, unassigned, quarantine, deadLetters]) await one.close();
      if (options.registry === undefined) await registry.close();
    },
  };
}

async function recall(
  log: IngestLog,
  guard: DuplicateGuard,
  hasDeviceTime: AgentOptions['hasDeviceTime'],
): Promise<void> {
  const from = Math.max(log.tail, log.head - RECALLED_RECORDS);
  if (from > log.head) return;
  for await (const { sequence, record } of log.scan(from)) {
    if (record !== undefined && !hasDeviceTime(record.channel, record.bytes)) guard.recall(record, sequence);
  }
}

function reportDamage(ingest: IngestLog, name: string, log: Logger): void {
  const { damaged, tornBytes, records } = ingest.report;
  if (tornBytes > 0)
    log.info({ lane: name, tornBytes, records }, 'An unfinished record was cut from the end of the ingest log.');
  for (const part of damaged) log.error({ lane: name, ...part }, 'A damaged part of the ingest log was set aside.');
}
