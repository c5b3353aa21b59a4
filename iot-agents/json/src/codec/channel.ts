/**
 * Which kind of message a record of the ingest log is, in one short word: `attrs`, `attrs/h` (one attribute alone), `profile`. A time that
 * came beside the payload, as `t` of an HTTP request, stands behind an `@`: the bytes stay those of the device.
 */

export interface ReadingChannel {
  readonly kind: 'attrs' | 'profile';
  /** The only attribute in the payload; undefined when the payload names them. */
  readonly attribute?: string | undefined;
  /** For measures that do not say themselves when they were. */
  readonly observedMs?: number | undefined;
}

/** An object id in an address: what a topic level, a path and a routing key can carry, OBIS codes among them. */
export const ATTRIBUTE = '[A-Za-z0-9._~:*-]{1,100}';
const CHANNEL = new RegExp(`^(attrs|profile)(?:/(${ATTRIBUTE}))?(?:@(\\d{1,15}))?$`);
const PLAIN: ReadingChannel = { kind: 'attrs' };

export function formatChannel({ kind, attribute, observedMs }: ReadingChannel): string {
  const alone = attribute === undefined ? '' : `/${attribute}`;
  return `${kind}${alone}${observedMs === undefined ? '' : `@${observedMs}`}`;
}

/** Undefined when another program wrote it. */
export function parseChannel(channel: string): ReadingChannel | undefined {
  if (channel === 'attrs') return PLAIN;
  const [, kind, attribute, time] = CHANNEL.exec(channel) ?? [];
  if (kind === undefined) return undefined;
  return {
    kind: kind === 'profile' ? kind : 'attrs',
    attribute,
    observedMs: time === undefined ? undefined : Number(time),
  };
}
