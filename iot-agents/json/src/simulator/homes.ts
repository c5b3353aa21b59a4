/** Homes whose meters speak every second over AMQP, through one gateway: healthy, or noisy by seed. */

import type { Health, SettingsOf, SettingsTable, Start, Timer } from '@contor/kit';
import { checkAmqpUrl } from '../transport/amqp-line.js';
import { formatRoutingKey } from '../transport/routing-keys.js';
import { AmqpPublisher } from './amqp-publisher.js';
import { disturb } from './faults.js';
import { OneSecondHome } from './home.js';

const PERMILLE = { kind: 'integer', fallback: 0, min: 0, max: 1_000 } as const;

export const SETTINGS = {
  amqpUrl: { name: 'AMQP_URL', kind: 'url', fallback: 'amqp://127.0.0.1:5672', about: 'The AMQP 0-9-1 broker' },
  username: {
    name: 'HOMES_AMQP_USERNAME',
    kind: 'text',
    fallback: 'guest',
    about: 'Name of the gateway at that broker',
  },
  password: { name: 'HOMES_AMQP_PASSWORD', kind: 'secret', fallback: 'guest', about: 'Password there' },
  exchange: { name: 'HOMES_EXCHANGE', kind: 'text', fallback: 'amq.topic', about: 'The topic exchange to publish to' },
  apiKey: { name: 'HOMES_API_KEY', kind: 'text', fallback: 'contor-homes', about: 'API key of the homes' },
  homes: { name: 'HOMES_COUNT', kind: 'integer', fallback: 5, min: 1, max: 10_000, about: 'Number of homes' },
  seed: { name: 'HOMES_SEED', kind: 'text', fallback: 'tulip-street', about: 'The same seed gives the same homes' },
  driftMsADay: {
    name: 'HOMES_DRIFT_MS',
    kind: 'integer',
    fallback: 0,
    min: -600_000,
    max: 600_000,
    about: 'The clocks gain so many milliseconds a day',
  },
  silentHome: {
    name: 'HOMES_SILENT',
    kind: 'integer',
    fallback: 0,
    min: 0,
    max: 10_000,
    about: 'This home never says anything; 0 for none',
  },
  dropPermille: { name: 'HOMES_DROP', ...PERMILLE, about: 'Of a thousand messages so many are lost inside the meter' },
  duplicatePermille: { name: 'HOMES_DUPLICATE', ...PERMILLE, about: 'Of a thousand messages so many are sent twice' },
  badJsonPermille: {
    name: 'HOMES_BAD_JSON',
    ...PERMILLE,
    about: 'Of a thousand messages so many are preceded by half of themselves',
  },
} as const satisfies SettingsTable;

export type HomesConfig = SettingsOf<typeof SETTINGS>;

const SECOND_MS = 1_000;

export const start: Start<HomesConfig> = async (config, { ports: { clock, random }, log }) => {
  checkAmqpUrl(config.amqpUrl, 'AMQP_URL');
  const { apiKey, seed, driftMsADay } = config;
  const startedMs = clock.nowMs();
  const homes = Array.from({ length: config.homes }, (_, index) => index + 1)
    .filter((number) => number !== config.silentHome)
    .map((number) => new OneSecondHome({ seed, number, driftMsADay }));
  const { amqpUrl: url, username, password, exchange } = config;
  const publisher = new AmqpPublisher({ url, username, password, exchange, clock, random });
  const rates = {
    drop: config.dropPermille / 1_000,
    duplicate: config.duplicatePermille / 1_000,
    badJson: config.badJsonPermille / 1_000,
    reorder: 0,
  };
  let published = 0;
  let confirmed = 0;
  let timer: Timer | undefined;

  const second = (): void => {
    const atMs = Math.floor(clock.nowMs() / SECOND_MS) * SECOND_MS;
    for (const home of homes) {
      const { payloads } = disturb(home.message(atMs, atMs - startedMs), rates, seed, home.number, atMs);
      for (const payload of payloads) {
        published += 1;
        publisher.publish(formatRoutingKey(apiKey, home.deviceId, 'attrs'), payload, () => {
          confirmed += 1;
        });
      }
    }
    timer = clock.after(SECOND_MS - (clock.nowMs() % SECOND_MS), second);
  };
  second();
  log.info({ homes: homes.length, seed, url }, 'The homes speak.');

  return {
    health(): Health {
      const { waiting, givenUp, isConnected } = publisher;
      const figures = { homes: homes.length, published, confirmed, waiting, givenUp, connected: isConnected ? 1 : 0 };
      if (isConnected) return { state: 'ready', figures };
      return { state: 'degraded', reason: 'The AMQP broker is away.', figures };
    },
    async stop() {
      timer?.cancel();
      await publisher.stop();
    },
  };
};
