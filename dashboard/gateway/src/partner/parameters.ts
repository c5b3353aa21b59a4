/** Query parameters that partners use, in words. */

interface ParameterRow {
  /** As it stands in the query, where that is not the name of the row. */
  readonly as?: string;
  readonly about: string;
  readonly schema: object;
  readonly example?: string | number;
}

const TEXT = { type: 'string' } as const;
const INSTANT = { type: 'string', format: 'date-time' } as const;

// biome-ignore format: a table
export const PARAMETERS = {
  id: { about: 'Identifiers, with commas.', schema: TEXT, example: 'urn:ngsi-ld:ACMeasurement:m-1' },
  type: { about: 'An entity type, or several with commas.', schema: TEXT, example: 'ACMeasurement' },
  q: { about: 'A condition on attributes (GS CIM 009, 4.9).', schema: TEXT, example: 'totalActivePower>1000' },
  limit: { about: 'Entities in a page.', schema: { type: 'integer', minimum: 0, maximum: 1000 }, example: 100 },
  points: { as: 'limit', about: 'Rows in the answer.', schema: { type: 'integer', minimum: 1, maximum: 10_000 }, example: 1000 },
  offset: { about: 'How many to leave out at the beginning.', schema: { type: 'integer', minimum: 0, maximum: 1_000_000 } },
  count: { about: 'Also say how many there are, in NGSILD-Results-Count.', schema: { type: 'boolean' } },
  pick: { about: 'Only these attributes, with commas.', schema: TEXT, example: 'id,totalActivePower' },
  omit: { about: 'Not these attributes, with commas.', schema: TEXT },
  options: { about: '`keyValues` for plain values.', schema: TEXT, example: 'keyValues' },
  format: { about: 'How attributes are written.', schema: { enum: ['normalized', 'concise', 'simplified', 'keyValues'] } },
  details: { about: 'With the attributes of each type.', schema: { type: 'boolean' } },
  attrs: { about: 'Only these attributes, with commas.', schema: TEXT, example: 'totalActiveEnergyImport' },
  fromDate: { about: 'From this moment on.', schema: INSTANT, example: '2026-11-01T00:00:00Z' },
  toDate: { about: 'Up to this moment.', schema: INSTANT, example: '2026-12-01T00:00:00Z' },
  lastN: { about: 'Only the newest so many.', schema: { type: 'integer', minimum: 1, maximum: 10_000 } },
  aggrMethod: { about: 'One value for each period instead of all of them.', schema: { enum: ['count', 'sum', 'avg', 'min', 'max'] } },
  aggrPeriod: { about: 'How long a period is.', schema: { enum: ['year', 'month', 'day', 'hour', 'minute', 'second'] } },
  types: { about: 'Only entities of these types, with commas.', schema: TEXT, example: 'ACMeasurement,Alert' },
  site: { about: 'Only what belongs to this site.', schema: TEXT, example: 'urn:ngsi-ld:Site:tulip' },
  status: { about: 'Only commands in this state.', schema: TEXT, example: 'done' },
} as const satisfies Readonly<Record<string, ParameterRow>>;

export type ParameterName = keyof typeof PARAMETERS;

export function parameterOf(name: ParameterName): object {
  const { as: written = name, about, schema, example }: ParameterRow = PARAMETERS[name];
  const shown = example === undefined ? {} : { example };
  return { name: written, in: 'query', description: about, schema, ...shown };
}
