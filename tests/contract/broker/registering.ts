/** Registrations that several tests make. */

import { post, ROOM, type Step } from './cases.js';

export const ID = 'urn:ngsi-ld:ContextSourceRegistration:1';
export const OTHER = 'urn:ngsi-ld:ContextSourceRegistration:2';
export const PATH = '/csourceRegistrations';
export const ENDPOINT = 'http://127.0.0.1:9/';

export function registration(more: object = {}, id: string | undefined = ID): object {
  return {
    ...(id && { id }),
    type: 'ContextSourceRegistration',
    information: [{ entities: [{ type: 'Room' }] }],
    endpoint: ENDPOINT,
    ...more,
  };
}

export function exclusive(more: object = {}, id?: string): object {
  return registration(
    { mode: 'exclusive', information: about(ROOM, 'light'), operations: ['updateOps', 'retrieveOps'], ...more },
    id,
  );
}

export function about(id: string, ...propertyNames: string[]): object[] {
  return [{ entities: [{ id, type: 'Room' }], propertyNames }];
}

export const there = (...more: object[]): Step[] => [post(PATH, registration(...more))];
