/** Random operations as plain data, and how each is said to the broker and to the reference model. */

import fc from 'fast-check';
import { type Instance, isNull, type Members, NULL } from './attributes.js';
import type { Heard, Live } from './live.js';
import type { Reference } from './reference.js';
import type { BatchRule, Rule, Said } from './rules.js';

export interface Operation {
  readonly name: string;
  /** Where it can change something; undefined: everywhere. */
  readonly tenant?: string;
  live(live: Live): Promise<Heard | undefined>;
  reference(reference: Reference): Said | undefined;
}

/** Few of each, so that operations meet. */
const tenant = fc.constantFrom('default', 'default', 'default', 'one', 'one', 'two');
const id = fc.constantFrom('urn:e:1', 'urn:e:1', 'urn:e:2');
const attribute = fc.constantFrom('a', 'b');
const type = fc.constantFrom('T', 'U');
const scope = fc.constantFrom('/x', '/y/z', ['/x', '/y']);
const MOMENTS = ['2026-11-20T07:00:00Z', '2026-11-20T08:00:00Z'];
const DATASET = 'urn:d:1';

/** Seldom a null where a value could stand: `often` says how seldom. */
const orNull = <T>(arbitrary: fc.Arbitrary<T>, often: number): fc.Arbitrary<T | string> =>
  often === 0 ? arbitrary : fc.oneof({ weight: often, arbitrary }, { weight: 1, arbitrary: fc.constant(NULL) });

const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined, freq: 2 });

/** Without the members that are undefined. */
const record = (members: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<Members> =>
  fc.record(members).map((made) => Object.fromEntries(Object.entries(made).filter(([, value]) => value !== undefined)));

function instance(nulls: number, isNested = true): fc.Arbitrary<Instance> {
  const inner = nulls === 0 ? 0 : nulls * 2;
  const number = fc.integer({ min: 0, max: 9 });
  const compound = record({ x: maybe(orNull(number, inner)), y: maybe(record({ z: orNull(number, inner) })) });
  const more = {
    observedAt: maybe(orNull(fc.constantFrom(...MOMENTS), inner)),
    ...(isNested && { sub: maybe(orNull(fc.oneof(instance(nulls, false)), inner)) }),
  };
  const unit = maybe(orNull(fc.constantFrom('KWH', 'WTT'), inner));
  const texts = record({ en: maybe(orNull(fc.constantFrom('yes', 'no'), inner)), ro: fc.constantFrom('da', 'nu') });
  const property = record({
    type: fc.constant('Property'),
    value: orNull(fc.oneof(number, compound, compound, fc.constant([1, 2])), nulls),
    unitCode: unit,
    ...more,
  });
  const relationship = record({
    type: fc.constant('Relationship'),
    object: orNull(fc.constantFrom('urn:e:1', 'urn:e:9'), nulls),
    ...more,
  });
  const language = record({
    type: fc.constant('LanguageProperty'),
    languageMap: fc.oneof(orNull(texts, nulls), ...(nulls ? [fc.constant({ '@none': NULL })] : [])),
    ...more,
  });
  // Kinds that meet their like more often than not.
  return fc.oneof(property, property, property, relationship, language) as fc.Arbitrary<Instance>;
}

/** The default instance, one with a datasetId, or both. */
function instances(nulls: number): fc.Arbitrary<unknown> {
  const other = instance(nulls).map((one) => ({ ...one, datasetId: DATASET }));
  const both = fc.tuple(instance(nulls), other);
  return orNull(
    fc.oneof(
      { weight: 3, arbitrary: instance(nulls) },
      { weight: 1, arbitrary: other },
      { weight: 2, arbitrary: both },
    ),
    nulls,
  );
}

function body(nulls: number, isTyped: boolean): fc.Arbitrary<Members> {
  const types = fc.oneof(type, fc.constant(['T', 'U']));
  return record({
    type: isTyped ? types : maybe(types),
    scope: maybe(orNull(scope, nulls)),
    a: maybe(instances(nulls)),
    b: maybe(instances(nulls)),
  }).filter((made) => Object.keys(made).length > 0);
}

const whole = fc.oneof({ weight: 9, arbitrary: body(0, true) }, { weight: 1, arbitrary: body(6, true) });
const fragments: Readonly<Record<Rule, fc.Arbitrary<Members>>> = {
  append: body(0, false),
  appendNew: body(0, false),
  update: body(5, false),
  merge: body(4, false),
};
const PATHS: Readonly<Record<Rule, readonly ['POST' | 'PATCH', string]>> = {
  append: ['POST', '/attrs'],
  appendNew: ['POST', '/attrs?options=noOverwrite'],
  update: ['PATCH', '/attrs'],
  merge: ['PATCH', ''],
};
const BATCHES: Readonly<Record<BatchRule, string>> = {
  create: 'create',
  upsertReplace: 'upsert',
  upsertUpdate: 'upsert?options=update',
  append: 'update',
  appendNew: 'update?options=noOverwrite',
  merge: 'merge',
  delete: 'delete',
};

const create = fc.tuple(tenant, id, whole).map(
  ([t, e, json]): Operation => ({
    tenant: t,
    name: `create ${e} in ${t}: ${JSON.stringify(json)}`,
    live: (live) => live.send('POST', '/entities', t, { id: e, ...json }),
    reference: (reference) => reference.create(t, e, json),
  }),
);

const replace = fc.tuple(tenant, id, whole).map(
  ([t, e, json]): Operation => ({
    tenant: t,
    name: `replace ${e} in ${t}: ${JSON.stringify(json)}`,
    live: (live) => live.send('PUT', `/entities/${e}`, t, json),
    reference: (reference) => reference.replace(t, e, json),
  }),
);

const write = (rule: Rule): fc.Arbitrary<Operation> =>
  fc.tuple(tenant, id, fragments[rule]).map(([t, e, json]) => ({
    tenant: t,
    name: `${rule} ${e} in ${t}: ${JSON.stringify(json)}`,
    live: (live) => live.send(PATHS[rule][0], `/entities/${e}${PATHS[rule][1]}`, t, json),
    reference: (reference) => reference.write(t, e, json, rule),
  }));

const datasetId = fc.constantFrom(undefined, DATASET);
const writeOne = (isPartial: boolean): fc.Arbitrary<Operation> =>
  fc
    .tuple(tenant, id, attribute, instance(isPartial ? 4 : 0), datasetId, fc.nat(3))
    .map(([t, e, name, made, dataset, without]) => {
      const { value, object, languageMap, ...rest } = made;
      const json = {
        ...(isPartial && without === 0 && !isNull(made) ? rest : made),
        ...(dataset && { datasetId: dataset }),
      };
      return {
        tenant: t,
        name: `${isPartial ? 'partial' : 'replace'} ${name} of ${e} in ${t}: ${JSON.stringify(json)}`,
        live: (live) => live.send(isPartial ? 'PATCH' : 'PUT', `/entities/${e}/attrs/${name}`, t, json),
        reference: (reference) => reference.writeOne(t, e, name, json, isPartial),
      };
    });

const deleteOne = fc.tuple(tenant, id, attribute, datasetId, fc.boolean()).map(
  ([t, e, name, dataset, isAll]): Operation => ({
    tenant: t,
    name: `delete ${name} ${dataset} ${isAll} of ${e} in ${t}`,
    live: (live) =>
      live.send(
        'DELETE',
        `/entities/${e}/attrs/${name}?deleteAll=${isAll}${dataset ? `&datasetId=${dataset}` : ''}`,
        t,
      ),
    reference: (reference) => reference.deleteOne(t, e, name, dataset, isAll),
  }),
);

const remove = fc.tuple(tenant, id).map(
  ([t, e]): Operation => ({
    tenant: t,
    name: `delete ${e} in ${t}`,
    live: (live) => live.send('DELETE', `/entities/${e}`, t),
    reference: (reference) => reference.delete(t, e),
  }),
);

const purge = fc.tuple(tenant, type, maybe(attribute)).map(
  ([t, of, drop]): Operation => ({
    tenant: t,
    name: `purge ${of} in ${t}, drop ${drop}`,
    live: (live) => live.send('DELETE', `/entities?type=${of}${drop === undefined ? '' : `&drop=${drop}`}`, t),
    reference: (reference) => reference.purge(t, of, drop),
  }),
);

const batch = (rule: BatchRule): fc.Arbitrary<Operation> => {
  const item = fc.tuple(id, rule === 'merge' ? fragments.merge : whole).map(([e, json]) => ({ id: e, ...json }));
  return fc.tuple(tenant, fc.array(item, { minLength: 1, maxLength: 4 })).map(([t, items]) => ({
    tenant: t,
    name: `batch ${rule} in ${t}: ${JSON.stringify(items)}`,
    live: (live) =>
      live.send(
        'POST',
        `/entityOperations/${BATCHES[rule]}`,
        t,
        rule === 'delete' ? items.map((one) => one.id) : items,
      ),
    reference: (reference) => reference.batch(t, items, rule),
  }));
};

const query = fc.tuple(tenant, type, maybe(attribute)).map(
  ([t, of, name]): Operation => ({
    tenant: t,
    name: `query ${of} with ${name} in ${t}`,
    live: (live) =>
      live.send('GET', `/entities?type=${of}&options=sysAttrs${name === undefined ? '' : `&q=${name}`}`, t),
    reference: (reference) => {
      const found = reference.all(
        t,
        (thing) => thing.types.includes(of) && (name === undefined || thing.attributes.has(name)),
      );
      return found === undefined ? { status: 404 } : { status: 200, body: found };
    },
  }),
);

const life = (name: 'restart' | 'crash' | 'snapshot'): fc.Arbitrary<Operation> =>
  fc.constant({ name, live: async (live) => void (await live[name]()), reference: () => undefined });

const some: fc.Arbitrary<Operation> = fc.oneof(
  ...[create, create, replace, writeOne(true), writeOne(true), writeOne(false), deleteOne, remove, purge, query],
  ...(Object.keys(PATHS) as Rule[]).flatMap((rule) => [write(rule), write(rule)]),
  ...(Object.keys(BATCHES) as BatchRule[]).map(batch),
  ...[life('restart'), life('crash'), life('snapshot')],
);

/** Named as a counterexample should show it. */
export const operation = some.map((one) => Object.assign(one, { [fc.toStringMethod]: () => one.name }));
