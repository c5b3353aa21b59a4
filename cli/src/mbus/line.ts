/** The line of the two commands, from their flags: every fault of these is named before anything is opened. */

import { ConfigError, type ConfigFault, realPorts } from '@contor/kit';
import { BAUDS } from '@contor/mbus/session/timing.js';
import { type Bus, openBus } from '@contor/mbus/transport/bus.js';
import type { LineFlags } from './command.js';

const LARGEST_PORT = 65_535;
const LONGEST_LATENCY_MS = 60_000;
const MOST_TRIES = 10;

export async function withBus<Result>(
  host: string,
  { port, baud, latency }: LineFlags,
  use: (bus: Bus) => Promise<Result>,
): Promise<Result> {
  const rate = BAUDS.find((known) => String(known) === baud);
  const faults: ConfigFault[] = [];
  if (rate === undefined) faults.push(wrong('--baud', baud, `one of ${BAUDS.join(', ')}`));
  if (!isWhole(port, 1, LARGEST_PORT)) faults.push(wrong('--port', port, 'a port'));
  if (!isWhole(latency, 0, LONGEST_LATENCY_MS))
    faults.push(wrong('--latency', latency, 'milliseconds, at most a minute'));
  if (faults.length > 0) throw new ConfigError(faults);
  const { net, clock } = realPorts();
  const bus = await openBus({ net, clock, host, port: Number(port), baud: rate, latencyMs: Number(latency) });
  try {
    return await use(bus);
  } finally {
    await bus.close();
  }
}

export function triesOf({ tries }: LineFlags): { readonly tries?: number } {
  if (tries === undefined) return {};
  if (!isWhole(tries, 1, MOST_TRIES)) throw new ConfigError([wrong('--tries', tries, `1 to ${MOST_TRIES}`)]);
  return { tries: Number(tries) };
}

export function wrong(flag: string, given: string, expected: string): ConfigFault {
  const message = `${flag} is '${given.slice(0, 40)}', but it must be ${expected}.`;
  return { code: 'config.malformed', message, fix: `Correct ${flag}.` };
}

export function isWhole(text: string, least: number, most: number): boolean {
  return /^\d{1,9}$/.test(text) && Number(text) >= least && Number(text) <= most;
}
