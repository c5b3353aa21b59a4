/**
 * Which relationships of the context lead to what may be granted, by entity type. Whoever sees the target sees the entity, while
 * the tie holds (`validFrom` and `validTo` beside it). A type without a row is seen by those only who see everything.
 */

/** What an attribute that points elsewhere says. */
export type TieKind =
  /** The entity is part of the target, and what is part of the entity is so in turn. */
  | 'part'
  /** The entity is seen with the target, but nothing is seen through it. */
  | 'with'
  /** The target is part of the entity. */
  | 'holds'
  /** The target's own facts (a name, a time zone, prices) are seen by whoever sees the entity. */
  | 'shows';

export interface TieRow {
  readonly kind: TieKind;
  /** Of several attributes the first that the entity has counts. A series of a meter is not also one of a whole site. */
  readonly by: readonly string[];
  /** Grants to customers do not go through it: two customers of one point do not see each other's names and bills. */
  readonly isPersonal?: true;
  /** Whoever is at the other end of the tie is seen from here too, but not what belongs to them elsewhere. */
  readonly isMutual?: true;
  /** Counts only for what is installed nowhere: once a meter has installations, they say where it was. */
  readonly isFallback?: true;
}

export interface TypeRow {
  readonly ties: readonly TieRow[];
  /** An installation: `child` is part of `parents` (the first it has) between its own `validFrom` and `validTo`. */
  readonly joins?: { readonly child: string; readonly parents: readonly string[] };
  /** The time the entity is about. `whole`: seen, for good, by those who saw all of it. `some`: seen by those who saw some of it. */
  readonly about?: {
    readonly from: readonly string[];
    readonly to: readonly string[];
    readonly rule: 'whole' | 'some';
  };
  /** Names the user it belongs to; that user always sees it. */
  readonly owner?: string;
  /** True: everybody sees it; a group only those who see every member. */
  readonly shared?: string;
  /** Seen only by those who see all of what it points to. */
  readonly needsAll?: true;
  /** Facts about the world that concern nobody: holidays, models of meters, market prices. */
  readonly isForEverybody?: true;
  /** Its facts are seen through what `shows` it. */
  readonly isShown?: true;
  /** A grant may name it. */
  readonly isGrantable?: true;
  /** Part of nothing, whatever a relationship says: a mistyped target must not put a whole site into somebody's hands. */
  readonly isRoot?: true;
}

const part = (...by: readonly string[]): TieRow => ({ kind: 'part', by });
const seenWith = (...by: readonly string[]): TieRow => ({ kind: 'with', by });
const personal = (tie: TieRow): TieRow => ({ ...tie, isPersonal: true });

const moment = (...by: readonly string[]) => ({ from: by, to: by, rule: 'whole' }) as const;
const period = (from: string, to: string) => ({ from: [from], to: [to], rule: 'whole' }) as const;

/** Of a meter, else of a point, else of a group or a site. */
const MEASURED: TypeRow = { ties: [part('refDevice', 'refPoint', 'refSite')] };
const SERIES: TypeRow = { ties: [seenWith('refDevice', 'refPoint', 'refGroup', 'refSite')] };
const RESULT = seenWith('refPoint', 'refGroup', 'refSite');
const OWN = { owner: 'ownerName', shared: 'isShared' } as const;

// biome-ignore format: a table
export const TIES = {
  Site: { ties: [], isShown: true, isGrantable: true, isRoot: true },
  Building: { ties: [part('refSite')], isShown: true },
  Customer: { ties: [{ kind: 'holds', by: ['refPoint'], isMutual: true }], isGrantable: true, isRoot: true },
  ConsumptionPoint: {
    ties: [
      part('refSite', 'refBuilding'),
      { kind: 'part', by: ['refCustomer'], isMutual: true },
      { kind: 'shows', by: ['refSite'] }, { kind: 'shows', by: ['refBuilding'] },
    ],
    isGrantable: true,
  },
  MeterGroup: { ties: [seenWith('refSite'), { kind: 'holds', by: ['hasMember'] }], ...OWN, isGrantable: true },
  Substation: { ties: [part('refSite')] },
  Feeder: { ties: [part('refSubstation')] },
  Device: { ties: [{ kind: 'part', by: ['refSite'], isFallback: true }] },
  DeviceModel: { ties: [], isForEverybody: true },
  MeterInstallation: {
    ties: [part('refPoint', 'refSite')],
    joins: { child: 'refDevice', parents: ['refPoint', 'refSite'] },
    about: { from: ['validFrom'], to: ['validTo'], rule: 'some' },
  },

  ACMeasurement: MEASURED,
  HeatMeasurement: MEASURED,
  GasMeasurement: MEASURED,
  WaterConsumptionObserved: MEASURED,
  IndoorEnvironmentObserved: MEASURED,
  IntervalReading: SERIES,
  ValidatedReading: SERIES,
  AggregatedReading: SERIES,
  Acquisition: { ...MEASURED, about: period('windowStart', 'windowEnd') },

  Contract: {
    ties: [part('refCustomer'), personal(seenWith('refPoint')), { kind: 'shows', by: ['refTariff'] }],
    about: { from: ['validFrom'], to: ['validTo'], rule: 'some' },
  },
  Bill: {
    ties: [part('refCustomer'), personal(seenWith('refPoint')), { kind: 'shows', by: ['refTariff'] }],
    about: period('periodStart', 'periodEnd'),
  },
  BillingRun: { ties: [seenWith('refGroup')] },
  Tariff: { ties: [], isShown: true },
  Calendar: { ties: [], isForEverybody: true },
  PriceFeed: { ties: [], isForEverybody: true },

  Alert: { ...MEASURED, about: moment('dateObserved', 'dateIssued', 'recordedAt') },
  Anomaly: { ...MEASURED, about: moment('dateDetected', 'recordedAt') },
  EventRule: { ties: [seenWith('refGroup', 'refSite')], owner: 'ownerName' },
  Forecast: { ties: [RESULT] },
  ApplianceUsage: { ties: [part('refDevice', 'refPoint')] },
  Flexibility: { ties: [RESULT] },
  DemandResponseEvent: { ties: [seenWith('refGroup', 'refSite')], about: period('periodStart', 'periodEnd') },
  ImbalanceAdvice: { ties: [seenWith('refPoint', 'refSite')], about: period('periodStart', 'periodEnd') },
  LossReport: { ties: [seenWith('refGroup', 'refFeeder', 'refSubstation')] },

  CommandRequest: { ties: [part('refDevice')], needsAll: true, about: moment('requestedAt') },
  ReadSchedule: { ties: [seenWith('refDevice', 'refGroup', 'refSite')] },
  ReadJob: { ties: [part('refDevice', 'refPoint')], about: period('windowStart', 'windowEnd'), owner: 'requestedBy' },
  DataSource: { ties: [seenWith('refSite')] },
  ExportJob: { ties: [], owner: 'requestedBy' },
  ReportDefinition: { ties: [], ...OWN },
  /** Who did what is asked of the audit trail, by those who may. */
  AuditRecord: { ties: [] },
} as const satisfies Readonly<Record<string, TypeRow>>;

type TiedType = keyof typeof TIES;

export function typeRow(type: string): TypeRow | undefined {
  return Object.hasOwn(TIES, type) ? TIES[type as TiedType] : undefined;
}

/**
 * Who others belong to. History keeps the values of relationships without their dates, so what it remembers of these would be ties that
 * never end: it may speak for the others only.
 */
const STRUCTURE: ReadonlySet<string> = new Set<TiedType>([
  ...(['Site', 'Building', 'Customer', 'ConsumptionPoint', 'Substation', 'Feeder'] as const),
  ...(['Device', 'MeterInstallation', 'MeterGroup'] as const),
]);

export function isStructure(type: string): boolean {
  return STRUCTURE.has(type);
}

/** What has to be asked of the broker (`pick`) to know the ties of every type. */
export const TIE_ATTRIBUTES: readonly string[] = [
  ...new Set(
    Object.values<TypeRow>(TIES).flatMap(({ ties, joins, about, owner, shared }) => [
      ...ties.flatMap(({ by }) => by),
      ...(joins === undefined ? [] : [joins.child, ...joins.parents]),
      ...(about === undefined ? [] : [...about.from, ...about.to]),
      ...[owner, shared].filter((name) => name !== undefined),
    ]),
  ),
].sort();
