/** A bus by seed: heat, water and gas meters in turn, with numbers of one batch, so that a search has digits to do. */

import { type Random, seededRandom } from '@contor/kit';
import { BUS_KINDS } from './readout.js';
import { Slave } from './slave.js';
import { simulatedSubstation } from './substation.js';

export interface BusWish {
  readonly seed: string;
  readonly meters: number;
  /** This one answers as late as the standard allows; 0 for none. */
  readonly slowMeter?: number;
  /** This one has the primary address of the one before it; 0 for none. */
  readonly collidingMeter?: number;
  /** This one never answers; 0 for none. */
  readonly deadMeter?: number;
  /** Behind the meters, the controller of the substation. */
  readonly hasSubstation?: boolean;
}

/** EN 13757-2, 5.5. */
const LEAST_DELAY_BITS = 11;
const MOST_DELAY_BITS = 330;
const USUAL_DELAY_BITS = 80;
const LARGEST_PRIMARY = 250;
const FIRST_ID = 10_000_000;
const ID_RANGE = 40_000_000;
/** Between the numbers of one batch. */
const SPACING = 9;
/** A maker whose numbers have a letter in them. */
const HEXADECIMAL_EVERY = 7;

export function simulatedSlaves({
  seed,
  meters,
  slowMeter = 0,
  collidingMeter = 0,
  deadMeter = 0,
  hasSubstation = false,
}: BusWish): readonly Slave[] {
  const random = seededRandom(`${seed}/bus`);
  const base = FIRST_ID + random.integer(ID_RANGE);
  const slaves = Array.from({ length: meters }, (_, index) => {
    const number = index + 1;
    const row = BUS_KINDS[index % BUS_KINDS.length] ?? BUS_KINDS[0];
    const { manufacturer, version, deviceType } = row;
    return new Slave({
      meter: { id: idOf(base, number, random), manufacturer, version, deviceType },
      primary: primaryOf(number === collidingMeter ? number - 1 : number),
      fabricationNumber: String(20_000_000 + number),
      readout: row.readout(`${seed}/${number}`),
      answerDelayBits: number === slowMeter ? MOST_DELAY_BITS : LEAST_DELAY_BITS + random.integer(USUAL_DELAY_BITS),
      isDead: number === deadMeter,
    });
  });
  if (!hasSubstation) return slaves;
  const id = String(base + (meters + 1) * SPACING);
  return [...slaves, simulatedSubstation({ seed, id, primary: primaryOf(meters + 1) })];
}

function primaryOf(number: number): number {
  return ((number - 1) % LARGEST_PRIMARY) + 1;
}

function idOf(base: number, number: number, random: Random): string {
  const digits = String(base + number * SPACING + random.integer(SPACING));
  return number % HEXADECIMAL_EVERY === 0 ? `${digits.slice(0, 5)}a${digits.slice(6)}` : digits;
}
