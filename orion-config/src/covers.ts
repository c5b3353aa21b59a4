/** Whether JSON that came says what it should. */

export type Fields = Readonly<Record<string, unknown>>;

/** Whether `actual` says all that `wanted` says; it may say more, such as counters. */
export function covers(actual: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted)) {
    return (
      Array.isArray(actual) &&
      actual.length === wanted.length &&
      wanted.every((one) => actual.some((other) => covers(other, one)))
    );
  }
  if (!isFields(wanted)) return Object.is(actual, wanted);
  return isFields(actual) && Object.entries(wanted).every(([key, value]) => covers(actual[key], value));
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
