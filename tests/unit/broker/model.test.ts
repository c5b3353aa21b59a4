/**
 * Random operations on three tenants, with restarts and power cuts in between, against a reference model: the same answers,
 * the same entities, and nothing of one tenant in another. A model with one rule changed must be caught.
 */

import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { times } from '../../support/long.js';
import { type Heard, type Live, openLive } from './model/live.js';
import { type Operation, operation } from './model/operations.js';
import { Reference } from './model/reference.js';
import { RULES, type Said } from './model/rules.js';

const TENANTS = ['default', 'one', 'two'];
const RUNS = times(20, 300);
/** Seconds on an idle machine, more on a busy one. */
const PATIENCE_MS = 60_000;
const operations = fc.array(operation, { minLength: 5, maxLength: 25 });

let live: Live;
beforeAll(async () => {
  live = await openLive();
});

async function conform(made: readonly Operation[], rules: Partial<typeof RULES> = {}): Promise<void> {
  await live.begin(made.length);
  const reference = new Reference(rules);
  for (const one of made) {
    await live.clock.advance(1_000);
    reference.nowMs = live.clock.nowMs();
    const heard = await one.live(live);
    const said = one.reference(reference);
    if (heard !== undefined) expect(plain(heard)).toEqual(said);
    await compare(reference, one.tenant === undefined ? TENANTS : [one.tenant]);
  }
  await compare(reference, TENANTS);
}

async function compare(reference: Reference, tenants: readonly string[]): Promise<void> {
  for (const tenant of tenants) {
    const heard = await live.send('GET', '/entities?type=*&limit=1000&options=sysAttrs', tenant);
    const entities = heard.status === 404 ? undefined : plain(heard).body;
    expect({ tenant, entities }).toEqual({ tenant, entities: reference.all(tenant) });
  }
}

/** An answer as the model would give it. */
function plain({ status, json }: Heard): Said {
  if (status === 200) return { status, body: (json as object[]).map(plainEntity) };
  if (status === 201) return Array.isArray(json) ? { status, body: [...json].sort() } : { status };
  if (status !== 207) return { status };
  const { success, errors, updated, notUpdated } = json as Record<string, never[]>;
  if (updated !== undefined)
    return { status, body: { updated, notUpdated: notUpdated?.map(({ attributeName }) => attributeName) } };
  const failed = errors?.map(
    ({ entityId, error }: { entityId: string; error: { status: number } }) => `${entityId} ${error.status}`,
  );
  return { status, body: { success: [...(success ?? [])].sort(), errors: failed?.sort() } };
}

/** Without the times the model does not keep. */
function plainEntity(entity: object): unknown {
  const { modifiedAt, createdAt, ...rest } = entity as Record<string, unknown>;
  return { ...(withoutTimes(rest) as object), createdAt: Date.parse(String(createdAt)) };
}

function withoutTimes(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(withoutTimes);
  if (typeof json !== 'object' || json === null) return json;
  const kept = Object.entries(json).filter(([key]) => key !== 'createdAt' && key !== 'modifiedAt');
  return Object.fromEntries(kept.map(([key, value]) => [key, withoutTimes(value)]));
}

/** Seeds under which the rarer mistakes are met within forty draws. */
const SOON: Readonly<Record<string, number>> = {
  ...{ mergeGoesIn: 4, mergeChangesKind: 8, partialKeepsKind: 1, deleteTakesOne: 6 },
};

describe('the broker and its reference model', () => {
  it(
    'give the same answers',
    async () => {
      await fc.assert(
        fc.asyncProperty(operations, (made) => conform(made)),
        { numRuns: RUNS },
      );
    },
    PATIENCE_MS,
  );

  it.each(Object.keys(RULES))(
    'a model that has %s wrong is caught',
    async (rule) => {
      const result = await fc.check(
        fc.asyncProperty(operations, (made) => conform(made, { [rule]: false })),
        { numRuns: 400, seed: SOON[rule] ?? 5, endOnFailure: true },
      );
      expect(result.failed).toBe(true);
    },
    PATIENCE_MS,
  );
});
