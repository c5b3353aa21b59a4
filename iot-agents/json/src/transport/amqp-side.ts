/** The AMQP side, put together from the settings. Opened where a broker is configured, and only there. */

import type { Agent } from '@contor/agent-kit';
import type { Environment } from '@contor/kit';
import type { Take } from '../outages.js';
import type { AgentJsonConfig } from '../settings.js';
import { type AmqpIntake, openAmqpIntake } from './amqp-intake.js';

/** RabbitMQ makes this user, and lets it in from its own machine only. */
const RABBIT_GUEST = 'guest';

export function openAmqpSide(
  config: AgentJsonConfig,
  { ports, log }: Environment,
  agent: Agent,
  take: Take,
  onFatal: (error: Error) => void,
): AmqpIntake | undefined {
  const { amqpUrl: url, amqpUsername: username, amqpPassword: password = RABBIT_GUEST, amqpQueue: queue } = config;
  if (url === undefined) return undefined;
  return openAmqpIntake({
    ...{ url, username, password, queue, exchange: config.amqpExchange, hubs: config.amqpHubs },
    ...{ isUserAsked: config.amqpUserAsked, clock: ports.clock, random: ports.random, log, onFatal },
    take: (reading, bytes) => take({ ...reading, bytes }),
    setAside: (reason, detail, bytes) => agent.setAside({ reason, detail, channel: 'amqp', bytes }),
  });
}
