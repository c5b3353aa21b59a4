/** What the command service needs of the world around it: behind it stands the broker, or a test. */

import type { NgsiEntity } from '@contor/orion-config';
import type { Shown } from './outcome.js';

/** A CommandRequest as it lies in the broker: nothing of it counts but what the gateway signed. */
export interface TellingEntity {
  readonly id: string;
  readonly statements: readonly string[];
}

export interface DeviceFacts {
  readonly name: string | undefined;
  readonly serialNumber: string | undefined;
  /** Why its supply must not be taken away: said on the device, or on the point it is installed at. */
  readonly protection: string | undefined;
}

/** What became of a request to the broker: `unclear` when nobody can say whether the meter was told. */
export type Sending =
  | { readonly kind: 'taken' }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'unclear'; readonly reason: string };

export interface CommandContext {
  /** Requests that are new, or not over. */
  pending(): Promise<readonly TellingEntity[]>;
  request(id: string): Promise<TellingEntity | undefined>;
  control(): Promise<readonly string[]>;
  devices(ids: readonly string[]): Promise<ReadonlyMap<string, DeviceFacts>>;
  meters(): Promise<number>;
  /** What the meters of these devices show, and what was answered to these orders. */
  shown(asked: readonly Asked[]): Promise<ReadonlyMap<string, Shown>>;
  /** Once, whatever happens. Never rejects. */
  send(device: string, command: string, order: string): Promise<Sending>;
  /** Durable when it resolves. */
  tell(entities: readonly NgsiEntity[]): Promise<void>;
  /** Takes entities away; those that are gone already are no fault. */
  forget(ids: readonly string[]): Promise<void>;
}

export interface Asked {
  readonly device: string;
  readonly command: string;
  readonly orderId: string;
}
