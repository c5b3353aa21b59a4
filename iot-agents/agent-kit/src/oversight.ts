/**
 * Who watches over the devices of an agent, put together: the communication log, alerts of the agent, the health of each device. Opened
 * beside the agent; a polling agent gives `listener` to its acquisition, any other tells what was heard.
 */

import { join } from 'node:path';
import { type Logger, openCheckpoint, type Ports } from '@contor/kit';
import { keepRecords, type RecordKeeper } from './acquisition/record-keeper.js';
import type { Listener } from './acquisition/report.js';
import type { BrokerPort, HistoryPort } from './forward/ports.js';
import { type Expected, type Fleet, type FleetFigures, openFleet } from './health/fleet.js';
import { type Outbox, type OutboxFigures, openOutbox } from './outbox.js';
import type { Device } from './registry/device.js';
import type { DeviceRegistry } from './registry/registry.js';

export interface OversightOptions {
  readonly dataFolder: string;
  readonly ports: Ports;
  readonly log: Logger;
  readonly registry: Pick<DeviceRegistry, 'find' | 'all'>;
  readonly broker: BrokerPort;
  readonly history: HistoryPort;
  /** What is expected of a device; where nothing is said, its `reportingIntervalSeconds`. */
  readonly expectationOf?: (device: Device) => Expected;
  /** What the communication log may take on disk while the peers are away. */
  readonly outboxBytes?: number;
  readonly onFatal: (error: Error) => void;
}

export interface Oversight {
  readonly records: RecordKeeper;
  readonly fleet: Fleet;
  readonly outbox: Outbox;
  readonly listener: Listener;
  readonly figures: FleetFigures & OutboxFigures;
  start(): void;
  stop(): Promise<void>;
}

/** Some 40,000 exchanges, both ways: a day of 400 meters read every quarter of an hour while the platform is away. */
const OUTBOX_BYTES = 64 * 2 ** 20;

export async function openOversight(options: OversightOptions): Promise<Oversight> {
  const { dataFolder, ports, log, outboxBytes = OUTBOX_BYTES } = options;
  const { disk, clock, random } = ports;
  const directory = join(dataFolder, 'outbox');
  const outbox = await openOutbox({ ...options, disk, clock, random, directory, maxBytes: outboxBytes });
  const checkpoint = openCheckpoint({
    ...{ disk, path: join(dataFolder, 'health') },
    onDamaged: (keptAs) => log.warn({ keptAs }, 'What was known of the health of devices was damaged: judging anew.'),
  });
  const fleet = await openFleet({ expectationOf: reported, ...options, clock, checkpoint });
  const records = keepRecords(outbox, clock);
  return {
    ...{ records, fleet, outbox },
    listener(report) {
      records.report(report);
      const { key, device, result, deviation } = report;
      if (device === undefined || result.kind === 'refused') return;
      // A device that does not know what it was asked is one that answers.
      const isAnswered = result.kind !== 'failed' || result.fault === 'unsupported';
      fleet.read(key, isAnswered, deviation?.deviationMs);
    },
    get figures() {
      return { ...fleet.figures, ...outbox.figures };
    },
    start() {
      outbox.start();
      fleet.start();
    },
    async stop() {
      await fleet.stop();
      await outbox.stop();
    },
  };
}

function reported({ reportingIntervalSeconds }: Device): Expected {
  return { everySeconds: reportingIntervalSeconds, isSuspended: false };
}
