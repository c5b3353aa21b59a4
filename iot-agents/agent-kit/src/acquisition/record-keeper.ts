/** Who keeps account of what was exchanged: rows of the communication log, and alerts of what a person should hear, on their way to the peers. */

import type { Clock } from '@contor/kit';
import { auditTenant } from '@contor/policy';
import { alertState } from '../mapping/events.js';
import type { Outbox } from '../outbox.js';
import type { Device } from '../registry/device.js';
import { type Communication, communicationOf, toCommunicationRow } from './communication.js';
import { faultRow } from './reader.js';
import type { ReadReport } from './report.js';

export interface RecordKeeper {
  /** A listener of the acquisition. */
  report(report: ReadReport): void;
  note(tenant: string, communication: Communication): void;
  /** An alert of the agent about one of its devices. */
  alert(device: Device, word: string, atMs: number): void;
}

/** Told once and not at every attempt: a meter with a wrong password is an alert an hour, not one every quarter. */
const SAME_ALERT_MS = 3_600_000;
/** Alerts remembered; the oldest go first, and are told again. */
const MOST_ALERTS = 10_000;
/** Rows of one device have times of their own; as many remembered as there are devices on a large machine. */
const MOST_STAMPS = 300_000;

export function keepRecords(outbox: Pick<Outbox, 'put'>, clock: Clock): RecordKeeper {
  const stamps = new Map<string, number>();
  const alerts = new Map<string, number>();

  /** Two exchanges in one millisecond are two rows. */
  function stamped(communication: Communication): Communication {
    const { name, atMs } = communication;
    const after = (stamps.get(name) ?? 0) + 1;
    // A clock that was set far back is believed again at once.
    const stamp = atMs >= after || after - atMs > 1_000 ? atMs : after;
    stamps.delete(name);
    stamps.set(name, stamp);
    forgetOldest(stamps, MOST_STAMPS);
    return { ...communication, atMs: stamp };
  }

  function note(tenant: string, communication: Communication): void {
    const entity = toCommunicationRow(stamped(communication));
    const told = auditTenant(tenant);
    outbox.put({ to: 'history', tenant: told, entity });
    outbox.put({ to: 'broker', tenant: told, entity });
  }

  function alert(device: Device, word: string, atMs: number): void {
    const key = `${device.refDevice} ${word}`;
    const nowMs = clock.monotonicMs();
    if (nowMs - (alerts.get(key) ?? Number.NEGATIVE_INFINITY) < SAME_ALERT_MS) return;
    alerts.delete(key);
    alerts.set(key, nowMs);
    forgetOldest(alerts, MOST_ALERTS);
    outbox.put({
      to: 'broker',
      tenant: device.tenant,
      entity: alertState(device, word, atMs, clock.nowMs(), 'agent').entity,
    });
  }

  return {
    note,
    alert,
    report(report) {
      const { device, result, endedMs } = report;
      // Of a device that nobody knows there is nothing to keep: whoever asked was told.
      if (device === undefined) return;
      note(device.tenant, communicationOf(report));
      const event = result.kind === 'failed' ? faultRow(result.fault).event : undefined;
      if (event !== undefined) alert(device, event, endedMs);
    },
  };
}

function forgetOldest(map: Map<string, number>, most: number): void {
  if (map.size <= most) return;
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
}
