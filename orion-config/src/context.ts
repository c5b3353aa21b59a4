/** The JSON-LD @context made of the tables: deterministic, hosted by the broker, never fetched from the internet. */

import { NAMESPACES } from './namespaces.js';
import { VOCABULARY, type Vocabulary } from './vocabulary.js';

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

export function contextDocument(vocabulary: Vocabulary = VOCABULARY): ContextDocument {
  const terms: [string, TermDefinition][] = [[CONTEXT_MARK, NAMESPACES.contor]];
  for (const [type, row] of Object.entries(vocabulary.entityTypes)) terms.push([type, row.iri]);
  for (const [name, row] of Object.entries(vocabulary.attributes)) {
    const coercion = COERCIONS[row.quantity];
    terms.push([name, coercion === undefined ? row.iri : { '@id': row.iri, '@type': coercion }]);
  }
  terms.sort(([a], [b]) => (a < b ? -1 : 1));
  return { '@context': Object.fromEntries(terms) };
}

/** The prefix of our own words; among the contexts of a broker it also tells which one is ours. */
export const CONTEXT_MARK = 'contor';

/** The value of a Link header (6.3.5) that names a @context. */
export function contextLink(url: string = CONTEXT_URL): string {
  return `<${url}>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"`;
}
