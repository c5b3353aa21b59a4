/**
 * What a reader does with a meter in mode C (IEC 62056-21, 6.4.3 and 6.5), as generators: they yield what is to be done on the line and
 * are handed what came of it. They see neither socket nor clock. What the meter refuses is thrown as a ProtocolError.
 */

import { ProtocolError } from '@contor/kit';
import { baudRowOf, OPENING_BAUD } from '../codec/iec62056/baud.js';
import { type Block, encodeBlock } from '../codec/iec62056/block.js';
import { type CommandName, commandBlock, errorIn, setsIn } from '../codec/iec62056/command.js';
import { type DataSet, parseDataSets } from '../codec/iec62056/data-set.js';
import { encodePassword, type PasswordScheme } from '../codec/iec62056/password.js';
import { encodeOptionSelect, encodeRequest, type Identification } from '../codec/iec62056/sign-on.js';
import { ACK, MAX_MESSAGE, NAK, toBytes } from '../codec/iec62056/text.js';
import type { Answer, Request } from './exchange.js';

export type Demand =
  | ({ readonly kind: 'exchange' } & Request)
  /** No answer is waited for. */
  | { readonly kind: 'send'; readonly bytes: Uint8Array }
  | { readonly kind: 'setBaud'; readonly baud: number }
  | { readonly kind: 'report'; readonly step: string };

export type Conversation<Result> = Generator<Demand, Result, Answer>;

export interface SignOnOptions {
  /** Empty asks whoever is on the line. */
  readonly address: string;
  /** The rate of a line that keeps it, such as a converter's; without it the line follows the meter (6.4.3). */
  readonly fixedBaud?: number;
  /** Some optical heads lose characters above a rate. */
  readonly maxBaud?: number;
}

export interface Brought {
  readonly identification: Identification;
  readonly sets: readonly DataSet[];
  /** The blocks as they came, one behind the other. */
  readonly bytes: Uint8Array;
}

/** Option select, mode control (6.3.5, figure 3). */
const MODE = { readout: '0', programming: '1' } as const;
const HIGHEST_BAUD = 19_200;
const BREAK = encodeBlock({ command: 'B0', data: '', isLast: true });

/** The whole of what the meter shows without a password. */
export function* readOut(options: SignOnOptions): Conversation<Brought> {
  const identification = yield* signOn(options);
  const select = yield* selecting(options, identification, MODE.readout);
  const { text, bytes } = yield* blocksOf({ kind: 'exchange', awaits: 'block', bytes: select, again: NAK_BYTES });
  const parsed = parseDataSets(text);
  if (!('sets' in parsed)) throw new ProtocolError(parsed.code, 'The readout holds no data sets.');
  yield { kind: 'report', step: 'readout' };
  return { identification, sets: parsed.sets, bytes };
}

export interface Access {
  readonly scheme: PasswordScheme;
  readonly password: string;
}

export interface ProgrammingOptions extends SignOnOptions {
  /** Without it the meter is asked for what it shows to anybody. */
  readonly access?: Access;
}

/** Programming mode: what is asked of the meter in it is `use`; the break ends it in any case that leaves the line whole. */
export function* inProgramming<Result>(
  options: ProgrammingOptions,
  use: (identification: Identification) => Conversation<Result>,
): Conversation<Result> {
  const identification = yield* signOn(options);
  const select = yield* selecting(options, identification, MODE.programming);
  const { block } = expectBlock(yield { kind: 'exchange', awaits: 'block', bytes: select, again: NAK_BYTES });
  refuseError(block);
  const seed = block.command === 'P0' ? setsIn(block)[0]?.values[0]?.value : undefined;
  if (seed === undefined) throw new ProtocolError('elster.programming', 'The meter does not open programming mode.');
  try {
    if (options.access !== undefined) yield* giveProof(options.access, seed);
    yield { kind: 'report', step: 'programming' };
    return yield* use(identification);
  } finally {
    // 6.5, break message: nobody answers.
    yield { kind: 'send', bytes: BREAK };
  }
}

/** One register (`R5 1.8.0()`) or one range of a profile (`R5 P.01(from;to)`), partial blocks and all. */
export function* readRegister(
  address: string,
  range = '',
  command: CommandName = 'R5',
): Conversation<Omit<Brought, 'identification'>> {
  const ask = encodeBlock(commandBlock(command, { address, values: [{ value: range }] }));
  const { text, bytes } = yield* blocksOf({ kind: 'exchange', awaits: 'block', bytes: ask, again: ask });
  const parsed = parseDataSets(text);
  if (!('sets' in parsed)) throw new ProtocolError(parsed.code, 'The answer holds no data sets.');
  return { sets: parsed.sets, bytes };
}

function* signOn({ address, fixedBaud }: SignOnOptions): Conversation<Identification> {
  if (fixedBaud === undefined) yield { kind: 'setBaud', baud: OPENING_BAUD };
  const bytes = encodeRequest({ address });
  const answer = yield { kind: 'exchange', awaits: 'identification', bytes, again: bytes };
  if (answer.kind !== 'identification') throw faultOf(answer);
  yield { kind: 'report', step: 'identified' };
  return answer.identification;
}

/** The acknowledgement; the line goes to the new rate when it has left. */
function* selecting(
  { fixedBaud, maxBaud = HIGHEST_BAUD }: SignOnOptions,
  { baudCharacter }: Identification,
  modeControl: string,
): Conversation<Uint8Array> {
  const row = baudRowOf(baudCharacter);
  if (row?.modes.includes('C') !== true)
    throw new ProtocolError('elster.mode', 'The meter does not speak mode C.', { baudCharacter });
  const isFit = row.baud <= (fixedBaud ?? maxBaud);
  const chosen = isFit ? baudCharacter : characterOf(fixedBaud ?? OPENING_BAUD);
  const select = encodeOptionSelect({ protocolControl: '0', baudCharacter: chosen, modeControl });
  if (fixedBaud !== undefined) return select;
  // The rate changes behind the acknowledgement, so it leaves before the line is told.
  yield { kind: 'send', bytes: select };
  yield { kind: 'setBaud', baud: isFit ? row.baud : OPENING_BAUD };
  return NOTHING;
}

/** The slowest row of mode C that a line at this rate can carry is always there: 300. */
function characterOf(baud: number): string {
  return ['6', '5', '4', '3', '2', '1'].find((character) => (baudRowOf(character)?.baud ?? 0) === baud) ?? '0';
}

function* giveProof({ scheme, password }: Access, seed: string): Conversation<void> {
  const answer = yield { kind: 'exchange', awaits: 'reply', bytes: encodePassword(scheme, password, seed) };
  if (answer.kind === 'ack') return;
  if (answer.kind === 'nak') throw new ProtocolError('elster.password', 'The meter refuses the password.');
  const { block } = expectBlock(answer);
  const error = errorIn(block);
  throw new ProtocolError('elster.password', 'The meter refuses the password.', { error, command: block.command });
}

function* blocksOf(first: Demand & { readonly kind: 'exchange' }): Conversation<{ text: string; bytes: Uint8Array }> {
  const texts: string[] = [];
  const parts: Uint8Array[] = [];
  let length = 0;
  for (let demand = first; ; demand = NEXT) {
    const { block, bytes } = expectBlock(yield demand);
    refuseError(block);
    texts.push(block.data);
    parts.push(bytes);
    length += bytes.length;
    if (block.isLast) return { text: texts.join(''), bytes: new Uint8Array(Buffer.concat(parts)) };
    if (length > MAX_MESSAGE) throw new ProtocolError('elster.endless', 'The blocks do not end.');
    yield { kind: 'report', step: `block ${texts.length}` };
  }
}

const NOTHING = new Uint8Array(0);
const NAK_BYTES = Uint8Array.of(NAK);
/** Annex A.2: a partial block is acknowledged and the next comes. Into silence a NAK: a second ACK might step over a block. */
const NEXT = { kind: 'exchange', awaits: 'block', bytes: Uint8Array.of(ACK), again: NAK_BYTES } as const;

function expectBlock(answer: Answer): { readonly block: Block; readonly bytes: Uint8Array } {
  if (answer.kind === 'block') return answer;
  throw faultOf(answer);
}

function refuseError(block: Block): void {
  const error = errorIn(block);
  if (block.command === 'B0') throw new ProtocolError('elster.broken-off', 'The meter ended the conversation.');
  if (error !== undefined) throw new ProtocolError('elster.error', `The meter answers ${error}.`, { error });
}

/** What an answer that was not hoped for says; its text says nothing of what came. */
function faultOf({ kind }: Answer): ProtocolError {
  if (kind === 'silence') return new ProtocolError('elster.silence', 'The meter does not answer.');
  if (kind === 'damaged') return new ProtocolError('elster.damaged', 'Every repeat came damaged.');
  if (kind === 'endless') return new ProtocolError('elster.endless', 'The answer does not end.');
  return new ProtocolError('elster.refused', 'The meter answers something else.', { kind });
}

/** The bytes of a whole conversation, for the log: identification line and blocks. */
export function recordOf({ identification, bytes }: Pick<Brought, 'identification' | 'bytes'>): Uint8Array {
  return new Uint8Array(Buffer.concat([toBytes(`${identification.line}\r\n`), bytes]));
}
