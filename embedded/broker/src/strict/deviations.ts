/**
 * What Orion-LD refuses or does differently, as a table: `contor broker --as orion-ld` plays it, so that whoever builds on
 * this broker learns early what the other one will not do. GS CIM 009 V1.9.1; Orion-LD's side is read from its code,
 * documentation and issues.
 */

import { isList, isObject, type Json, type JsonObject } from '../json.js';

/** What is wrong with a request there: the answer's status follows from the kind. */
export interface Refusal {
  readonly kind: 'notBuilt' | 'unknown';
  readonly what: string;
}

export interface Asked {
  readonly query: ReadonlyMap<string, string>;
  readonly json: Json | undefined;
}

export interface Deviation {
  /** Stands in the answer's `Contor-Deviation` header, and in the tests that differ. */
  readonly name: string;
  readonly clause: string;
  /** What the real one does. */
  readonly really: string;
  /** Methods and paths it concerns; none when it is about notifications or the start. */
  readonly routes?: RegExp;
  /** Undefined: the request is fine. Without this member the route is changed in another way. */
  readonly refuses?: (asked: Asked) => Refusal | undefined;
}

const notBuilt = (what: string): Refusal => ({ kind: 'notBuilt', what });
const unknown = (what: string): Refusal => ({ kind: 'unknown', what });

const SUBSCRIPTIONS = /^(POST|PATCH) \/subscriptions/;
const ENTITY_BODIES = /^(POST|PATCH|PUT) \/(entities|entityOperations\/(create|upsert|update))/;
const QUERIES = /^GET \/entities|^POST \/entityOperations\/query/;
const GEO_RELATIONS = ['near', 'within', 'intersects'];

export const DEVIATIONS = [
  {
    name: 'temporal',
    clause: '5.6.11 to 5.6.16, 5.7.3, 5.7.4',
    really: 'answers 501 to the temporal API; Mintaka is another server',
    routes: /^\w+ \/temporal\//,
    refuses: () => notBuilt('the temporal API (Mintaka is for that)'),
  },
  {
    name: 'batch-merge',
    clause: '5.6.20',
    really: 'has no batch merge: 501',
    routes: /^POST \/entityOperations\/merge/,
    refuses: () => notBuilt('batch merge'),
  },
  {
    name: 'replace-attribute',
    clause: '5.6.19',
    really: 'has no PUT of one attribute: 501',
    routes: /^PUT \/entities\/:entityId\/attrs/,
    refuses: () => notBuilt('replacing one attribute'),
  },
  {
    name: 'replace-dataset',
    clause: '5.6.18',
    really: 'replaces no entity that has datasetId in it: 501',
    routes: /^PUT \/entities\/:entityId$/,
    refuses: ({ json }) => (mentions(json, 'datasetId') ? notBuilt('datasetId in a replacement') : undefined),
  },
  {
    name: 'dataset-query',
    clause: '4.5.5, 6.4.3.2',
    really: 'knows no URL parameter datasetId in queries: 400',
    routes: /^GET \/entities/,
    refuses: parameters(['datasetId'], unknown),
  },
  {
    name: 'pick-omit',
    clause: '4.21',
    really: 'knows neither pick nor omit: 400 as URL parameters, 501 in a query document',
    routes: QUERIES,
    refuses: (asked) =>
      parameters(['pick', 'omit'], unknown)(asked) ?? members(['pick', 'omit'], (json) => json)(asked),
  },
  {
    name: 'purge-keep-drop',
    clause: '5.6.21',
    really: 'purges whole entities only: keep and drop are a 501',
    routes: /^DELETE \/entities$/,
    refuses: parameters(['keep', 'drop'], notBuilt),
  },
  {
    name: 'transient',
    clause: '4.22',
    really: 'has no transient entities and attributes: 501',
    routes: ENTITY_BODIES,
    refuses: ({ json }) => (mentions(json, 'expiresAt') ? notBuilt('expiresAt of entities and attributes') : undefined),
  },
  {
    name: 'geo-relations',
    clause: '4.10',
    really: 'knows near, within and intersects only: 501',
    routes: QUERIES,
    refuses: ({ query, json }) => {
      const georel = query.get('georel') ?? textIn(memberOf(json, 'geoQ'), 'georel');
      const isKnown = georel === undefined || GEO_RELATIONS.includes(georel.split(';')[0] ?? '');
      return isKnown ? undefined : notBuilt(`georel=${georel}`);
    },
  },
  {
    name: 'json-keys',
    clause: '4.9',
    really: 'knows no URL parameter jsonKeys: 400',
    routes: /^GET \/entities/,
    refuses: parameters(['jsonKeys'], unknown),
  },
  {
    name: 'notification-trigger',
    clause: '5.2.12',
    really: 'has no notificationTrigger: 501',
    routes: SUBSCRIPTIONS,
    refuses: members(['notificationTrigger'], (json) => json),
  },
  {
    name: 'subscription-scope',
    clause: '5.2.12, 4.19',
    really: 'has no scopeQ in subscriptions: 501',
    routes: SUBSCRIPTIONS,
    refuses: members(['scopeQ'], (json) => json),
  },
  {
    name: 'subscription-dataset',
    clause: '5.2.12',
    really: 'has no datasetId in subscriptions: 501',
    routes: SUBSCRIPTIONS,
    refuses: members(['datasetId'], (json) => json),
  },
  {
    name: 'subscription-context',
    clause: '5.2.12',
    really: 'has no jsonldContext in subscriptions: 501',
    routes: SUBSCRIPTIONS,
    refuses: members(['jsonldContext'], (json) => json),
  },
  {
    name: 'notification-projection',
    clause: '5.2.14',
    really: 'has no pick, omit and join in notifications: 501',
    routes: SUBSCRIPTIONS,
    refuses: members(['pick', 'omit', 'join', 'joinLevel'], (json) => memberOf(json, 'notification')),
  },
  {
    name: 'subscription-geo',
    clause: '5.2.13',
    really: 'knows geoQ of a Point only in subscriptions: 501',
    routes: SUBSCRIPTIONS,
    refuses: ({ json }) => {
      const geometry = textIn(memberOf(json, 'geoQ'), 'geometry');
      return geometry === undefined || geometry === 'Point' ? undefined : notBuilt(`geoQ of a ${geometry}`);
    },
  },
  {
    name: 'periodic',
    clause: '5.2.12',
    really: 'has timeInterval without geoQ, without MQTT and without PATCH: 501',
    routes: SUBSCRIPTIONS,
    refuses: ({ json }) => {
      if (memberOf(json, 'timeInterval') === undefined) return undefined;
      const isPlain = memberOf(json, 'type') !== undefined && memberOf(json, 'geoQ') === undefined;
      return isPlain && !/^mqtts?:/.test(uriOf(json)) ? undefined : notBuilt('timeInterval of such a subscription');
    },
  },
  {
    name: 'mqtts',
    clause: '5.2.15',
    really: 'speaks MQTT without TLS only: 501',
    routes: SUBSCRIPTIONS,
    refuses: ({ json }) => (uriOf(json).startsWith('mqtts:') ? notBuilt('an mqtts endpoint') : undefined),
  },
  {
    name: 'our-routes',
    clause: 'ours',
    really: 'does not explain terms, list outboxes or send dead letters again: 404',
    routes: /^\w+ \/ngsi-ld\/ex\/v1\/(?!tenants)/,
  },
  {
    name: 'batch-folding',
    clause: '4.6.6',
    really: 'folds the repeats of an entity in a batch to the last one, before it looks at the others',
    routes: /^POST \/entityOperations\/(create|upsert|update|delete)/,
  },
  {
    name: 'batch-limit',
    clause: '5.6.7 to 5.6.10',
    really: 'takes 1,000 entities in a batch, whatever is set',
    routes: /^POST \/entityOperations\/(create|upsert|update|delete)/,
  },
  {
    name: 'contexts',
    clause: '5.5.5',
    really: "does not hold the platform's @context, and takes the core @context where none is named",
  },
  {
    name: 'one-entity-a-notification',
    clause: '5.8.6',
    really: 'sends each changed entity in a notification of its own',
  },
  {
    name: 'lost-notifications',
    clause: '5.8.6',
    really: 'tries a notification once: what a subscriber does not take is lost',
  },
] as const satisfies readonly Deviation[];

/** Parameters of the URL that are not known there. */
function parameters(
  names: readonly string[],
  refusal: (what: string) => Refusal,
): (asked: Asked) => Refusal | undefined {
  return ({ query }) => {
    const found = names.find((name) => query.has(name));
    return found === undefined ? undefined : refusal(`the parameter '${found}'`);
  };
}

/** Members of the body, or of a part of it. */
function members(
  names: readonly string[],
  partOf: (json: Json | undefined) => Json | undefined,
): (asked: Asked) => Refusal | undefined {
  return ({ json }) => {
    const part = partOf(json);
    const found = names.find((name) => memberOf(part, name) !== undefined);
    return found === undefined ? undefined : notBuilt(`'${found}'`);
  };
}

function memberOf(json: Json | undefined, name: string): Json | undefined {
  return isObject(json) ? json[name] : undefined;
}

function textIn(json: Json | undefined, name: string): string | undefined {
  const value = memberOf(json, name);
  return typeof value === 'string' ? value : undefined;
}

function uriOf(json: Json | undefined): string {
  return textIn(memberOf(memberOf(json, 'notification'), 'endpoint'), 'uri') ?? '';
}

/** As a member of an entity or of one of its attributes; deeper is a value, and whatever stands there is data. */
function mentions(json: Json | undefined, name: string): boolean {
  const entities: readonly Json[] = isList(json) ? json : [json ?? null];
  return entities.filter(isObject).some((entity: JsonObject) => {
    if (name in entity) return true;
    const instances = Object.values(entity).flatMap((value) => (isList(value) ? value : [value]));
    return instances.some((value) => isObject(value) && name in value);
  });
}
