/**
 * One child of the launcher: starts services when told, reports their health, stops them in reverse order. It ignores the
 * terminal's Ctrl-C, which reaches every process of the group: the launcher decides the order in which things stop.
 */

import { createLogger, type Environment, type Running, realPorts } from '@contor/kit';
import { serviceNamed } from '../services.js';
import { trustFrom } from '../trust.js';
import { startClientSecret } from './client-secret.js';
import { startPlatform } from './platform.js';
import type { FromChild, ToChild } from './protocol.js';
import { startProvision } from './provision.js';

const HEALTH_EVERY_MS = 2_000;

type StartByEnvironment = (source: NodeJS.ProcessEnv, environment: Environment) => Promise<Running>;

/** Steps that only the launcher needs; everything else is in the services table. */
const OWN_STEPS: Readonly<Record<string, StartByEnvironment>> = {
  provision: startProvision,
  'client-secret': startClientSecret,
  platform: startPlatform,
};

await trustFrom(process.env);
const ports = realPorts();
const running = new Map<string, Running>();
const log = createLogger({ service: process.env.CONTOR_PROCESS ?? 'child' });
let stopping: Promise<void> | undefined;
/** One start after the other: after a crash all come at once, and some stand on what the one before has made. */
let starting: Promise<void> = Promise.resolve();

function say(message: FromChild): void {
  if (process.connected) process.send?.(message);
}

async function starterOf(name: string): Promise<StartByEnvironment> {
  const own = OWN_STEPS[name];
  if (own !== undefined) return own;
  const service = await serviceNamed(name).load();
  return service.start;
}

async function start(name: string): Promise<void> {
  try {
    const begin = await starterOf(name);
    const service = await begin(process.env, { ports, log: log.child({ service: name }) });
    if (!(name in OWN_STEPS)) running.set(name, service);
    say(
      service.url === undefined ? { kind: 'ready', service: name } : { kind: 'ready', service: name, url: service.url },
    );
  } catch (error) {
    log.error({ service: name, error }, 'could not start');
    say({ kind: 'failed', service: name, message: error instanceof Error ? error.message : String(error) });
  }
}

function stop(): Promise<void> {
  stopping ??= (async () => {
    for (const service of [...running.values()].reverse()) await service.stop();
    process.exit(0);
  })().catch((error: unknown) => {
    log.error({ error }, 'could not stop cleanly');
    process.exit(1);
  });
  return stopping;
}

process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => void stop());
process.on('disconnect', () => void stop());
process.on('message', (message: ToChild) => {
  if (message.kind === 'stop') void stop();
  else starting = starting.then(() => start(message.service));
});

/** The modules of this process are loaded while earlier phases start, so that a `start` has only the start to do. */
const expected = (process.env.CONTOR_SERVICES ?? '').split(',').filter((name) => name !== '' && !(name in OWN_STEPS));
await Promise.all(expected.map((name) => serviceNamed(name).load()));
say({ kind: 'loaded' });

setInterval(() => {
  const services = Object.fromEntries([...running].map(([name, service]) => [name, service.health()]));
  say({ kind: 'health', services, rssBytes: process.memoryUsage.rss() });
}, HEALTH_EVERY_MS);
