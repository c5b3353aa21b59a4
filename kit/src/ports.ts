/** The four ports together: what a service is handed at start and what a simulation replaces. */

import type { Clock } from './clock.js';
import type { Disk } from './disk.js';
import type { Net } from './net.js';
import type { Random } from './random.js';
import { realClock } from './real/clock.js';
import { realDisk } from './real/disk.js';
import { realNet } from './real/net.js';
import { realRandom } from './real/random.js';

export interface Ports {
  readonly clock: Clock;
  readonly disk: Disk;
  readonly net: Net;
  readonly random: Random;
}

export function realPorts(): Ports {
  return { clock: realClock(), disk: realDisk(), net: realNet(), random: realRandom() };
}
