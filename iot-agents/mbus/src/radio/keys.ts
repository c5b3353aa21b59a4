/**
 * The keys of provisioned meters in memory, by the number on the meter: found in constant time, however many there are. They come from the
 * sealed store by reference, at start and when a device changes; a key that was changed in the store is used with the next change or start.
 */

import type { Device, DeviceRegistry } from '@contor/agent-kit';
import type { Logger, SecretReader } from '@contor/kit';
import type { Keyring } from '../codec/radio/keyring.js';

export interface MeterKeys {
  /** References that the store does not hold. */
  readonly missing: number;
  /** Ends with the last reading of the store. */
  close(): Promise<void>;
}

export interface MeterKeysOptions {
  /** Filled from here; whoever opens telegrams looks into it. */
  readonly ring: Keyring;
  readonly registry: Pick<DeviceRegistry, 'all' | 'onChange' | 'find'>;
  readonly secrets: SecretReader;
  readonly log: Logger;
}

/** `KAM-12345678`: the maker's letters and the number, as a radio meter is provisioned. */
const RADIO_ID = /^([A-Z]{3})-([0-9a-f]{8})$/;
const HEX_KEY = /^[0-9a-f]{32}$/i;
const LENGTHS: readonly number[] = [8, 16];

export function radioMeter({
  deviceId,
}: Pick<Device, 'deviceId'>): { readonly manufacturer: string; readonly id: string } | undefined {
  const [, manufacturer, id] = RADIO_ID.exec(deviceId) ?? [];
  return manufacturer === undefined || id === undefined ? undefined : { manufacturer, id };
}

export async function openMeterKeys({ ring, registry, secrets, log }: MeterKeysOptions): Promise<MeterKeys> {
  let missing = 0;
  let queue: Promise<unknown> = Promise.resolve();

  async function load(device: Device): Promise<void> {
    const meter = radioMeter(device);
    if (meter === undefined) return;
    if (device.keyReference === undefined) return ring.remove(meter);
    const key = keyOf(await secrets.use(device.keyReference));
    if (key !== undefined) return ring.set(meter, key);
    missing += 1;
    ring.remove(meter);
    log.warn({ device: device.deviceId }, 'A meter has a reference to a key that the store does not hold.');
  }

  for (const device of registry.all()) await load(device);
  const stop = registry.onChange((change) => {
    if (change.kind !== 'device' || change.device === undefined) return;
    const { device } = change;
    queue = queue.then(() => load(device)).catch((error: unknown) => log.error({ error }, 'A key could not be read.'));
  });
  return {
    get missing() {
      return missing;
    },
    async close() {
      stop();
      await queue;
    },
  };
}

/** Sixteen bytes (DES: eight), or their digits as people type them. */
function keyOf(secret: Uint8Array | undefined): Uint8Array | undefined {
  if (secret === undefined || LENGTHS.includes(secret.length)) return secret;
  const text = new TextDecoder('latin1').decode(secret).trim();
  return HEX_KEY.test(text) ? new Uint8Array(Buffer.from(text, 'hex')) : undefined;
}
