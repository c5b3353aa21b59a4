/** Keys of meters, found in constant time however many there are. */

import type { MeterAddress } from '../header/address.js';
import { parseManufacturer } from '../header/manufacturer.js';

export type FindKey = (meter: MeterAddress) => Uint8Array | undefined;

export interface Keyring {
  readonly find: FindKey;
  readonly set: (meter: Pick<MeterAddress, 'id' | 'manufacturer'>, key: Uint8Array) => void;
  readonly remove: (meter: Pick<MeterAddress, 'id' | 'manufacturer'>) => void;
  readonly size: number;
}

const CODES = 0x1_0000;

/** Identification number and maker in one safe integer of 48 bits: a number hashes faster than a text. */
function slotOf({ id, manufacturer }: Pick<MeterAddress, 'id' | 'manufacturer'>): number {
  return Number.parseInt(id, 16) * CODES + parseManufacturer(manufacturer);
}

export function keyring(): Keyring {
  const keys = new Map<number, Uint8Array>();
  return {
    find: (meter) => keys.get(slotOf(meter)),
    set: (meter, key) => void keys.set(slotOf(meter), key),
    remove: (meter) => void keys.delete(slotOf(meter)),
    get size() {
      return keys.size;
    },
  };
}
