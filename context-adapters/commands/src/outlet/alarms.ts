/** What somebody must hear of at once, as Alert entities: one row an alarm. */

import { toIso } from '@contor/kit';
import { entity, type NgsiEntity, urn } from '@contor/orion-config';

export const ALARMS = {
  frozen: { severity: 'critical', name: 'Commands are frozen' },
  stopped: { severity: 'high', name: 'Commands are stopped' },
  resumed: { severity: 'informational', name: 'Commands run again' },
  overCap: { severity: 'high', name: 'A request above the caps' },
  forged: { severity: 'high', name: 'A command request that nobody signed' },
  protected: { severity: 'medium', name: 'A request for a protected supply' },
  unknown: { severity: 'high', name: 'It is not known what became of a command' },
} as const satisfies Readonly<Record<string, AlarmRow>>;

interface AlarmRow {
  readonly severity: 'informational' | 'medium' | 'high' | 'critical';
  readonly name: string;
}

export type AlarmKind = keyof typeof ALARMS;

export interface Alarm {
  readonly kind: AlarmKind;
  readonly text: string;
  /** The same thing told twice is one alarm. */
  readonly key: string;
  readonly atMs: number;
  readonly device?: string;
}

export function alarmEntity({ kind, text, key, atMs, device }: Alarm): NgsiEntity {
  const { severity, name } = ALARMS[kind];
  const at = toIso(atMs);
  const alert = entity('Alert', urn('Alert', `commands:${kind}:${key.replace(/[^A-Za-z0-9._~-]/g, '-').slice(0, 120)}`))
    .property('name', name)
    .property('description', text)
    .property('category', 'security')
    .property('subCategory', `commands.${kind}`)
    .property('severity', severity)
    .property('status', 'open')
    .property('dateIssued', at)
    .property('dateObserved', at)
    .property('source', 'commands')
    .property('recordedAt', at);
  if (device !== undefined) alert.relationship('refDevice', device).relationship('alertSource', device);
  return alert.build();
}
