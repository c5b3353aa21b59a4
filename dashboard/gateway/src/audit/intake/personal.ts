/** Whose data an entity holds. Names, addresses and contracts are a person's; those of a tariff or a meter are nobody's. */

/** Entity types of which an entity is about one customer or one home (docs/vocabulary.md). */
const PERSONAL_TYPES: ReadonlySet<string> = new Set([
  ...['Customer', 'Contract', 'ConsumptionPoint', 'Site', 'Building', 'Bill', 'MeterInstallation', 'ApplianceUsage'],
]);

/** The subject whose data the values of this entity are; undefined when they are nobody's. A URN of ours names its type (`urn:ngsi-ld:<type>:…`). */
export function subjectOfEntity(id: string): string | undefined {
  const [, , type = ''] = id.split(':');
  return PERSONAL_TYPES.has(type) ? id : undefined;
}
