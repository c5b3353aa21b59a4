/** What the rooms of the service share: the journal, the world outside, the keys, and how somebody is alarmed. */

import type { Clock, Logger, Random } from '@contor/kit';
import type { Signer } from '@contor/policy';
import { type Caps, capsOf } from '../core/caps.js';
import type { CommandContext } from '../core/ports.js';
import type { StatementReader } from '../intake/statements.js';
import { type Alarm, alarmEntity } from '../outlet/alarms.js';
import type { Journal } from '../store/journal.js';

export interface WorkSettings {
  readonly tenant: string;
  /** Longest random delay of what takes a supply away. */
  readonly longestDelayMs: number;
  /** How long an agent may carry out an order after it was signed. */
  readonly orderValidMs: number;
  /** Supplies an hour that may always be taken away, however small the fleet. */
  readonly smallFleet: number;
  /** URN → serial number of meters on which nothing hangs. */
  readonly simulated: ReadonlyMap<string, string>;
}

export interface Parts {
  readonly settings: WorkSettings;
  readonly journal: Journal;
  readonly context: CommandContext;
  readonly reader: StatementReader;
  readonly signer: Signer;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** The views of these have to be written again. */
  readonly touched: Set<string>;
}

/** In the journal when it resolves, and soon in the broker. */
export async function raise({ journal, log }: Parts, alarm: Alarm): Promise<void> {
  log.warn({ alarm: alarm.kind, about: alarm.key, device: alarm.device }, alarm.text);
  await journal.keepAlarm(alarmEntity(alarm));
}

/** The fleet changes slowly; the smaller of two counts is the safe one. */
const METERS_KNOWN_MS = 60_000;

export class CapsOfNow {
  readonly #parts: Parts;
  #known: { readonly caps: Caps; readonly atMs: number } | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async get(): Promise<Caps> {
    const { context, settings, clock } = this.#parts;
    const nowMs = clock.monotonicMs();
    if (this.#known === undefined || nowMs - this.#known.atMs > METERS_KNOWN_MS)
      this.#known = { caps: capsOf(await context.meters(), settings.smallFleet), atMs: nowMs };
    return this.#known.caps;
  }
}
