/** Attributes as they are sent to a source: normalized, in the names of its @context, so that an agent need not know the shorter forms. */

import type { Context } from '../context/compile.js';
import { formatEntity, formatTypes, type JsonRecord } from '../entity/format.js';
import { type Attribute, type EntityInput, SAME } from '../entity/model.js';
import { notBuilt } from '../problem.js';

/** The attributes of one request to a source. */
export function writeAttributes(attributes: readonly Attribute[], context: Context): JsonRecord {
  const out: JsonRecord = {};
  for (const attribute of attributes) {
    const name = context.compact(attribute.name);
    const written = writeAttribute(attribute, context);
    const before = out[name];
    if (before === undefined) out[name] = written;
    else out[name] = Array.isArray(before) ? [...before, written] : [before, written];
  }
  return out;
}

/** One instance of an attribute, without its name: the body of 5.6.4 and 5.6.19. */
export function writeAttribute(attribute: Attribute, context: Context): JsonRecord {
  if (attribute.parts.some(({ kind }) => kind === SAME))
    throw notBuilt('a sub-attribute without a value, sent to a context source');
  const { [context.compact(attribute.name)]: written } = formatEntity(
    { id: '', types: [], scope: undefined, attributes: [attribute], createdAt: 0, modifiedAt: 0 },
    { context, representation: 'normalized', sysAttrs: false },
  );
  if (attribute.kind !== SAME) return written as JsonRecord;
  const { type: _type, value: _value, ...members } = written as JsonRecord;
  return members;
}

/** A whole entity (5.6.1, 5.6.18), as far as the source holds it. */
export function writeEntity(input: EntityInput, attributes: readonly Attribute[], context: Context): JsonRecord {
  const { id, types, scope } = input;
  return {
    id,
    ...(types.length > 0 && { type: formatTypes(types, context) }),
    ...(scope !== undefined && { scope }),
    ...writeAttributes(attributes, context),
  };
}
