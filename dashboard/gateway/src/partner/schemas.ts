/** Shapes of what partners send and get (JSON Schema 2020-12, as OpenAPI 3.1 wants it). */

const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const TEXT = { type: 'string' } as const;
const INSTANT = { type: 'string', format: 'date-time' } as const;

// biome-ignore format: a table
export const SCHEMAS = {
  Any: { description: 'JSON, as the standard behind this call has it.', type: ['object', 'array'] },
  Entity: {
    description: 'An NGSI-LD entity, normalized or as `format` says.',
    type: 'object', required: ['id', 'type'], properties: { id: TEXT, type: { type: ['string', 'array'] } }, additionalProperties: true,
  },
  Entities: { type: 'array', items: ref('Entity'), maxItems: 1000 },
  Ids: { type: 'array', items: TEXT, maxItems: 1000 },
  Query: {
    description: 'GS CIM 009, 5.2.23.',
    type: 'object', properties: { type: { const: 'Query' }, entities: { type: 'array' }, q: TEXT }, additionalProperties: true,
  },
  Types: { type: ['object', 'array'], description: 'GS CIM 009, 5.2.24.' },
  Subscription: {
    description: 'GS CIM 009, 5.2.12. The endpoint must be one that your operator has allowed.',
    type: 'object',
    properties: { type: { const: 'Subscription' }, entities: { type: 'array' }, notification: { type: 'object' } },
    additionalProperties: true,
  },
  Subscriptions: { type: 'array', items: ref('Subscription') },
  Series: {
    description: 'Columns of equal length: `index` holds the moments, each attribute its values.',
    type: 'object', properties: { index: { type: 'array', items: INSTANT }, attributes: { type: 'array' } }, additionalProperties: true,
  },
  Grant: {
    description: 'Everything of a site, customer, point or group, from a moment to another. A missing end is open.',
    type: 'object', required: ['to'], properties: { to: TEXT, fromMs: { type: 'integer' }, toMs: { type: 'integer' } },
  },
  Session: {
    type: 'object', required: ['user', 'kind', 'roles', 'functions', 'scope'],
    properties: {
      user: { type: 'object', properties: { id: TEXT, name: TEXT, fullName: TEXT } },
      kind: { enum: ['person', 'partner'] }, roles: { type: 'array', items: TEXT }, functions: { type: 'array', items: TEXT },
      scope: { oneOf: [{ const: 'everything' }, { type: 'array', items: ref('Grant') }] },
    },
  },
  Consent: {
    type: 'object', required: ['profiling'],
    properties: { profiling: { type: 'boolean' }, since: { type: ['string', 'null'] }, by: { type: ['string', 'null'] }, history: { type: 'array' } },
  },
  Problem: {
    description: 'RFC 9457, with a word for programs in `error`.',
    type: 'object', required: ['type', 'title', 'status', 'error'],
    properties: { type: TEXT, title: TEXT, status: { type: 'integer' }, detail: TEXT, error: TEXT },
  },
} as const satisfies Readonly<Record<string, object>>;

export type SchemaName = keyof typeof SCHEMAS;
