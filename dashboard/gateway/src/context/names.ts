/** Names as partners may write them: short, or as the IRI our @context gives them. Inside the gateway they are short. */

import { ATTRIBUTES, ENTITY_TYPES } from '@contor/orion-config';

const SHORT_NAMES: ReadonlyMap<string, string> = new Map(
  [...Object.entries(ENTITY_TYPES), ...Object.entries(ATTRIBUTES)].map(([name, { iri }]) => [iri, name]),
);

export function shortName(name: string): string {
  return SHORT_NAMES.get(name) ?? name;
}

/** An attribute that points to another entity, as far as its name tells. */
export function isLinkName(name: string): boolean {
  const short = shortName(name);
  const row = Object.hasOwn(ATTRIBUTES, short) ? ATTRIBUTES[short as keyof typeof ATTRIBUTES] : undefined;
  return row === undefined ? /^(ref|has)[A-Z]/.test(short) : row.kind === 'relationship';
}
