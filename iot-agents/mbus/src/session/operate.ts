/**
 * Operating the controller of a substation: what is told is read back, for an acknowledgement says that the frame was whole and no
 * more. The valve is a number of percent in subunit 1 (VIF FD 3A), the pump bit 0 of the digital outputs (VIF FD 1A).
 */

import { ProtocolError } from '@contor/kit';
import type { RecordSpec } from '../codec/record/encode.js';
import type { MeterRecord } from '../codec/record/record.js';
import type { AskOptions, Conversation } from './conversation.js';
import { type ReadTelegram, readMeter } from './read.js';
import type { Target } from './select.js';
import { writeRecords } from './write.js';

export interface SubstationWish {
  /** 0 to 100. */
  readonly valvePercent?: number;
  readonly isPumpOn?: boolean;
}

export interface SubstationState {
  readonly valvePercent: number | undefined;
  readonly isPumpOn: boolean | undefined;
}

export interface OperateOutcome {
  /** What the controller shows afterwards, as far as it shows anything. */
  readonly shown: SubstationState | undefined;
  readonly telegrams: readonly ReadTelegram[];
  readonly error: ProtocolError | undefined;
}

export const VALVE_VIB = Uint8Array.of(0xfd, 0x3a);
export const OUTPUTS_VIB = Uint8Array.of(0xfd, 0x1a);
const VALVE_SUBUNIT = 1;
const LARGEST_PERCENT = 100;
const PUMP_BIT = 1;

export function* operate(target: Target, wish: SubstationWish, options: AskOptions = {}): Conversation<OperateOutcome> {
  const { valvePercent, isPumpOn } = wish;
  if (valvePercent !== undefined && !(valvePercent >= 0 && valvePercent <= LARGEST_PERCENT))
    return failed(new ProtocolError('mbus.valve', 'A valve stands open 0 to 100 percent.', { valvePercent }));
  const refusal = yield* writeRecords(target, recordsOf(wish), options);
  if (refusal !== undefined) return failed(refusal);
  const { telegrams, error } = yield* readMeter(target, options);
  if (error !== undefined) return { shown: undefined, telegrams, error };
  const shown = stateOf(telegrams);
  const isDone =
    (valvePercent === undefined || shown.valvePercent === Math.round(valvePercent)) &&
    (isPumpOn === undefined || shown.isPumpOn === isPumpOn);
  const unmoved = new ProtocolError('mbus.not-done', 'The controller acknowledged, and shows that it was not done.', {
    ...shown,
  });
  return { shown, telegrams, error: isDone ? undefined : unmoved };
}

function recordsOf({ valvePercent, isPumpOn }: SubstationWish): readonly RecordSpec[] {
  const records: RecordSpec[] = [];
  if (valvePercent !== undefined)
    records.push({ field: 'int8', subunit: VALVE_SUBUNIT, vib: VALVE_VIB, value: whole(Math.round(valvePercent)) });
  if (isPumpOn !== undefined) records.push({ field: 'int8', vib: OUTPUTS_VIB, value: whole(isPumpOn ? PUMP_BIT : 0) });
  return records;
}

function whole(value: number): RecordSpec['value'] {
  return { kind: 'integer', value };
}

function stateOf(telegrams: readonly ReadTelegram[]): SubstationState {
  const records = telegrams.flatMap(({ telegram }) =>
    telegram?.body.kind === 'variable' ? telegram.body.data.records : [],
  );
  const outputs = numberIn(records, 'Digital Output', 0);
  return {
    valvePercent: numberIn(records, 'Dimensionless', VALVE_SUBUNIT),
    isPumpOn: outputs === undefined ? undefined : (outputs & PUMP_BIT) !== 0,
  };
}

function numberIn(records: readonly MeterRecord[], quantity: string, subunit: number): number | undefined {
  const record = records.find((one) => one.quantity === quantity && one.subunit === subunit && one.storage === 0);
  return record?.value.kind === 'integer' ? Number(record.value.value) : undefined;
}

function failed(error: ProtocolError): OperateOutcome {
  return { shown: undefined, telegrams: [], error };
}
