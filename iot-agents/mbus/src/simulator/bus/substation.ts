/** The controller of a simulated substation: a valve, a pump, the temperatures of the secondary side; it does what it is told, unless it is jammed. */

import type { MeterRecord } from '../../codec/record/record.js';
import { OUTPUTS_VIB, VALVE_VIB } from '../../session/operate.js';
import { heatPlant } from './plant.js';
import { records, whole } from './readout.js';
import { Slave } from './slave.js';

export interface SubstationOptions {
  readonly seed: string;
  readonly id: string;
  readonly primary: number;
  /** Its valve does not move. */
  readonly isJammed?: boolean;
}

const CONTROLLER = { manufacturer: 'SIE', version: 0x01, deviceType: 14 } as const;
const DELAY_BITS = 40;
const FIRST_PERCENT = 65;

export function simulatedSubstation({ seed, id, primary, isJammed = false }: SubstationOptions): Slave {
  const plant = heatPlant(`${seed}/substation`);
  let valvePercent = FIRST_PERCENT;
  let isPumpOn = true;
  const take = (told: readonly MeterRecord[]): void => {
    for (const { quantity, subunit, value } of told) {
      if (value.kind !== 'integer') continue;
      const number = Number(value.value);
      if (quantity === 'Dimensionless' && subunit === 1 && !isJammed && number >= 0 && number <= 100)
        valvePercent = number;
      if (quantity === 'Digital Output') isPumpOn = (number & 1) === 1;
    }
  };
  return new Slave({
    meter: { id, ...CONTROLLER },
    primary,
    answerDelayBits: DELAY_BITS,
    take,
    readout: (atMs) => {
      const { forwardC, returnC } = plant(atMs);
      // The warmer the house is kept, the wider the valve stands.
      const share = isPumpOn ? valvePercent / 100 : 0;
      return [
        records([
          whole('int8', [...VALVE_VIB], valvePercent, { subunit: 1 }),
          whole('int8', [...OUTPUTS_VIB], isPumpOn ? 1 : 0),
          whole('int16', [0x59], (returnC + (forwardC - returnC) * share) * 100),
          whole('int16', [0x5d], returnC * 100),
        ]),
      ];
    },
  });
}
