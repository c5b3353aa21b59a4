/** Rows to send and answers to expect, in few words, for tables of cases. */

import { expect } from '@jest/globals';
import type { Instance } from './instance.js';

/** `T` of 20 November 2026, UTC: at(3) is 03:00. */
export function at(hour: number, minute = 0): string {
  return `2026-11-20T${two(hour)}:${two(minute)}:00.000+00:00`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

export const property = (value: unknown, observedAt?: string, more: object = {}) => ({
  ...{ type: 'Property', value },
  ...(observedAt !== undefined && { observedAt }),
  ...more,
});

export const place = (lon: number, lat: number) => ({
  type: 'GeoProperty',
  value: { type: 'Point', coordinates: [lon, lat] },
});

export async function tell(
  history: Instance,
  entities: readonly object[],
  headers: Readonly<Record<string, string>> = {},
): Promise<void> {
  const reply = await history.send('POST', '/v2/notify', { data: entities }, { ...history.tenant, ...headers });
  expect(reply).toMatchObject({ status: 200, text: 'Notification successfully processed' });
}

/** One attribute of one entity, a value for each instant. */
export function readings(
  id: string,
  type: string,
  attribute: string,
  rows: readonly (readonly [observedAt: string, value: unknown])[],
): object[] {
  return rows.map(([observedAt, value]) => ({ id, type, [attribute]: property(value, observedAt) }));
}

/** Columns of numbers begin with a decimal, as our tenants are primed: where a first integer fixes a column, it would be lost. */
export async function prime(history: Instance, type: string, attributes: readonly string[]): Promise<void> {
  const probe = {
    id: 'urn:probe',
    type,
    ...Object.fromEntries(attributes.map((name) => [name, property(0.5, at(0))])),
  };
  await tell(history, [probe]);
  expect((await history.send('DELETE', `/v2/entities/urn:probe?type=${type}`)).status).toBe(204);
}
