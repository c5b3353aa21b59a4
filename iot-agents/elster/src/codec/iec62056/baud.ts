/** IEC 62056-21, 6.3.14 and 6.4: how a meter names its baud rate, and by that its protocol mode. */

export type Mode = 'A' | 'B' | 'C' | 'D' | 'E';

export interface BaudRow {
  readonly character: string;
  readonly baud: number;
  readonly modes: readonly Mode[];
}

/** Where every sign-on begins, whatever follows (6.2, 6.4.3). */
export const OPENING_BAUD = 300;

/** Any other character belongs to mode A, which stays at the opening rate; 7 to 9 and G to I are reserved. */
export const BAUDS = [
  { character: 'A', baud: 600, modes: ['B'] },
  { character: 'B', baud: 1200, modes: ['B'] },
  { character: 'C', baud: 2400, modes: ['B'] },
  { character: 'D', baud: 4800, modes: ['B'] },
  { character: 'E', baud: 9600, modes: ['B'] },
  { character: 'F', baud: 19_200, modes: ['B'] },
  { character: '0', baud: 300, modes: ['C', 'E'] },
  { character: '1', baud: 600, modes: ['C', 'E'] },
  { character: '2', baud: 1200, modes: ['C', 'E'] },
  { character: '3', baud: 2400, modes: ['C', 'D', 'E'] },
  { character: '4', baud: 4800, modes: ['C', 'E'] },
  { character: '5', baud: 9600, modes: ['C', 'E'] },
  { character: '6', baud: 19_200, modes: ['C', 'E'] },
] as const satisfies readonly BaudRow[];

const ROWS: ReadonlyMap<string, BaudRow> = new Map(BAUDS.map((row) => [row.character, row]));

export function baudRowOf(character: string): BaudRow | undefined {
  return ROWS.get(character);
}
