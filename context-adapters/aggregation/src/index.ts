/** The aggregation service: hears of newly stored data, works out the hours of each site, publishes what changed. */

import { type NotificationDoor, openNotificationDoor, type Rounds, startRounds } from '@contor/adapter-kit';
import { createBrokerClient, createHistoryClient } from '@contor/history-query';
import {
  checkExposure,
  createMetrics,
  type Environment,
  type Health,
  type Running,
  retrySchedule,
  type Start,
  withCertificate,
} from '@contor/kit';
import { ensureSubscription, urn } from '@contor/orion-config';
import type { AggregationConfig } from './settings.js';
import { type RoundPorts, siteRound } from './site-round.js';

export { type AggregationConfig, SETTINGS } from './settings.js';

const SUBSCRIPTION = urn('Subscription', 'contor-aggregation');
/** Twenty meters report the same quarter-hour within a few seconds: one round serves them all. */
const SETTLE_MS = 2_000;

export const start: Start<AggregationConfig> = async (config, environment) => {
  checkExposure({ ...config, prefix: 'AGGREGATION' });
  const connection = { tenant: config.tenant, secret: config.secret };
  const broker = createBrokerClient({ ...connection, url: config.brokerUrl, context: 'installed' });
  const history = createHistoryClient({ ...connection, url: config.historyUrl });
  const metrics = createMetrics('aggregation');
  const changedHours = metrics.counter(
    'aggregation_hours_changed_total',
    'Hours of sites that were new or that late data changed',
  );
  const figures = { sites: 0, hoursChanged: 0 };
  let subscribed = false;

  const round = async (): Promise<void> => {
    if (!subscribed) {
      await ensureSubscription(broker, definitionOf(door), await broker.contextUrl());
      subscribed = true;
    }
    figures.sites = await everySite({ broker, history }, config, environment, (changed) => {
      figures.hoursChanged += changed;
      changedHours.inc(changed);
    });
  };

  const door = await openNotificationDoor({
    ...config,
    setting: 'AGGREGATION_PORT',
    random: environment.ports.random,
    log: environment.log,
    handle: async (entities) => {
      if (entities.length > 0) await rounds.nudge();
    },
    health: () => healthOf(rounds, figures),
    metrics: () => metrics.text(),
  });
  const rounds = startRounds({
    clock: environment.ports.clock,
    log: environment.log,
    everyMs: config.every,
    settleMs: SETTLE_MS,
    retry: retrySchedule({ firstMs: 500, factor: 2, maxMs: 30_000, jitter: 0.2 }, environment.ports.random),
    round,
  });

  const running: Running = {
    url: door.url,
    health: () => withCertificate(healthOf(rounds, figures), door.certificate),
    async stop() {
      await rounds.stop();
      await door.close();
      broker.close();
      history.close();
    },
  };
  return running;
};

async function everySite(
  ports: RoundPorts,
  { grace, lookBack }: AggregationConfig,
  { ports: { clock }, log }: Environment,
  tell: (changed: number) => void,
): Promise<number> {
  const sites = await ports.broker.query({ type: 'Site' });
  for (const site of sites) {
    const { hours, changed } = await siteRound(site, ports, {
      nowMs: clock.nowMs(),
      graceMs: grace,
      lookBackMs: lookBack,
    });
    if (changed === 0) continue;
    tell(changed);
    log.info({ site: site.id, hours, changed }, 'hours of a site were published');
  }
  return sites.length;
}

function definitionOf(door: NotificationDoor) {
  return {
    id: SUBSCRIPTION,
    type: 'Subscription' as const,
    subscriptionName: 'contor-aggregation',
    description: 'Newly stored data to the aggregation service',
    entities: [{ type: 'Acquisition' }],
    notification: {
      attributes: ['windowStart', 'windowEnd', 'counter'],
      endpoint: {
        uri: `${door.url}/notify`,
        accept: 'application/json',
        receiverInfo: door.receiverInfo,
        // A notification only nudges us: while we are away the broker need not keep more than the last one, nor ever refuse a write for it.
        notifierInfo: [{ key: 'keep', value: 'latest' }],
      },
    },
  };
}

function healthOf(rounds: Rounds, figures: { readonly sites: number; readonly hoursChanged: number }): Health {
  const counted = { ...figures, rounds: rounds.done, roundsFailed: rounds.failed };
  if (rounds.trouble !== undefined) return { state: 'degraded', reason: rounds.trouble, figures: counted };
  return rounds.done === 0
    ? { state: 'starting', reason: 'the first round is running', figures: counted }
    : { state: 'ready', figures: counted };
}
