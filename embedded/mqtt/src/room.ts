/**
 * Whether the log takes messages, told to the operator: one line when refusing begins, one when it is over. A refusal in between is
 * only counted, or a full disk would be filled with lines about itself.
 */

import { type Clock, DiskFullError, type LogFullError, type Logger, type Timer } from '@contor/kit';

/** Between two publishes a nearly full disk may take one and refuse the next: it is over when none was refused for so long. */
const CALM_MS = 2_000;

const FIXES = {
  'disk.full':
    'Free space on the disk of this folder, or stop and move MQTT_DATA to a larger one; no restart is needed.',
  'log.full': 'Bring back the subscriber that is behind, or start with a larger MQTT_MAX_STORE.',
} as const;

export interface RoomOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly directory: string;
}

export class Room {
  readonly #options: RoomOptions;
  #isRefusing = false;
  #refusals = 0;
  #calm: Timer | undefined;

  constructor(options: RoomOptions) {
    this.#options = options;
  }

  refused(error: DiskFullError | LogFullError): void {
    this.#calm?.cancel();
    this.#calm = undefined;
    this.#refusals += 1;
    if (this.#isRefusing) return;
    this.#isRefusing = true;
    const { log, directory: folder } = this.#options;
    if (error instanceof DiskFullError)
      log.error(
        { code: error.code, folder, fix: FIXES['disk.full'] },
        'The disk is full: messages are not acknowledged until there is room; what was acknowledged is safe.',
      );
    else
      log.error(
        { code: error.code, folder, fix: FIXES['log.full'], ...error.context },
        'The log has reached its bound: messages are not acknowledged until there is room; what was acknowledged is safe.',
      );
  }

  accepted(): void {
    if (!this.#isRefusing) return;
    this.#calm ??= this.#options.clock.after(CALM_MS, () => this.#isOver());
  }

  #isOver(): void {
    const { log, directory: folder } = this.#options;
    log.info({ folder, refusals: this.#refusals }, 'There is room again: messages are acknowledged.');
    this.#calm = undefined;
    this.#isRefusing = false;
    this.#refusals = 0;
  }
}
