/**
 * The command service: the only one that signs orders to meters. It believes what the gateway signed, never what an attribute says,
 * and keeps each order on disk before it is sent, so that none is carried out twice.
 */

import { join } from 'node:path';
import { type NotificationDoor, openNotificationDoor, type Rounds, startRounds } from '@contor/adapter-kit';
import { createBrokerClient } from '@contor/history-query';
import {
  checkExposure,
  createMetrics,
  type Environment,
  type Health,
  lockDirectory,
  type Running,
  retrySchedule,
  type Start,
  type Timer,
  withCertificate,
} from '@contor/kit';
import { ensureSubscription, type SubscriptionDefinition, urn } from '@contor/orion-config';
import { brokerContext } from './intake/broker-context.js';
import { statementReader } from './intake/statements.js';
import { openSigner } from './keys.js';
import type { CommandsConfig } from './settings.js';
import { readSimulated } from './simulated.js';
import { openJournal } from './store/journal.js';
import { CommandService } from './work/service.js';

export { type CommandsConfig, SETTINGS } from './settings.js';

const SUBSCRIPTION = urn('Subscription', 'contor-commands');
/** What a notification has missed is found within this. */
const ROUND_EVERY_MS = 30_000;
const SETTLE_MS = 10;
const TICK_MS = 250;
const BROKER_TIMEOUT_MS = 10_000;
/** EX_SOFTWARE of sysexits.h: only a recovery from the log knows what is true now. */
const EXIT_FATAL = 70;

export const start: Start<CommandsConfig> = async (config, environment) => {
  checkExposure({ ...config, prefix: 'COMMANDS' });
  const lock = await lockDirectory(config.dataFolder);
  try {
    return await run(config, environment, () => lock.release());
  } catch (error) {
    await lock.release();
    throw error;
  }
};

async function run(config: CommandsConfig, { ports, log }: Environment, unlock: () => Promise<void>): Promise<Running> {
  const { clock, disk, random } = ports;
  const { tenant, dataFolder } = config;
  const journal = await openJournal({
    ...{ disk, clock, log, directory: join(dataFolder, 'journal') },
    onFatal: (error) => {
      log.error({ error }, 'The journal can no longer be written; stopping to recover from it.');
      process.exit(EXIT_FATAL);
    },
  });
  const connection = { url: config.brokerUrl, tenant, secret: config.secret, timeoutMs: BROKER_TIMEOUT_MS };
  const broker = createBrokerClient({ ...connection, context: 'installed' });
  const service = new CommandService({
    ...{ journal, clock, random, log, touched: new Set() },
    context: brokerContext(broker, tenant, () => clock.nowMs()),
    reader: statementReader({ disk, keyFile: config.gatewayKey, tenant }),
    signer: await openSigner({ ...config, disk }),
    settings: {
      ...{ tenant, longestDelayMs: config.delay, orderValidMs: config.orderValid, smallFleet: config.smallFleet },
      simulated: await readSimulated(disk, config.simulated),
    },
  });
  await service.resume();

  let isSubscribed = false;
  const round = async (): Promise<void> => {
    if (!isSubscribed) {
      await ensureSubscription(broker, definitionOf(door), await broker.contextUrl());
      isSubscribed = true;
    }
    await service.intake();
  };
  const metrics = createMetrics('commands');
  const health = (): Health => healthOf(rounds, service);
  const door: NotificationDoor = await openNotificationDoor({
    ...{ ...config, setting: 'COMMANDS_PORT', random, log, health },
    handle: async (entities) => {
      if (entities.length > 0) await rounds.nudge();
    },
    metrics: () => metrics.text(),
  });
  const retry = retrySchedule({ firstMs: 250, factor: 2, maxMs: 10_000, jitter: 0.2 }, random);
  const rounds = startRounds({ clock, log, everyMs: ROUND_EVERY_MS, settleMs: SETTLE_MS, retry, round });
  const ticker = startTicker(service, { ports, log });

  return {
    url: door.url,
    health: () => withCertificate(health(), door.certificate),
    async stop() {
      await ticker.stop();
      await rounds.stop();
      await service.settled();
      await door.close();
      broker.close();
      await journal.close();
      await unlock();
    },
  };
}

/** What falls due by itself. A tick that failed (the broker is away) is no worse than one that has not come yet. */
function startTicker(service: CommandService, { ports: { clock }, log }: Environment): { stop(): Promise<void> } {
  let timer: Timer | undefined;
  let running: Promise<void> | undefined;
  let isStopped = false;
  let isFailing = false;
  const tick = async (): Promise<void> => {
    try {
      await service.tick();
      isFailing = false;
    } catch (error) {
      if (!isFailing) log.warn({ error }, 'Commands cannot go on just now; it is tried again.');
      isFailing = true;
    }
  };
  const plan = (): void => {
    timer = clock.after(TICK_MS, () => {
      running = tick().finally(() => {
        if (!isStopped) plan();
      });
    });
  };
  plan();
  return {
    async stop() {
      isStopped = true;
      timer?.cancel();
      await running;
    },
  };
}

function definitionOf(door: NotificationDoor): SubscriptionDefinition {
  return {
    id: SUBSCRIPTION,
    type: 'Subscription',
    subscriptionName: 'contor-commands',
    description: 'Signed requests and decisions to the command service',
    entities: [{ type: 'CommandRequest' }, { type: 'CommandControl' }],
    watchedAttributes: ['statement'],
    notification: {
      attributes: ['statement'],
      endpoint: {
        uri: `${door.url}/notify`,
        accept: 'application/json',
        receiverInfo: door.receiverInfo,
        // It only nudges us: what is true is asked for.
        notifierInfo: [{ key: 'keep', value: 'latest' }],
      },
    },
  };
}

function healthOf(rounds: Rounds, { figures }: CommandService): Health {
  if (rounds.trouble !== undefined) return { state: 'degraded', reason: rounds.trouble, figures };
  return rounds.done === 0
    ? { state: 'starting', reason: 'The first round is running.', figures }
    : { state: 'ready', figures };
}
