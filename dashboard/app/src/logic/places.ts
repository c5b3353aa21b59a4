/** Names of what access can be given to. */
import type { City } from './city.js';
import { type Entity, localId, textOf } from './ngsi.js';
import { type GrantedType, grantedType } from './scope.js';

export interface Place {
  readonly urn: string;
  readonly name: string;
  readonly type: GrantedType;
}

export function toPlaces(entities: Iterable<Entity>): readonly Place[] {
  return [...entities].flatMap((entity) => {
    const type = grantedType(entity.id);
    return type === undefined ? [] : [{ urn: entity.id, name: textOf(entity, 'name') ?? localId(entity.id), type }];
  });
}

/** What the live city already knows; enough for one's own places. */
export function placeNames(city: City | undefined): ReadonlyMap<string, string> {
  if (city === undefined) return new Map();
  const places = toPlaces([...city.Site.values(), ...city.ConsumptionPoint.values()]);
  return new Map(places.map(({ urn, name }) => [urn, name]));
}
