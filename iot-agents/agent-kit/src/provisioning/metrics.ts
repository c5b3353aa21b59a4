/** `/metrics`: the counters of iotagent-node-lib under their names, and every figure of our own health page. */

import { createMetrics, type Health } from '@contor/kit';

export interface TalliesOptions {
  readonly agent: string;
  readonly health: () => Health;
}

export interface Tallies {
  count(name: 'deviceCreationRequests' | 'deviceRemovalRequests'): void;
  text(): Promise<{ readonly contentType: string; readonly text: string }>;
}

/** Their name and the figure of ours that is the same. */
const THEIRS = [
  { name: 'measureRequests', figure: 'received', help: 'Measures received.' },
  { name: 'updateEntityRequestsOk', figure: 'forwarded', help: 'Entity states that the broker took.' },
  { name: 'updateEntityRequestsError', figure: 'deadLetters', help: 'Readings or states that were refused.' },
  { name: 'raiseAlarm', figure: 'alarmsRaised', help: 'Alarms raised.' },
  { name: 'releaseAlarm', figure: 'alarmsReleased', help: 'Alarms released.' },
] as const;

export function tallies({ agent, health }: TalliesOptions): Tallies {
  const metrics = createMetrics(agent);
  const created = metrics.counter('deviceCreationRequests', 'Requests to provision devices.');
  const removed = metrics.counter('deviceRemovalRequests', 'Requests to remove devices.');
  return {
    count: (name) => (name === 'deviceCreationRequests' ? created : removed).inc(),
    async text() {
      const { figures } = health();
      for (const { name, figure, help } of THEIRS) metrics.gauge(name, help).set(figures[figure] ?? 0);
      for (const [name, value] of Object.entries(figures))
        metrics.gauge(`contor_agent_${snakeCase(name)}`, `Figure ${name} of the agent's health.`).set(value);
      return { contentType: metrics.contentType, text: await metrics.text() };
    },
  };
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`).replace(/[^a-z0-9_]/g, '_');
}
