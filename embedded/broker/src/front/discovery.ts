/** Which entity types and attributes there are (GS CIM 009 V1.9.1, 5.7.5 to 5.7.10, 6.25 to 6.28). */

import { toHex } from '@contor/kit';
import type { Context } from '../context/compile.js';
import { type AttributeKind, SAME } from '../entity/model.js';
import { Problem } from '../problem.js';
import type { Tenant } from '../store/tenant.js';
import { type Answer, type Call, jsonAnswer, param } from './call.js';
import { answerForm, answerHeaders, requestContext, withContext } from './content.js';
import { readFlag } from './parameters.js';

/** Attribute name → kinds seen. */
type Attributes = ReadonlyMap<string, ReadonlySet<AttributeKind>>;

export function listTypes(call: Call): Answer {
  const form = answerForm(call);
  const context = requestContext(call);
  const tenant = call.broker.store.memory.tenants.get(call.tenant);
  const types = [...(tenant?.types ?? [])].sort();
  const headers = answerHeaders(form, context);
  if (readFlag(call.query.get('details'), 'details')) {
    const details = types.map((type) => ({
      id: type,
      type: 'EntityType',
      typeName: context.compact(type),
      attributeNames: tenant === undefined ? [] : compacted(attributesOf(tenant, type), context),
    }));
    return jsonAnswer(
      200,
      details.map((detail) => withContext(form, detail, context)),
      headers,
    );
  }
  const list = {
    id: listId(call, 'EntityTypeList'),
    type: 'EntityTypeList',
    typeList: types.map((type) => context.compact(type)),
  };
  return jsonAnswer(200, withContext(form, list, context), headers);
}

export function describeType(call: Call): Answer {
  const form = answerForm(call);
  const context = requestContext(call);
  const type = context.expand(param(call, 'type'));
  const tenant = call.broker.store.memory.tenants.get(call.tenant);
  const entityCount = tenant?.countOf(type) ?? 0;
  if (tenant === undefined || entityCount === 0)
    throw new Problem('resourceNotFound', `there is no entity of type ${type}`);
  const attributeDetails = [...attributesOf(tenant, type)].map(([name, kinds]) => ({
    id: name,
    type: 'Attribute',
    attributeName: context.compact(name),
    attributeTypes: [...kinds],
  }));
  const info = { id: type, type: 'EntityTypeInfo', typeName: context.compact(type), entityCount, attributeDetails };
  return jsonAnswer(200, withContext(form, info, context), answerHeaders(form, context));
}

function attributesOf(tenant: Tenant, type: string): Attributes {
  const attributes = new Map<string, Set<AttributeKind>>();
  for (const entity of tenant.entities([type])) {
    for (const { name, kind } of entity.attributes) {
      const kinds = attributes.get(name) ?? new Set<AttributeKind>();
      if (kind !== SAME) kinds.add(kind);
      attributes.set(name, kinds);
    }
  }
  return attributes;
}

function compacted(attributes: Attributes, context: Context): string[] {
  return [...attributes.keys()].map((name) => context.compact(name)).sort();
}

function listId({ broker }: Call, type: string): string {
  return `urn:ngsi-ld:${type}:${toHex(broker.random.bytes(8))}`;
}
