/** A message of a meter in the words of the vocabulary, row by row: what `contor trace` shows beside the bytes. */

import { DEFAULT_TIME_WINDOW, type Device, type IngestRecord, type Traceable, type ValueRow } from '@contor/agent-kit';
import { type ExplainedRow, toIso } from '@contor/kit';
import { ATTRIBUTES, type AttributeInfo } from '@contor/orion-config';
import { decodeAttrs } from './codec/attrs.js';
import { decodeProfile } from './codec/profile.js';
import { deviceModel } from './mapping/models.js';
import { jsonTranslator } from './translator.js';

/** Any age: it was believed when it came. */
export const TRACEABLE: Traceable = {
  translator: (registry) => jsonTranslator(registry, DEFAULT_TIME_WINDOW),
  explain: (record, device) => (record.channel === 'profile' ? profileRows(record) : attrsRows(record, device)),
};

function attrsRows({ bytes }: IngestRecord, device: Device): readonly ExplainedRow[] {
  const decoded = decodeAttrs(bytes);
  if (decoded.kind === 'garbage') return [row('message', decoded.error.message)];
  const model = deviceModel(device.model);
  return decoded.value.flatMap((item) => {
    if (item.kind === 'fault') return [row('fault', item.error.message)];
    const { observedMs, values } = item.measure;
    const time = row(
      'timestamp',
      observedMs === undefined ? 'not said: the time of arrival counts' : toIso(observedMs),
    );
    return [
      time,
      ...[...values].map(([name, value]) => row(name, `${value}${meaning(name, model?.values ?? [])}`, value)),
    ];
  });
}

function meaning(objectId: string, rows: readonly ValueRow[]): string {
  const found = rows.find((one) => one.objectId === objectId);
  if (found === undefined) return '';
  const info: AttributeInfo = ATTRIBUTES[found.attribute];
  const unit = found.unitCode ?? info.unitCode;
  return `${unit === undefined ? '' : ` ${unit}`} → ${found.attribute}`;
}

function profileRows({ bytes }: IngestRecord): readonly ExplainedRow[] {
  const decoded = decodeProfile(bytes);
  if (decoded.kind === 'garbage') return [row('message', decoded.error.message)];
  const { startMs, intervalSeconds, registers } = decoded.value;
  return [...registers].flatMap(([name, series]) =>
    series.map((value, at) => row(name, `${toIso(startMs + at * intervalSeconds * 1_000)}  ${value ?? 'none'}`, value)),
  );
}

function row(name: string, says: string, value: unknown = ''): ExplainedRow {
  return { bytes: new TextEncoder().encode(String(value)), name, says };
}
