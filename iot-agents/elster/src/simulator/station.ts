/**
 * The meters' side of one line (IEC 62056-21, 6.4.3 and 6.5), by the same table that the reader's side obeys: who is called by an address
 * answers, in readout or programming mode. Pure: bytes and time go in, answers come out.
 */

import { type Block, decodeBlock, encodeBlock } from '../codec/iec62056/block.js';
import { setsIn } from '../codec/iec62056/command.js';
import { type DataSet, formatDataSet } from '../codec/iec62056/data-set.js';
import { decodeOptionSelect, decodeRequest, encodeIdentification } from '../codec/iec62056/sign-on.js';
import { readoutBlock } from '../codec/iec62056/telegram.js';
import { ACK, NAK, SLASH, SOH } from '../codec/iec62056/text.js';
import { joined, nextProgramming, type ProgrammingInput, type ProgrammingState } from '../session/table.js';
import type { SimulatedMeter } from './meter.js';

/** More than any request; what is older than that is noise. */
const MAX_BUFFER = 512;
/** Sets of a partial answer (R6) that go into one block; a profile's rows go by values. */
const PARTIAL_CHARACTERS = 1_000;
/** ASCII-coded, by register, and that in partial blocks (6.5). */
const READS: readonly string[] = ['R1', 'R5', 'R6'];
const BROKEN_OFF = encodeBlock({ command: 'B0', data: '', isLast: true });
const SEED = 'A1B2C3D4E5F60718';

export class Station {
  readonly #meters: readonly SimulatedMeter[];
  #state: ProgrammingState = 'dormant';
  #meter: SimulatedMeter | undefined;
  #buffer = new Uint8Array(0);
  #last: Uint8Array | undefined;
  /** Blocks of a partial answer that are still to come. */
  #coming: readonly Uint8Array[] = [];

  constructor(meters: readonly SimulatedMeter[]) {
    this.#meters = meters;
  }

  get state(): ProgrammingState {
    return this.#state;
  }

  hear(bytes: Uint8Array, nowMs: number): readonly Uint8Array[] {
    this.#buffer = new Uint8Array(joined(this.#buffer, bytes).slice(-MAX_BUFFER));
    const answers: Uint8Array[] = [];
    for (let used = 1; used > 0 && this.#buffer.length > 0; ) {
      const step = this.#take(nowMs);
      used = step.used;
      this.#buffer = this.#buffer.slice(used);
      if (step.answer === undefined) continue;
      this.#last = step.answer;
      answers.push(step.answer);
    }
    return answers;
  }

  #take(nowMs: number): { readonly used: number; readonly answer?: Uint8Array | undefined } {
    const [first, second] = this.#buffer;
    if (first === SLASH) return this.#request();
    if (first === SOH) return this.#command(nowMs);
    if (first === NAK) return { used: 1, answer: this.#goes('nak') ? this.#last : undefined };
    if (first !== ACK) return { used: 1 };
    if (this.#state !== 'identified') return { used: 1, answer: this.#goes('ack') ? this.#following() : undefined };
    return second === undefined ? { used: 0 } : this.#option(nowMs);
  }

  #request() {
    const decoded = decodeRequest(this.#buffer);
    if (decoded.kind === 'pending') return { used: 0 };
    if (decoded.kind === 'garbage') return { used: decoded.used };
    const { address } = decoded.value;
    const meter = this.#called(address);
    if (meter === undefined || !this.#goes('request')) return { used: decoded.used };
    this.#meter = meter;
    return { used: decoded.used, answer: encodeIdentification({ line: meter.line }) };
  }

  /** 6.3.2: leading zeros do not count; without an address the first answers, as if it were alone. */
  #called(address: string): SimulatedMeter | undefined {
    const bare = (text: string): string => text.replace(/^0+/, '');
    return address === '' ? this.#meters[0] : this.#meters.find(({ serial }) => bare(serial) === bare(address));
  }

  #option(nowMs: number) {
    const decoded = decodeOptionSelect(this.#buffer);
    if (decoded.kind === 'pending') return { used: 0 };
    if (decoded.kind === 'garbage') return { used: decoded.used };
    const { modeControl } = decoded.value;
    const { used } = decoded;
    if (modeControl === '0' && this.#goes('readout'))
      return { used, answer: encodeBlock(readoutBlock(this.#meter?.readout(nowMs) ?? [])) };
    if (modeControl === '1' && this.#goes('programming'))
      return { used, answer: encodeBlock({ command: 'P0', data: `(${SEED})`, isLast: true }) };
    return { used };
  }

  #command(nowMs: number) {
    const decoded = decodeBlock(this.#buffer);
    if (decoded.kind === 'pending') return { used: 0 };
    const { used } = decoded;
    if (decoded.kind === 'garbage')
      return { used, answer: decoded.error.code === 'wire.checksum' ? Uint8Array.of(NAK) : undefined };
    return { used, answer: this.#obey(decoded.value, nowMs) };
  }

  #obey(block: Block, nowMs: number): Uint8Array | undefined {
    const { command = '' } = block;
    const [set] = setsIn(block);
    if (command === 'B0') {
      this.#goes('break');
      return undefined;
    }
    if (command === 'P1') return this.#prove(set?.values[0]?.value ?? '', nowMs);
    if (!READS.includes(command) || set === undefined || !this.#goes('read')) return refusal();
    const answer = this.#read(set, nowMs);
    if (answer === undefined) return refusal();
    const blocks = command === 'R6' ? partsOf(answer) : [encodeBlock({ data: textOf(answer), isLast: true })];
    this.#coming = blocks;
    return this.#following();
  }

  #prove(password: string, nowMs: number): Uint8Array | undefined {
    if (this.#state !== 'challenged') return refusal();
    const verdict = this.#meter?.prove(password, nowMs);
    if (verdict === 'locked') {
      this.#goes('break');
      return BROKEN_OFF;
    }
    this.#goes(verdict === 'open' ? 'password' : 'refusal');
    return verdict === 'open' ? Uint8Array.of(ACK) : refusal();
  }

  /** Registers are for everybody, the profile behind the password. An answer leaves the address out (6.5). */
  #read({ address, values: [range] }: DataSet, nowMs: number): readonly DataSet[] | undefined {
    if (!/^P\.01$/.test(address)) {
      const set = this.#meter?.register(address, nowMs);
      return set === undefined ? undefined : [{ ...set, address: '' }];
    }
    if (this.#state !== 'open') return undefined;
    const [from, to] = (range?.value ?? '').split(';').map((text) => this.#meter?.instantOf(text));
    if (from === undefined || to === undefined) return undefined;
    const sets = this.#meter?.profile(from, to, nowMs) ?? [];
    return sets.length === 0 ? [{ address, values: [{ value: '' }] }] : sets;
  }

  #following(): Uint8Array | undefined {
    const [next, ...rest] = this.#coming;
    this.#coming = rest;
    return next;
  }

  #goes(input: ProgrammingInput): boolean {
    const next = nextProgramming(this.#state, input);
    if (next !== undefined) this.#state = next;
    return next !== undefined;
  }
}

function refusal(): Uint8Array {
  return encodeBlock({ data: '(ERROR)', isLast: true });
}

/** A set a line. */
function textOf(sets: readonly DataSet[]): string {
  return sets.map((set) => `${formatDataSet(set)}\r\n`).join('');
}

/** Partial blocks end in EOT, the last one in ETX (Annex A.2); cuts are between brackets. */
function partsOf(sets: readonly DataSet[]): readonly Uint8Array[] {
  const text = textOf(sets);
  const parts: string[] = [];
  for (let at = 0; at < text.length; ) {
    const cut = text.indexOf(')', at + PARTIAL_CHARACTERS);
    const end = cut < 0 || cut + 1 === text.length ? text.length : cut + 1;
    parts.push(text.slice(at, end));
    at = end;
  }
  return parts.map((data, index) => encodeBlock({ data, isLast: index === parts.length - 1 }));
}
