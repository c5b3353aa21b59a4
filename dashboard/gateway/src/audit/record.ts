/**
 * One record of the trail: as it is told, as it is kept, as it is shown. Kept it is canonical JSON whose personal parts are closed boxes;
 * to be shown it is opened again, as far as the keys are still there.
 */

import { type Box, closeBox, openBox, type Part } from './box.js';
import { canonicalJson } from './canonical.js';
import { cleanValue, cleanWord, MOST_TARGETS } from './clean.js';
import type { ACTOR_KINDS, AuditEntry, AuditLog, AuditOutcome } from './entry.js';
import type { SubjectKeys } from './subject-keys.js';

type ActorKind = (typeof ACTOR_KINDS)[number];

/** What stands in the chain. `format` tells versions of it apart. */
export interface KeptRecord {
  readonly format: number;
  /** Never the same twice; backwards only where the clock was set back by much. */
  readonly atMs: number;
  /** What the clock of the machine said, where that was something else. */
  readonly clockMs?: number;
  readonly log: AuditLog;
  readonly actor: { readonly id: string; readonly kind: ActorKind };
  readonly page: string;
  readonly operation: string;
  readonly outcome: AuditOutcome;
  readonly targets?: readonly string[];
  readonly correlation?: string;
  readonly reason?: string;
  readonly of?: number;
  readonly count?: number;
  readonly sinceMs?: number;
  /** Open only where they are nobody's. */
  readonly name?: string;
  readonly address?: string;
  readonly before?: unknown;
  readonly after?: unknown;
  readonly closed?: Partial<Readonly<Record<Part, Box>>>;
}

/** Everything but the times, which it gets when its place in the chain is known. */
export type PreparedRecord = Omit<KeptRecord, 'atMs' | 'clockMs'>;

/** What a page, a file or an export shows. docs/audit.md says what each field means. */
export interface ShownRecord {
  readonly sequence: number;
  readonly at: string;
  readonly log: AuditLog;
  readonly actor: { readonly id: string; readonly kind: ActorKind; readonly name?: string };
  readonly page: string;
  readonly operation: string;
  readonly targets?: readonly string[];
  readonly before?: unknown;
  readonly after?: unknown;
  readonly address?: string;
  readonly correlation?: string;
  readonly outcome: AuditOutcome;
  readonly reason?: string;
  readonly of?: number;
  readonly count?: number;
  readonly since?: string;
  readonly erased?: readonly Part[];
  readonly unreadable?: readonly Part[];
}

const FORMAT = 1;

export async function prepareRecord(entry: AuditEntry, keys: SubjectKeys): Promise<PreparedRecord> {
  const { log, outcome, of, sinceMs } = entry;
  const actor = { id: cleanWord(entry.actor.id), kind: entry.actor.kind };
  const person = withoutNothing({ name: word(entry.actor.name), address: word(entry.address) });
  const values = withoutNothing({ before: value(entry.before), after: value(entry.after) });
  const isSomebody = actor.id !== '' && actor.kind !== 'service';
  const closed = {
    ...(isSomebody && person !== undefined && { actor: await close(keys, actor.id, 'actor', person) }),
    ...(entry.subject !== undefined &&
      values !== undefined && { values: await close(keys, cleanWord(entry.subject), 'values', values) }),
  };
  return {
    ...{ format: FORMAT, log, actor, outcome },
    ...{ page: cleanWord(entry.page), operation: cleanWord(entry.operation) },
    ...(entry.targets !== undefined && { targets: entry.targets.slice(0, MOST_TARGETS).map(cleanWord) }),
    ...withoutNothing({ correlation: word(entry.correlation), reason: word(entry.reason), of, sinceMs }),
    ...countOf(entry),
    ...(isSomebody ? {} : person),
    ...(entry.subject === undefined ? values : {}),
    ...(Object.keys(closed).length > 0 && { closed }),
  };
}

/** Whoever names more targets than are kept still says how many there were. */
function countOf({ targets = [], count }: AuditEntry): { count?: number } {
  if (count !== undefined) return { count };
  return targets.length > MOST_TARGETS ? { count: targets.length } : {};
}

async function close(keys: SubjectKeys, subject: string, part: Part, value: object): Promise<Box> {
  return closeBox(await keys.take(subject), subject, part, value);
}

function word(text: string | undefined): string | undefined {
  return text === undefined ? undefined : cleanWord(text);
}

function value(given: unknown): unknown {
  return given === undefined ? undefined : cleanValue(given);
}

type Defined<T> = { [Name in keyof T]?: Exclude<T[Name], undefined> };

function withoutNothing<T extends object>(fields: T): Defined<T> | undefined {
  const entries = Object.entries(fields).filter(([, inner]) => inner !== undefined);
  return entries.length === 0 ? undefined : (Object.fromEntries(entries) as Defined<T>);
}

export function encodeRecord(record: KeptRecord): Uint8Array {
  return Buffer.from(canonicalJson(record), 'utf8');
}

/** The chain says that it is what we wrote, so it is taken as such. */
export function decodeRecord(body: Uint8Array): KeptRecord {
  return JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8')) as KeptRecord;
}

export async function showRecord(
  sequence: number,
  kept: KeptRecord,
  keys: Pick<SubjectKeys, 'find'>,
): Promise<ShownRecord> {
  const { format, atMs, clockMs, sinceMs, closed = {}, actor, name, ...rest } = kept;
  const erased: Part[] = [];
  const unreadable: Part[] = [];
  const opened: { name?: string; address?: string; before?: unknown; after?: unknown } = {};
  for (const [part, box] of Object.entries(closed) as [Part, Box][]) {
    const found = await openBox(keys, part, box);
    if (found.kind === 'value') Object.assign(opened, found.value);
    else (found.kind === 'erased' ? erased : unreadable).push(part);
  }
  const { name: openedName, ...others } = opened;
  const shownName = openedName ?? name;
  return {
    ...{ sequence, at: new Date(atMs).toISOString(), ...rest, ...others },
    actor: { ...actor, ...(shownName !== undefined && { name: shownName }) },
    ...(sinceMs !== undefined && { since: new Date(sinceMs).toISOString() }),
    ...(erased.length > 0 && { erased }),
    ...(unreadable.length > 0 && { unreadable }),
  };
}
