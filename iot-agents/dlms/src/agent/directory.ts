/** The devices of this agent by what they say of themselves, and where each is. Kept beside the registry and renewed when it changes. */

import type { Device, DeviceRegistry } from '@contor/agent-kit';
import { type Logger, toHex } from '@contor/kit';
import { type DlmsEndpoint, parseEndpoint } from './endpoint.js';

export interface Known {
  readonly device: Device;
  /** Absent: it is not asked, it pushes. */
  readonly endpoint: DlmsEndpoint | undefined;
}

export class Directory {
  readonly #registry: Pick<DeviceRegistry, 'all' | 'onChange'>;
  readonly #log: Logger;
  readonly #forget: () => void;
  #byTitle = new Map<string, Known>();
  #bySerial = new Map<string, Known>();
  #byKey = new Map<string, Known>();
  #isStale = true;

  constructor(registry: Pick<DeviceRegistry, 'all' | 'onChange'>, log: Logger) {
    this.#registry = registry;
    this.#log = log;
    this.#forget = registry.onChange(() => {
      this.#isStale = true;
    });
  }

  of({ apiKey, deviceId }: Pick<Device, 'apiKey' | 'deviceId'>): Known | undefined {
    this.#renew();
    return this.#byKey.get(`${apiKey}/${deviceId}`);
  }

  withTitle(title: Uint8Array): Known | undefined {
    this.#renew();
    return this.#byTitle.get(toHex(title));
  }

  withSerial(serial: string): Known | undefined {
    this.#renew();
    return this.#bySerial.get(serial);
  }

  close(): void {
    this.#forget();
  }

  #renew(): void {
    if (!this.#isStale) return;
    this.#isStale = false;
    this.#byTitle = new Map();
    this.#bySerial = new Map();
    this.#byKey = new Map();
    for (const device of this.#registry.all()) {
      const known = { device, endpoint: this.#endpointOf(device) };
      this.#byKey.set(`${device.apiKey}/${device.deviceId}`, known);
      if (known.endpoint?.title !== undefined) this.#byTitle.set(toHex(known.endpoint.title), known);
      if (device.serialNumber !== undefined) this.#bySerial.set(device.serialNumber, known);
    }
  }

  #endpointOf({ deviceId, endpoint }: Device): DlmsEndpoint | undefined {
    if (endpoint === undefined) return undefined;
    try {
      return parseEndpoint(endpoint);
    } catch (error) {
      this.#log.error({ deviceId, error }, 'A device is provisioned with an endpoint that is none.');
      return undefined;
    }
  }
}
