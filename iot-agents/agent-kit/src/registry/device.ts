/**
 * What an agent must know about a device before it believes a word of it. The fields are those of FIWARE's provisioning API
 * (iotagent-node-lib, device data model) and ours, which travel there in `internal_attributes`.
 */

/** A measure of a device and the attribute it becomes. */
export interface AttributeRow {
  /** As the device says it; the attribute's own name when it says the same. */
  readonly objectId?: string | undefined;
  readonly name: string;
  readonly type: string;
  /** JEXL over what the device said. */
  readonly expression?: string | undefined;
  /** A result equal to this is not published. */
  readonly skipValue?: unknown;
  readonly metadata?: Metadata | undefined;
  /** Another entity than the device's own: its name or an expression, and its type. */
  readonly entityName?: string | undefined;
  readonly entityType?: string | undefined;
}

export interface StaticRow {
  readonly name: string;
  readonly type: string;
  readonly value: unknown;
  readonly metadata?: Metadata | undefined;
}

export interface CommandRow {
  readonly objectId?: string | undefined;
  readonly name: string;
  readonly type: string;
  readonly expression?: string | undefined;
}

export type Metadata = Readonly<Record<string, { readonly type?: string | undefined; readonly value: unknown }>>;

/** true: only what is declared. A text: an expression that gives such a list. A list: these attributes, or these object ids. */
export type ExplicitAttrs = boolean | string | readonly (string | { readonly object_id: string })[];

/** How a polled device is reached. */
export interface Connection {
  readonly kind: 'tcp' | 'listen' | 'serial';
  /** Host and port, or the path of a serial port. */
  readonly address?: string | undefined;
  /** Devices of one line are asked one after the other; the address when it is not said. */
  readonly line?: string | undefined;
}

/** What a device and a group of devices can both say; the device's word is heard first. */
export interface Provisioned {
  readonly entityType?: string | undefined;
  readonly timeZone?: string | undefined;
  readonly transport?: string | undefined;
  readonly protocol?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly attributes?: readonly AttributeRow[] | undefined;
  readonly lazy?: readonly AttributeRow[] | undefined;
  readonly commands?: readonly CommandRow[] | undefined;
  readonly staticAttributes?: readonly StaticRow[] | undefined;
  /** Of others than us, kept as they came. */
  readonly internalAttributes?: readonly unknown[] | undefined;
  readonly explicitAttrs?: ExplicitAttrs | undefined;
  /** Whether each attribute says when it was observed; true when nobody says anything. */
  readonly timestamp?: boolean | undefined;
  /** Fields of the provisioning API that mean nothing here and are given back as they came. */
  readonly kept?: Readonly<Record<string, unknown>> | undefined;
  /** Row of the agent's table of device models, e.g. `landis-gyr-e350-json`. Without it the device is read by its attributes. */
  readonly model?: string | undefined;
  /** Digits before the decimal point at which its registers roll over. */
  readonly registerDigits?: number | undefined;
  readonly reportingIntervalSeconds?: number | undefined;
  /** Its schedules are those of this group. */
  readonly scheduleGroup?: string | undefined;
}

/** A device as it was provisioned: what nobody said is absent. */
export interface DeviceRecord extends Provisioned {
  readonly apiKey: string;
  readonly deviceId: string;
  /** FIWARE's service. */
  readonly tenant: string;
  /** FIWARE's subservice; `/` when it is not said. */
  readonly servicePath?: string | undefined;
  readonly entityName?: string | undefined;
  /** Local part of the identifiers of its entities, e.g. `e350-0001` in `urn:ngsi-ld:ACMeasurement:e350-0001`. */
  readonly name?: string | undefined;
  readonly refDevice?: string | undefined;
  /** As it stands on the meter. An order must name it; without it the device takes none. */
  readonly serialNumber?: string | undefined;
  /** Nothing hangs on its breaker. Said by whoever provisions it, here and not in the context, where others may write. */
  readonly isSimulated?: boolean | undefined;
  readonly refPoint?: string | undefined;
  /** It came by itself, with the key of its group. */
  readonly isAutoprovisioned?: boolean | undefined;
  readonly connection?: Connection | undefined;
  /** Name under which its key is kept; the key itself stands in no registry. */
  readonly keyReference?: string | undefined;
}

/** A device as an agent works with it: what it says itself, what its group says, and what follows from both. */
export interface Device extends DeviceRecord {
  readonly name: string;
  readonly refDevice: string;
  /** The zone whose days its acquisitions are counted in. */
  readonly timeZone: string;
  readonly registerDigits: number;
}

/** Key of the registry, and `device` of the ingest record. */
export function deviceKey(apiKey: string, deviceId: string): string {
  return `${apiKey}/${deviceId}`;
}

export function keyOfDevice({ apiKey, deviceId }: Pick<DeviceRecord, 'apiKey' | 'deviceId'>): string {
  return deviceKey(apiKey, deviceId);
}
