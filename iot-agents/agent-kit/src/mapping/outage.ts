/**
 * An event with two ends → one Alert entity: open with its beginning, closed with its end. The identifier has the beginning in it, so that both
 * ends, and every copy of them, are the same entity.
 */

import { toIso } from '@contor/kit';
import { entity, urn } from '@contor/orion-config';
import type { State } from '../forward/state.js';
import type { PairRow, PairState } from '../outages/pairing.js';
import type { Device } from '../registry/device.js';

export function outageState(device: Device, row: PairRow, { sinceMs, endMs }: PairState, receivedAtMs: number): State {
  const since = toIso(sinceMs);
  const alert = entity('Alert', urn('Alert', `${device.name}:${row.name}:${since.replace(/[-:.]/g, '')}`))
    .property('category', row.category)
    .property('subCategory', row.name)
    .property('eventCode', row.name)
    .property('severity', row.severity)
    .property('status', endMs === undefined ? 'open' : 'closed')
    .property('dateIssued', since)
    .property('dateObserved', toIso(endMs ?? sinceMs))
    .property('validFrom', since)
    .property('source', row.source)
    .property('recordedAt', toIso(receivedAtMs))
    .relationship('alertSource', device.refDevice)
    .relationship('refDevice', device.refDevice);
  if (endMs !== undefined) alert.property('validTo', toIso(endMs)).property('closedAt', toIso(endMs));
  if (device.refPoint !== undefined) alert.relationship('refPoint', device.refPoint);
  return { entity: alert.build(), timeMs: endMs ?? sinceMs, isOneOff: false };
}
