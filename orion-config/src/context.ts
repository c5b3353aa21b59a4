/** The JSON-LD @context made of the tables: deterministic, hosted by the broker, never fetched from the internet. */

import { ATTRIBUTES } from './attributes.js';
import { ENTITY_TYPES } from './entity-types.js';
import { NAMESPACES } from './namespaces.js';

/** A name, not an address: brokers of this platform know it by heart. */
export const CONTEXT_URL = 'https://contor.example/contexts/v1/contor.jsonld';
/** The core @context of GS CIM 009 V1.9.1 (annex B); every broker has it built in. */
export const CORE_CONTEXT_URL = 'https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.9.jsonld';

export type TermDefinition = string | { readonly '@id': string; readonly '@type': string };
export interface ContextDocument {
  readonly '@context': Readonly<Record<string, TermDefinition>>;
}

/** Type coercion helps readers of the simplified representation: there a link or an instant is a bare string. */
const COERCIONS: Readonly<Record<string, string>> = { link: '@id', time: `${NAMESPACES.core}DateTime` };

export function contextDocument(): ContextDocument {
  const terms: [string, TermDefinition][] = [['contor', NAMESPACES.contor]];
  for (const [type, row] of Object.entries(ENTITY_TYPES)) terms.push([type, row.iri]);
  for (const [name, row] of Object.entries(ATTRIBUTES)) {
    const coercion = COERCIONS[row.quantity];
    terms.push([name, coercion === undefined ? row.iri : { '@id': row.iri, '@type': coercion }]);
  }
  terms.sort(([a], [b]) => (a < b ? -1 : 1));
  return { '@context': Object.fromEntries(terms) };
}
