/**
 * The meter's side of the wired bus (EN 13757-2, 5.7; EN 13757-7, 7): listens at its primary address and, once selected, at
 * 253; repeats its telegram when the frame count says that the last one was lost; takes another address, rate and time.
 */

import { decodeSelection, type MeterAddress } from '../../codec/header/address.js';
import { encodeFrame, type WiredFrame } from '../../codec/link/frame.js';
import { decodeRecords, type MeterRecord } from '../../codec/record/record.js';
import { CI, encodeVariable } from '../../codec/wired.js';
import { BROADCAST, CONTROL, LARGEST_PRIMARY, SELECTED, TEST_ADDRESS } from '../../session/conversation.js';
import { isMeant } from '../../session/select.js';
import { BAUDS, type Baud, USUAL_BAUD } from '../../session/timing.js';
import type { Readout } from './readout.js';

export interface SlaveOptions {
  readonly meter: MeterAddress;
  readonly primary: number;
  readonly fabricationNumber?: string;
  readonly readout: Readout;
  /** Of 11 to 330 bit times (EN 13757-2, 5.5). */
  readonly answerDelayBits: number;
  /** What it does with records that it is told; without it they are acknowledged and forgotten. */
  readonly take?: (records: readonly MeterRecord[]) => void;
  /** It hears, and never answers. */
  readonly isDead?: boolean;
}

const FCB = 0x20;
const FCV = 0x10;
const FUNCTION_BITS = 0x4f;
const RSP_UD = 0x08;
const ACKNOWLEDGED = encodeFrame({ kind: 'ack' });
const RESET_APPLICATION = 0x50;
const DATA = 0x51;
const FIRST_BAUD = 0xb8;

export class Slave {
  readonly meter: MeterAddress;
  readonly answerDelayBits: number;
  primary: number;
  baud: Baud = USUAL_BAUD;
  /** Set by the master; simulated meters keep it as what they are off. */
  clockSetMs: number | undefined;
  readonly #options: SlaveOptions;
  #isSelected = false;
  #lastCount: boolean | undefined;
  #next = 0;
  #lastAnswer: Uint8Array | undefined;
  #accessNumber = 0;

  constructor(options: SlaveOptions) {
    this.#options = options;
    this.meter = options.meter;
    this.primary = options.primary;
    this.answerDelayBits = options.answerDelayBits;
  }

  /** What it answers, if it does. */
  hear(frame: WiredFrame, atMs: number): Uint8Array | undefined {
    if (frame.kind === 'ack' || (frame.control & 0x40) === 0) return undefined;
    const answer = this.#answer(frame, atMs);
    return this.#options.isDead === true || frame.address === BROADCAST ? undefined : answer;
  }

  #answer(frame: Exclude<WiredFrame, { kind: 'ack' }>, atMs: number): Uint8Array | undefined {
    if (frame.kind === 'long' && frame.address === SELECTED && frame.ci === CI.select) return this.#select(frame.data);
    const { address } = frame;
    const isOurs =
      address === this.primary ||
      address === TEST_ADDRESS ||
      address === BROADCAST ||
      (address === SELECTED && this.#isSelected);
    if (!isOurs) return undefined;
    switch (frame.control & FUNCTION_BITS) {
      case CONTROL.sendNke:
        if (address === SELECTED) this.#isSelected = false;
        this.#lastCount = undefined;
        this.#next = 0;
        return ACKNOWLEDGED;
      case CONTROL.requestClass2 & FUNCTION_BITS:
        return this.#data(frame.control, atMs);
      case CONTROL.requestClass1 & FUNCTION_BITS:
        return ACKNOWLEDGED;
      case CONTROL.sendUserData & FUNCTION_BITS:
        return frame.kind === 'long' ? this.#take(frame.ci, frame.data, atMs) : undefined;
      default:
        return undefined;
    }
  }

  #select(data: Uint8Array): Uint8Array | undefined {
    const selection = decodeSelection(data);
    const { fabricationNumber } = this.#options;
    const asked = decodeRecords(data.subarray(8)).records.find(({ quantity }) => quantity === 'Fabrication No');
    const isOther = asked !== undefined && String(numberIn(asked.value)) !== String(Number(fabricationNumber));
    this.#isSelected = selection !== undefined && isMeant(selection, this.meter) && !isOther;
    this.#lastCount = undefined;
    this.#next = 0;
    return this.#isSelected ? ACKNOWLEDGED : undefined;
  }

  /** 5.7.2: the same frame count again asks for the same telegram again. */
  #data(control: number, atMs: number): Uint8Array {
    const count = (control & FCB) !== 0;
    const isRepeat = (control & FCV) !== 0 && count === this.#lastCount && this.#lastAnswer !== undefined;
    if (isRepeat && this.#lastAnswer !== undefined) return this.#lastAnswer;
    const telegrams = this.#options.readout(atMs);
    const records = telegrams[this.#next] ?? telegrams[0] ?? new Uint8Array(0);
    this.#next = this.#next + 1 < telegrams.length ? this.#next + 1 : 0;
    this.#accessNumber = (this.#accessNumber + 1) & 0xff;
    const header = { meter: this.meter, accessNumber: this.#accessNumber, status: 0, signature: 0 };
    const answer = encodeVariable({ control: RSP_UD, address: this.primary }, header, records);
    this.#lastCount = count;
    this.#lastAnswer = answer;
    return answer;
  }

  #take(ci: number, data: Uint8Array, atMs: number): Uint8Array | undefined {
    if (ci === RESET_APPLICATION) {
      this.#next = 0;
      return ACKNOWLEDGED;
    }
    const baud = BAUDS[ci - FIRST_BAUD];
    if (baud !== undefined) {
      this.baud = baud;
      return ACKNOWLEDGED;
    }
    if (ci !== DATA) return undefined;
    const { records } = decodeRecords(data);
    this.#options.take?.(records);
    for (const { quantity, value } of records) {
      const number = numberIn(value);
      if (quantity === 'Bus Address' && number !== undefined && number <= LARGEST_PRIMARY) this.primary = number;
      if (value.kind === 'time') this.clockSetMs = atMs;
    }
    return ACKNOWLEDGED;
  }
}

function numberIn(value: { readonly kind: string; readonly value?: unknown }): number | undefined {
  return value.kind === 'integer' ? Number(value.value) : undefined;
}
