/** An entity without its relationships to what somebody does not see (GS CIM 009, 4.5.3): as if they had never been said. */

export function cut(text: string, isVisible: (id: string) => boolean): string {
  return JSON.stringify(cutAll(JSON.parse(text), isVisible));
}

type Fields = Readonly<Record<string, unknown>>;

function cutAll(fields: Fields, isVisible: (id: string) => boolean): Fields {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => {
      const kept = cutOne(value, isVisible);
      return kept === undefined ? [] : [[name, kept]];
    }),
  );
}

function cutOne(value: unknown, isVisible: (id: string) => boolean): unknown {
  if (Array.isArray(value)) {
    const kept = value.map((one) => cutOne(one, isVisible)).filter((one) => one !== undefined);
    return kept.length === 0 && value.length > 0 ? undefined : kept;
  }
  if (typeof value !== 'object' || value === null) return value;
  if (!('type' in value) || value.type !== 'Relationship' || !('object' in value))
    return cutAll(value as Fields, isVisible);
  const { object, ...rest } = value;
  const seen = [object].flat().filter((target) => typeof target === 'string' && isVisible(target));
  if (seen.length === 0) return undefined;
  return { ...cutAll(rest, isVisible), object: Array.isArray(object) ? seen : seen[0] };
}
