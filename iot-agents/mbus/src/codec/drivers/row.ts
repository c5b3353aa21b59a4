/** What a row of the maker tables says: whose telegrams, where the bytes lie, and which values are in them. */

import type { WireError } from '@contor/kit';
import type { RadioFrame } from '../radio/link.js';
import type { FieldRow } from './reading.js';

export interface MakerContext {
  readonly frame: RadioFrame;
  readonly key: Uint8Array | undefined;
}

/**
 * maker: behind a CI field A0 to B7. data: behind a DIF 0F. payload: instead of records, behind the transport header.
 * register: the data of a record with the VIF FF and these VIFEs.
 */
export type Where = 'maker' | 'data' | 'payload' | 'register';

export interface MakerRow {
  readonly driver: string;
  readonly manufacturer: string;
  /** None stands for all. */
  readonly versions?: readonly number[];
  readonly deviceTypes?: readonly number[];
  readonly where: Where;
  readonly vifes?: readonly number[];
  /** The maker's own encryption uses the key of the meter; without it a keyed meter is not heard. */
  readonly hasKey?: true;
  /** Fewer bytes than these are a fault. */
  readonly least: number;
  /** What must be done before the fields can be read: unscramble, or take a head off. */
  readonly open?: (payload: Uint8Array, context: MakerContext) => Uint8Array | WireError;
  readonly fields: readonly FieldRow[];
  /** Fields that come and go with the bytes. */
  readonly more?: (payload: Uint8Array) => readonly FieldRow[];
}
