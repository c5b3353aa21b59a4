/**
 * What may be written through the gateway, as a table. Every attribute of the platform has one writer, so most of what services and
 * agents write is read-only here; commands, bills and the audit trail have doors of their own. Ties say who sees what: somebody with
 * a limited scope cannot move them, but for groups and results they make of what they see anyway.
 */

import { readTies } from '../scope/read-ties.js';
import { covers } from '../scope/spans.js';
import { typeRow } from '../scope/ties.js';
import type { Scope, ScopeIndex, TiedEntity } from '../scope.js';

export interface WritableRow {
  /** Who may make and remove one, and change its ties: those who see everything, or anybody with `context.write`. */
  readonly by: 'everything' | 'anybody';
  /** Attributes anybody with `context.write` may change; undefined: all of the type but its ties. */
  readonly attributes?: readonly string[];
}

const PLACE: WritableRow = { by: 'everything' };

// biome-ignore format: a table
export const WRITABLE_TYPES = {
  Site: PLACE, Building: PLACE, Customer: PLACE, Substation: PLACE, Feeder: PLACE,
  MeterInstallation: PLACE, DeviceModel: PLACE,
  /** Whose supply is protected from being switched off is not for partners to say. */
  ConsumptionPoint: {
    by: 'everything',
    attributes: [
      'name', 'description', 'address', 'location', 'code', 'supplyType', 'refSite', 'refBuilding', 'refCustomer',
      'refFeeder', 'refSubstation', 'voltageLevel', 'contractedPower', 'status',
    ],
  },
  /** Its commands, their answers, keys and what the agent knows of it are not among them. */
  Device: {
    by: 'everything',
    attributes: [
      'name', 'description', 'address', 'location', 'serialNumber', 'deviceCategory', 'controlledProperty', 'protocol',
      'hardwareVersion', 'reportingIntervalSeconds', 'profileIntervalSeconds', 'sealNumbers', 'refDeviceModel',
      'refGateway', 'refSite', 'status', 'source',
    ],
  },
  Tariff: PLACE, Contract: PLACE, Calendar: PLACE, PriceFeed: PLACE, DataSource: PLACE, ReadSchedule: PLACE,

  MeterGroup: { by: 'anybody' }, EventRule: { by: 'anybody' }, ReportDefinition: { by: 'anybody' },
  Forecast: { by: 'anybody' }, Flexibility: { by: 'anybody' }, DemandResponseEvent: { by: 'anybody' },
  ImbalanceAdvice: { by: 'anybody' },

  /** Made by services; people say what became of them. */
  Alert: { by: 'everything', attributes: ['status', 'acknowledgedBy', 'acknowledgedAt', 'assignedTo', 'closedAt'] },
  Anomaly: { by: 'everything', attributes: ['status'] },
} as const satisfies Readonly<Record<string, WritableRow>>;

export interface Write {
  readonly deed: 'create' | 'change' | 'delete';
  readonly id: string;
  /** As the message says. Of an entity that is there it may be repeated, not changed. */
  readonly type?: unknown;
  /** As the broker holds it, for an entity that is there and the index does not know; never from the message. */
  readonly storedType?: string;
  /** What is said of it, by name. */
  readonly attributes: Readonly<Record<string, unknown>>;
}

export type WriteVerdict =
  | { readonly kind: 'allow' }
  | { readonly kind: 'deny'; readonly status: 400 | 403 | 404; readonly code: WriteDenial; readonly detail: string };

export type WriteDenial = 'entity.unknown' | 'write.type' | 'write.attribute' | 'write.tie' | 'write.name';

const ALLOW: WriteVerdict = { kind: 'allow' };
/** Short names only: a longer one could be another word for one that is forbidden (JSON-LD 1.1, IRI expansion). */
const SHORT_NAME = /^[A-Za-z][A-Za-z0-9_]*$/;
/** Of the entity or the message, not attributes. `scope` of NGSI-LD is not used, and nobody may begin to. */
const WORDS: ReadonlySet<string> = new Set(['id', 'type']);

/** Who writes, and the index of who sees what. Functions are asked elsewhere. */
export function checkWrite(scope: Scope, index: ScopeIndex, write: Write, nowMs: number): WriteVerdict {
  const isNew = write.deed === 'create';
  const type = isNew ? write.type : (index.typeOf(write.id) ?? write.storedType);
  const isThere = isNew || (type !== undefined && index.isVisible(scope, write.id, nowMs));
  if (!isThere) return deny(404, 'entity.unknown', 'There is no such entity.');
  const row = typeof type === 'string' ? writableRow(type) : undefined;
  if (typeof type !== 'string' || row === undefined) {
    return deny(403, 'write.type', 'Entities of this type are not written here.');
  }
  if (write.type !== undefined && write.type !== type) return deny(403, 'write.type', 'An entity keeps its type.');
  const names = Object.keys(write.attributes).filter((name) => !WORDS.has(name));
  const long = names.find((name) => !SHORT_NAME.test(name));
  if (long !== undefined) return deny(400, 'write.name', `${quoted(long)} is no short name of an attribute.`);
  const foreign = names.find((name) => row.attributes !== undefined && !row.attributes.includes(name));
  if (foreign !== undefined) return deny(403, 'write.attribute', `${quoted(foreign)} is not written here.`);
  if (scope.kind === 'everything') return ALLOW;
  return checkTies(scope, index, { ...write, type }, row, nowMs);
}

type Limited = Extract<Scope, { readonly kind: 'grants' }>;

function checkTies(
  scope: Limited,
  index: ScopeIndex,
  { deed, id, type, attributes }: Write & { readonly type: string },
  row: WritableRow,
  nowMs: number,
): WriteVerdict {
  const ties = tieNames(type);
  const touched = Object.keys(attributes).filter((name) => ties.has(name));
  if (row.by === 'everything') {
    if (deed !== 'change') return deny(403, 'write.type', 'Only those who see everything make and remove these.');
    const [tie] = touched;
    return tie === undefined ? ALLOW : deny(403, 'write.tie', `${quoted(tie)} says who sees it; it stays.`);
  }
  if (deed !== 'create' && typeRow(type)?.owner !== undefined && !index.isOwn(scope, id)) {
    return deny(403, 'write.type', 'Only its owner changes it.');
  }
  const entity: TiedEntity = { ...attributes, id, type };
  const outside = outsideTie(scope, index, entity, nowMs);
  if (outside !== undefined) return deny(403, 'write.tie', `${quoted(outside)} is not yours to tie something to.`);
  if (deed === 'create' && index.spansOfEntity(scope, entity).length === 0) {
    return deny(403, 'write.tie', 'A new entity is tied to something you see, or says that you own it.');
  }
  return ALLOW;
}

/** A target outside the scope, or a member for longer than one sees it; or an owner who is somebody else. */
function outsideTie(scope: Limited, index: ScopeIndex, entity: TiedEntity, nowMs: number): string | undefined {
  const tied = readTies(entity);
  if (tied === undefined) return entity.type;
  if (tied.isUnclear) return 'A date that cannot be read';
  if (tied.owner !== undefined && tied.owner !== scope.username) return tied.owner;
  for (const { child, parent, fromMs, toMs } of tied.links) {
    const isMember = parent === entity.id;
    const other = isMember ? child : parent;
    const spans = index.spansOf(scope, other);
    const isInside = isMember ? covers(spans, fromMs, toMs) : index.isVisible(scope, other, nowMs);
    if (!isInside) return other;
  }
  return undefined;
}

function writableRow(type: string): WritableRow | undefined {
  return Object.hasOwn(WRITABLE_TYPES, type) ? WRITABLE_TYPES[type as keyof typeof WRITABLE_TYPES] : undefined;
}

function tieNames(type: string): ReadonlySet<string> {
  const { ties = [], joins, about, owner, shared } = typeRow(type) ?? {};
  return new Set([
    ...ties.flatMap(({ by }) => by),
    ...(joins === undefined ? [] : [joins.child, ...joins.parents]),
    ...(about === undefined ? [] : [...about.from, ...about.to]),
    ...[owner, shared].filter((name) => name !== undefined),
  ]);
}

function deny(status: 400 | 403 | 404, code: WriteDenial, detail: string): WriteVerdict {
  return { kind: 'deny', status, code, detail };
}

function quoted(name: string): string {
  return `'${name.slice(0, 100)}'`;
}
