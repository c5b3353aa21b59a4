/** Events of a meter (Smart Data Models, Alert), newest first. */
import { type Entity, localId, targetOf, textOf, timeOf } from './ngsi.js';

export const SEVERITIES = ['informational', 'low', 'medium', 'high', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** The words of meters we have a text for (`event.<word>`); any other is shown as the meter wrote it. */
export const EVENT_WORDS = [
  'voltageSag',
  'voltageSwell',
  'phaseLost',
  'coverOpened',
  'coverClosed',
  'terminalCoverOpened',
  'magneticField',
  'clockInvalid',
  'registerReset',
  'powerUp',
  'powerDown',
] as const;
export type EventWord = (typeof EVENT_WORDS)[number];

export function isEventWord(code: string): code is EventWord {
  return EVENT_WORDS.some((word) => word === code);
}

export interface MeterEvent {
  readonly id: string;
  readonly code: string;
  readonly description: string | undefined;
  readonly severity: Severity;
  readonly atMs: number | undefined;
}

export function eventsOf(alerts: Iterable<Entity>, deviceId: string): readonly MeterEvent[] {
  const deviceUrn = `urn:ngsi-ld:Device:${deviceId}`;
  return [...alerts]
    .filter((alert) => belongsTo(alert, deviceId, deviceUrn))
    .map(toEvent)
    .sort((left, right) => (right.atMs ?? 0) - (left.atMs ?? 0));
}

/** `urn:ngsi-ld:Alert:e350-0001:<code>:<stamp>` names its meter itself, for alerts that came without a relationship. */
function belongsTo(alert: Entity, deviceId: string, deviceUrn: string): boolean {
  const source = targetOf(alert, 'refDevice') ?? targetOf(alert, 'alertSource');
  return source === undefined ? localId(alert.id).split(':')[0] === deviceId : source === deviceUrn;
}

function toEvent(alert: Entity): MeterEvent {
  const severity = textOf(alert, 'severity');
  return {
    id: alert.id,
    code: textOf(alert, 'eventCode') ?? textOf(alert, 'subCategory') ?? localId(alert.id).split(':')[1] ?? 'event',
    description: textOf(alert, 'description') ?? textOf(alert, 'name'),
    severity: SEVERITIES.find((word) => word === severity) ?? 'informational',
    atMs: timeOf(alert, 'dateIssued') ?? timeOf(alert, 'dateObserved'),
  };
}
