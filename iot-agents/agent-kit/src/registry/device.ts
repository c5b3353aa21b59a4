/** What an agent must know about a device before it believes a word of it. */

export interface Device {
  readonly apiKey: string;
  readonly deviceId: string;
  readonly tenant: string;
  /** Row of the agent's table of device models, e.g. `landis-gyr-e350-json`. */
  readonly model: string;
  /** Local part of the identifiers of its entities, e.g. `e350-0001` in `urn:ngsi-ld:ACMeasurement:e350-0001`. */
  readonly name: string;
  readonly refDevice: string;
  /** As it stands on the meter. An order must name it; without it the device takes none. */
  readonly serialNumber?: string | undefined;
  /** Nothing hangs on its breaker. Said by whoever provisions it, here and not in the context, where others may write. */
  readonly isSimulated?: boolean | undefined;
  readonly refPoint?: string | undefined;
  /** The zone whose days its acquisitions are counted in. */
  readonly timeZone: string;
  /** Digits before the decimal point at which its registers roll over. */
  readonly registerDigits: number;
  readonly reportingIntervalSeconds?: number | undefined;
}

/** Key of the registry, and `device` of the ingest record. */
export function deviceKey(apiKey: string, deviceId: string): string {
  return `${apiKey}/${deviceId}`;
}
