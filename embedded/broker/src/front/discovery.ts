/** Which entity types and attributes there are (GS CIM 009 V1.9.1, 5.7.5 to 5.7.10, 6.25 to 6.28). */

import { toHex } from '@contor/kit';
import type { Context } from '../context/compile.js';
import { Problem } from '../problem.js';
import type { Tenant } from '../store/tenant.js';
import { type Answer, type Call, jsonAnswer, param } from './call.js';
import { answerForm, answerHeaders, requestContext, withContext } from './content.js';
import { readFlag } from './parameters.js';

/** 5.7.5 and, with details, 5.7.6. */
export function listTypes(call: Call): Answer {
  const context = requestContext(call);
  const tenant = tenantOf(call);
  const types = [...(tenant?.types ?? [])].sort();
  if (!isDetailed(call)) return list(call, context, 'EntityTypeList', 'typeList', types);
  return details(
    call,
    context,
    types.map((type) => ({
      id: type,
      type: 'EntityType',
      typeName: context.compact(type),
      attributeNames: compacted(tenant?.catalogue.attributesOf(type).keys() ?? [], context),
    })),
  );
}

/** 5.7.7. */
export function describeType(call: Call): Answer {
  const context = requestContext(call);
  const type = context.expand(param(call, 'type'));
  const tenant = tenantOf(call);
  const entityCount = tenant?.countOf(type) ?? 0;
  if (tenant === undefined || entityCount === 0)
    throw new Problem('resourceNotFound', `there is no entity of type ${type}`);
  const attributeDetails = [...tenant.catalogue.attributesOf(type)].map(([name, kinds]) => ({
    id: name,
    type: 'Attribute',
    attributeName: context.compact(name),
    attributeTypes: [...kinds.keys()],
  }));
  const typeName = context.compact(type);
  return one(call, context, { id: type, type: 'EntityTypeInfo', typeName, entityCount, attributeDetails });
}

/** 5.7.8 and, with details, 5.7.9. */
export function listAttributes(call: Call): Answer {
  const context = requestContext(call);
  const catalogue = tenantOf(call)?.catalogue;
  const names = [...(catalogue?.attributes ?? [])].sort();
  if (!isDetailed(call)) return list(call, context, 'AttributeList', 'attributeList', names);
  return details(
    call,
    context,
    names.map((name) => ({
      id: name,
      type: 'Attribute',
      attributeName: context.compact(name),
      typeNames: compacted(catalogue?.typesWith(name) ?? [], context),
    })),
  );
}

/** 5.7.10. */
export function describeAttribute(call: Call): Answer {
  const context = requestContext(call);
  const name = context.expand(param(call, 'attribute'));
  const catalogue = tenantOf(call)?.catalogue;
  const attributeCount = catalogue?.countOf(name) ?? 0;
  if (catalogue === undefined || attributeCount === 0)
    throw new Problem('resourceNotFound', `no entity has an attribute ${name}`);
  return one(call, context, {
    id: name,
    type: 'Attribute',
    attributeName: context.compact(name),
    attributeCount,
    attributeTypes: catalogue.kindsOf(name),
    typeNames: compacted(catalogue.typesWith(name), context),
  });
}

function tenantOf({ broker, tenant }: Call): Tenant | undefined {
  return broker.store.memory.tenants.get(tenant);
}

function isDetailed({ query }: Call): boolean {
  return readFlag(query.get('details'), 'details');
}

/** 5.2.24, 5.2.27. The list has no identity of its own: it is made for this answer. */
function list(call: Call, context: Context, type: string, member: string, names: readonly string[]): Answer {
  const id = `urn:ngsi-ld:${type}:${toHex(call.broker.random.bytes(8))}`;
  const body = { id, type, [member]: names.map((name) => context.compact(name)) };
  return counted(call, one(call, context, body), names.length);
}

function details(call: Call, context: Context, items: readonly object[]): Answer {
  const form = answerForm(call);
  const body = items.map((item) => withContext(form, item, context));
  return counted(call, jsonAnswer(200, body, answerHeaders(form, context)), items.length);
}

function one(call: Call, context: Context, body: object): Answer {
  const form = answerForm(call);
  return jsonAnswer(200, withContext(form, body, context), answerHeaders(form, context));
}

/** 6.3.13. */
function counted(call: Call, answer: Answer, count: number): Answer {
  if (!readFlag(call.query.get('count'), 'count')) return answer;
  return { ...answer, headers: { ...answer.headers, 'NGSILD-Results-Count': String(count) } };
}

function compacted(names: Iterable<string>, context: Context): string[] {
  return [...names].map((name) => context.compact(name)).sort();
}
