/** For operators, beside QuantumLeap's API: how much there is, how long it is kept, what was erased, and backups. */

import { basename } from 'node:path';
import { fault } from '../fault.js';
import { MAX_RULES, type RetentionRule } from '../store/retention.js';
import { type Answer, faultAnswer, json } from './answer.js';
import type { Asked, House } from './asked.js';

/** A century: longer is forever, and forever needs no rule. */
const MAX_DAYS = 36_525;
const BACKUP_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

export async function answerStats({ store }: House, { tenant }: Asked): Promise<Answer> {
  const { databaseBytes, freeBytes, archiveBytes, tables } = await store.sizes();
  const types = store.catalogue.tablesOf(tenant).map(({ table, type, entities, kept }) => {
    const { hot, late, sealed, archived, replaced, readings } = tables.find((size) => size.table === table) ?? NO_SIZE;
    const months = { sealed: 0, archived: 0 };
    for (const { archive } of kept) months[archive === undefined ? 'sealed' : 'archived'] += 1;
    return { type, entities: entities.length, readings, rows: { hot, late, sealed, archived, replaced }, months };
  });
  const readings = tables.reduce((sum, table) => sum + table.readings, 0);
  const bytesPerReading = readings === 0 ? null : (databaseBytes - freeBytes + archiveBytes) / readings;
  return json({ databaseBytes, freeBytes, archiveBytes, readings, bytesPerReading, types });
}

const NO_SIZE = { hot: 0, late: 0, sealed: 0, archived: 0, replaced: 0, readings: 0 };

/** Seals, archives and forgets what is due, without waiting for the next round. */
export async function tidy({ store }: House): Promise<Answer> {
  return json(await store.tidy());
}

export function answerRetention({ retention }: House, { tenant }: Asked): Answer {
  return json(retention.rules.filter((rule) => rule.tenant === tenant).map(({ type, days }) => ({ type, days })));
}

/** The rules of one tenant, whole: `[{"type": "ACMeasurement", "days": 730}, {"days": 3653}]`; an empty list keeps all. */
export async function setRetention(house: House, asked: Asked): Promise<Answer> {
  const rules = readRules(asked);
  if (typeof rules === 'string') {
    return faultAnswer(fault(400, 'Bad Request', rules));
  }
  const others = house.retention.rules.filter(({ tenant }) => tenant !== asked.tenant);
  if (others.length + rules.length > MAX_RULES) {
    return faultAnswer(fault(400, 'Bad Request', `All tenants together have at most ${MAX_RULES} rules.`));
  }
  await house.retention.replace([...others, ...rules]);
  return answerRetention(house, asked);
}

export async function answerErasures({ store }: House, { tenant }: Asked): Promise<Answer> {
  const proofs = await store.erasures(tenant);
  return json(
    proofs.map(({ atMs, sequence, type, subject, fromMs, toMs, rows }) => ({
      ...{ at: iso(atMs), sequence, type, subjectSha256: subject, rows },
      ...{ from: fromMs === undefined ? undefined : iso(fromMs), to: toMs === undefined ? undefined : iso(toMs) },
    })),
  );
}

/** `{"name": "…"}` or no body: the moment is the name then. */
export async function backUp({ store, backups }: House, asked: Asked): Promise<Answer> {
  const given = readBody(asked);
  const name = isRecord(given) && given.name !== undefined ? given.name : iso(asked.arrivalMs).replaceAll(/[:.]/g, '-');
  if (typeof name !== 'string' || !BACKUP_NAME.test(name)) {
    return faultAnswer(
      fault(400, 'Bad Request', 'The name of a backup has letters, digits, dots and dashes, up to 100.'),
    );
  }
  if (await backups.exists(name)) {
    return faultAnswer(fault(409, 'Conflict', `There is a backup ${name} already.`));
  }
  const { folder, files, bytes } = await backups.make(store, name);
  return json({ folder, name: basename(folder), files, bytes }, 201);
}

function readRules({ tenant, ...asked }: Asked): readonly RetentionRule[] | string {
  const given = readBody({ tenant, ...asked });
  if (!Array.isArray(given)) {
    return 'The body is a list of rules: [{"type": "ACMeasurement", "days": 730}].';
  }
  const rules: RetentionRule[] = [];
  for (const each of given) {
    const { type, days } = isRecord(each) ? each : {};
    if (type !== undefined && (typeof type !== 'string' || type === '')) {
      return 'The type of a rule is an entity type; without one it holds for every type.';
    }
    if (typeof days !== 'number' || !Number.isInteger(days) || days < 1 || days > MAX_DAYS) {
      return `The days of a rule are a whole number from 1 to ${MAX_DAYS}.`;
    }
    if (rules.some((rule) => rule.type === type)) {
      return `There are two rules for ${type ?? 'every type'}.`;
    }
    rules.push({ tenant, type, days });
  }
  return rules;
}

function readBody({ body }: Asked): unknown {
  try {
    return body === undefined || body.length === 0 ? undefined : JSON.parse(new TextDecoder().decode(body));
  } catch (error) {
    if (error instanceof SyntaxError) {
      return undefined; // Answered as any other body that is not what it should be.
    }
    throw error;
  }
}

function isRecord(given: unknown): given is Readonly<Record<string, unknown>> {
  return typeof given === 'object' && given !== null && !Array.isArray(given);
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
