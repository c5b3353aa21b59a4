/** What the words in `events` mean, and the Alert entity each becomes: one for every time a meter says it. */

import { toIso } from '@contor/kit';
import { entity, urn } from '@contor/orion-config';
import type { State } from '../forward/state.js';
import type { Device } from '../registry/device.js';

export interface EventRow {
  readonly word: string;
  readonly category: 'powerQuality' | 'security' | 'device';
  readonly severity: 'informational' | 'low' | 'medium' | 'high' | 'critical';
}

export const EVENTS = [
  { word: 'voltageSag', category: 'powerQuality', severity: 'low' },
  { word: 'voltageSwell', category: 'powerQuality', severity: 'low' },
  { word: 'phaseLost', category: 'powerQuality', severity: 'high' },
  { word: 'coverOpened', category: 'security', severity: 'high' },
  { word: 'coverClosed', category: 'security', severity: 'informational' },
  { word: 'terminalCoverOpened', category: 'security', severity: 'high' },
  { word: 'magneticField', category: 'security', severity: 'high' },
  { word: 'clockInvalid', category: 'device', severity: 'medium' },
  { word: 'registerReset', category: 'device', severity: 'high' },
  { word: 'powerUp', category: 'device', severity: 'informational' },
  { word: 'powerDown', category: 'device', severity: 'medium' },
  { word: 'readGarbled', category: 'device', severity: 'low' },
  { word: 'authenticationFailed', category: 'security', severity: 'high' },
  { word: 'wrongDevice', category: 'security', severity: 'high' },
  { word: 'clockOff', category: 'device', severity: 'medium' },
  { word: 'leak', category: 'device', severity: 'high' },
  { word: 'burst', category: 'device', severity: 'critical' },
  { word: 'backflow', category: 'device', severity: 'high' },
  { word: 'dry', category: 'device', severity: 'medium' },
  { word: 'frost', category: 'device', severity: 'high' },
  { word: 'batteryLow', category: 'device', severity: 'medium' },
  { word: 'permanentError', category: 'device', severity: 'high' },
  { word: 'temporaryError', category: 'device', severity: 'low' },
  { word: 'tamper', category: 'security', severity: 'high' },
  { word: 'plainFromKeyedMeter', category: 'security', severity: 'high' },
  { word: 'wrongKey', category: 'security', severity: 'medium' },
  { word: 'forgedTelegram', category: 'security', severity: 'high' },
  { word: 'replayedTelegram', category: 'security', severity: 'high' },
] as const satisfies readonly EventRow[];

/** A word we do not know is an alert all the same: firmware learns words faster than we do. */
const UNKNOWN = { category: 'device', severity: 'informational' } as const;

/** `sinceMs`: a state that a meter repeats with each telegram is one alert from then on; without it each moment is its own. */
export function alertState(
  device: Device,
  word: string,
  atMs: number,
  receivedAtMs: number,
  source: 'meter' | 'agent' = 'meter',
  sinceMs = atMs,
): State {
  const { category, severity } = EVENTS.find((row) => row.word === word) ?? UNKNOWN;
  const at = toIso(atMs);
  // The stamp without punctuation: the same event told twice is the same alert.
  const id = urn('Alert', `${device.name}:${word}:${toIso(sinceMs).replace(/[-:.]/g, '')}`);
  const alert = entity('Alert', id)
    .property('category', category)
    .property('subCategory', word)
    .property('eventCode', word)
    .property('severity', severity)
    .property('status', 'open')
    .property('dateIssued', at)
    .property('dateObserved', at)
    .property('source', source)
    .property('recordedAt', toIso(receivedAtMs))
    .relationship('alertSource', device.refDevice)
    .relationship('refDevice', device.refDevice);
  if (device.refPoint !== undefined) alert.relationship('refPoint', device.refPoint);
  return { entity: alert.build(), timeMs: atMs, isOneOff: true };
}
