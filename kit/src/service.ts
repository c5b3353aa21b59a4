/** What every server, agent, adapter and simulator looks like from outside: started by one function, asked for its health, stopped. */

import type { Logger } from './log.js';
import type { Ports } from './ports.js';

/** `starting`: recovering or connecting. `ready`: serving. `degraded`: serving, but something it depends on is not there. */
export type HealthState = 'starting' | 'ready' | 'degraded' | 'stopping';

export interface Health {
  readonly state: HealthState;
  /** One short sentence for a person when the state is not `ready`. */
  readonly reason?: string;
  /** Figures worth a look: queue lengths, lags, counts. Flat and numeric, so that metrics can be made of it. */
  readonly figures: Readonly<Record<string, number>>;
}

export interface Running {
  /** Base URL others reach it at, when it listens. */
  readonly url?: string;
  health(): Health;
  /** Finishes what is in flight, makes it durable, closes. Resolves within 10 s. */
  stop(): Promise<void>;
}

export interface Environment {
  readonly ports: Ports;
  readonly log: Logger;
}

export type Start<Config> = (config: Config, environment: Environment) => Promise<Running>;
