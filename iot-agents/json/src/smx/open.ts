/** The side that asks, put together from the settings. Opened where hosts are allowed, and only there. */

import type { Agent } from '@contor/agent-kit';
import { createGetter, type Environment, listHosts } from '@contor/kit';
import type { Take } from '../outages.js';
import type { AgentJsonConfig } from '../settings.js';
import { openSmxPull, type SmxPull } from './pull.js';

export type SmxSide = SmxPull;

export async function openSmx(
  config: AgentJsonConfig,
  { ports, log }: Environment,
  agent: Agent,
  take: Take,
  onFatal: (error: Error) => void,
): Promise<SmxSide | undefined> {
  const { pullHosts, pullToken: token, dataFolder } = config;
  if (pullHosts.length === 0) return undefined;
  // Meters stand in private networks, and a simulator on this machine.
  const getter = createGetter({ hosts: listHosts(pullHosts), reach: 'network' });
  const pull = await openSmxPull({
    ...{ registry: agent.registry, getter, token, dataFolder, take, log, onFatal, ...ports },
    setAside: (reason, detail, bytes) => agent.setAside({ reason, detail, channel: 'smx', bytes }),
  });
  return {
    get figures() {
      return pull.figures;
    },
    async stop() {
      // Whoever waits for an answer is not waited for.
      getter.close();
      await pull.stop();
    },
  };
}
