/** Identifiers: `urn:ngsi-ld:<type>:<localId>` (GS CIM 009, annex A.3), as IoT Agents write them. */

import type { EntityType } from './entity-types.js';
import { VocabularyError } from './vocabulary-error.js';

const PREFIX = 'urn:ngsi-ld:';
/** RFC 8141 allows more; these are the characters that no URL, header or topic along the way has to escape. */
const LOCAL_ID = /^[A-Za-z0-9][A-Za-z0-9._:~-]*$/;
/** Long enough for any serial number, short enough for a key. */
const MAX_LOCAL_ID = 200;

export function urn(type: EntityType | 'Subscription', localId: string): string {
  if (!LOCAL_ID.test(localId) || localId.length > MAX_LOCAL_ID) {
    throw new VocabularyError('urn.local-id', `"${localId.slice(0, MAX_LOCAL_ID)}" cannot be part of an identifier`, {
      type,
      localId,
    });
  }
  return `${PREFIX}${type}:${localId}`;
}

/** The parts of one of our identifiers; `undefined` for a URI that is not shaped like one. */
export function parseUrn(id: string): { readonly type: string; readonly localId: string } | undefined {
  if (!id.startsWith(PREFIX)) return undefined;
  const colon = id.indexOf(':', PREFIX.length);
  if (colon <= PREFIX.length || colon === id.length - 1) return undefined;
  return { type: id.slice(PREFIX.length, colon), localId: id.slice(colon + 1) };
}
