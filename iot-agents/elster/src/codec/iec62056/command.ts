/** Programming mode, IEC 62056-21, 6.4.3.2 and 6.5: what a command letter and its type say, and the answers beside data. */

import type { Block } from './block.js';
import { type DataSet, formatDataSet, parseDataSets } from './data-set.js';

export interface CommandRow {
  readonly command: string;
  readonly name: string;
  /** Who sends it. */
  readonly from: 'reader' | 'meter';
}

/** Types 0 to 9 as the standard lists them; what it reserves is not here. */
export const COMMANDS = [
  { command: 'P0', name: 'operandForAlgorithm', from: 'meter' },
  { command: 'P1', name: 'password', from: 'reader' },
  { command: 'P2', name: 'resultOfAlgorithm', from: 'reader' },
  { command: 'W0', name: 'reservedWrite', from: 'reader' },
  { command: 'W1', name: 'writeAscii', from: 'reader' },
  { command: 'W2', name: 'writeFormatted', from: 'reader' },
  { command: 'W3', name: 'writeAsciiPartial', from: 'reader' },
  { command: 'W4', name: 'writeFormattedPartial', from: 'reader' },
  { command: 'W5', name: 'writeRegister', from: 'reader' },
  { command: 'W6', name: 'writeRegisterPartial', from: 'reader' },
  { command: 'R0', name: 'reservedRead', from: 'reader' },
  { command: 'R1', name: 'readAscii', from: 'reader' },
  { command: 'R2', name: 'readFormatted', from: 'reader' },
  { command: 'R3', name: 'readAsciiPartial', from: 'reader' },
  { command: 'R4', name: 'readFormattedPartial', from: 'reader' },
  { command: 'R5', name: 'readRegister', from: 'reader' },
  { command: 'R6', name: 'readRegisterPartial', from: 'reader' },
  { command: 'E2', name: 'executeFormatted', from: 'reader' },
  { command: 'B0', name: 'completeSignOff', from: 'reader' },
  { command: 'B1', name: 'completeSignOffFastWake', from: 'reader' },
] as const satisfies readonly CommandRow[];

export type CommandName = (typeof COMMANDS)[number]['command'];

export function commandRowOf(command: string): CommandRow | undefined {
  return COMMANDS.find((row) => row.command === command);
}

/** A command with one data set, as `R5 1.8.0()` or `P1 (00000000)`. */
export function commandBlock(command: CommandName, set?: DataSet): Block {
  return { command, data: set === undefined ? '' : formatDataSet(set), isLast: true };
}

/** The reply `(ERROR)`, `(ERR1)`, `(ER07)`: one bracket, no address (6.5, error message). */
export function errorIn(block: Block): string | undefined {
  return block.command === undefined ? /^\((ER[A-Z]*[0-9]*)\)\s*$/.exec(block.data)?.[1] : undefined;
}

/** The data sets of an answer; none when it is no data set. */
export function setsIn(block: Block): readonly DataSet[] {
  const parsed = parseDataSets(block.data);
  return 'sets' in parsed ? parsed.sets : [];
}
