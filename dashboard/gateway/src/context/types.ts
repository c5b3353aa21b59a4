/**
 * Which types there are for somebody (GS CIM 009, 5.7.5 to 5.7.7): those of entities they see now. Attributes and counts are those of
 * these entities too, of the first thousand of a type.
 */

import { randomUUID } from 'node:crypto';
import type { Request, Response } from 'express';
import { correlationOf } from '../http/correlation.js';
import { sendNgsiProblem } from '../http/ngsi-problem.js';
import type { NotifiedEntity } from '../notify/door.js';
import { prepare } from '../scope/prepare.js';
import type { BrokerQuery } from './broker-query.js';
import { shortName } from './names.js';
import { passOnAnswer, type Sight } from './scoped-reads.js';

/** A broker's largest page. */
const LOOKED_AT = 1_000;
/** Of an entity, and not attributes of it. */
const MEMBERS: ReadonlySet<string> = new Set(['id', 'type', 'scope', '@context', 'createdAt', 'modifiedAt']);

export async function answerTypes(
  query: BrokerQuery,
  sight: Sight,
  request: Request,
  response: Response,
): Promise<void> {
  const parameters = new URL(request.originalUrl, 'http://unused').searchParams;
  const { scope, index, nowMs } = sight;
  await prepare(index, scope, []);
  const types = index.typesOf(scope, nowMs);
  if (parameters.get('count') === 'true') response.set('NGSILD-Results-Count', String(types.length));
  if (parameters.get('details') !== 'true')
    return void response.json({
      id: `urn:ngsi-ld:EntityTypeList:${randomUUID()}`,
      type: 'EntityTypeList',
      typeList: types,
    });
  const described: object[] = [];
  for (const type of types) {
    const found = await attributesOf(query, sight, type, correlationOf(response));
    if (!(found instanceof Map)) return passOnAnswer(found, response);
    described.push({ id: type, type: 'EntityType', typeName: type, attributeNames: [...found.keys()].sort() });
  }
  response.json(described);
}

export async function answerType(
  query: BrokerQuery,
  sight: Sight,
  request: Request,
  response: Response,
): Promise<void> {
  const type = shortName(String(request.params.type));
  const { scope, index, nowMs } = sight;
  await prepare(index, scope, [type]);
  const entityCount = index.idsOf(scope, [type], nowMs).length;
  if (entityCount === 0)
    return sendNgsiProblem(response, 'type.unknown', `there is no entity of type '${type.slice(0, 200)}'`);
  const found = await attributesOf(query, sight, type, correlationOf(response));
  if (!(found instanceof Map)) return passOnAnswer(found, response);
  const attributeDetails = [...found].map(([name, kinds]) => ({
    ...{ id: name, type: 'Attribute', attributeName: name, attributeTypes: [...kinds] },
  }));
  response.json({ id: type, type: 'EntityTypeInfo', typeName: type, entityCount, attributeDetails });
}

/** Names, and which kinds of attributes they are. */
async function attributesOf(query: BrokerQuery, { scope, index, nowMs }: Sight, type: string, correlation: string) {
  const ids = index.idsOf(scope, [type], nowMs).slice(0, LOOKED_AT);
  const reply = await query.ask({
    ...{ ids, limit: LOOKED_AT, offset: 0, members: {}, isLocal: false, sysAttrs: false, correlation },
  });
  if (reply.kind === 'refused') return reply.answer;
  const kinds = new Map<string, Set<string>>();
  for (const entity of reply.entities) gatherKinds(entity, kinds);
  return kinds;
}

function gatherKinds(entity: NotifiedEntity, kinds: Map<string, Set<string>>): void {
  for (const [name, attribute] of Object.entries(entity)) {
    if (MEMBERS.has(name)) continue;
    const known = kinds.get(name) ?? new Set();
    for (const instance of [attribute].flat()) {
      const kind: unknown =
        typeof instance === 'object' && instance !== null && 'type' in instance ? instance.type : undefined;
      if (typeof kind === 'string') known.add(kind);
    }
    kinds.set(name, known);
  }
}
