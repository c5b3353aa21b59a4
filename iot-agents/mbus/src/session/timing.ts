/** How long things take on the wired bus (EN 13757-2, 5.2 and 5.5): eleven bits a character, and bounds in bit times. */

/** Start, eight bits, parity, stop. */
const BITS_A_CHARACTER = 11;
/** 5.5: a slave answers after 11 to 330 bit times plus 50 ms. */
const LONGEST_ANSWER_BITS = 330;
const LONGEST_ANSWER_MS = 50;
/** 5.5: the bus rests so long before the master speaks again. */
const IDLE_BITS = 33;
const LONGEST_FRAME = 261;
/** Characters of one frame follow each other; what a converter tears apart comes within this. */
const GAP_MS = 50;
const GAP_CHARACTERS = 4;

export const BAUDS = [300, 600, 1_200, 2_400, 4_800, 9_600, 19_200, 38_400] as const;
export type Baud = (typeof BAUDS)[number];
export const USUAL_BAUD: Baud = 2_400;

/** Of the line: its rate, and what the way to it adds to every answer (a converter, a mobile network). */
export interface LineTiming {
  readonly baud: Baud;
  readonly latencyMs: number;
}

export function bitsMs(bits: number, baud: number): number {
  return (bits * 1_000) / baud;
}

export function charactersMs(characters: number, baud: number): number {
  return bitsMs(characters * BITS_A_CHARACTER, baud);
}

export function idleMs(baud: number): number {
  return bitsMs(IDLE_BITS, baud);
}

/** From handing a request to the line until its answer must have begun to arrive. */
export function patienceMs(sent: number, awaits: 'ack' | 'data' | 'either', { baud, latencyMs }: LineTiming): number {
  const answerMs = bitsMs(LONGEST_ANSWER_BITS, baud) + LONGEST_ANSWER_MS;
  // Some converters keep a frame until it is whole: then its first byte comes as late as its last.
  const keptMs = awaits !== 'ack' ? charactersMs(LONGEST_FRAME, baud) : 0;
  return charactersMs(sent, baud) + answerMs + keptMs + latencyMs;
}

/** Nothing more comes of what has begun. */
export function quietMs({ baud, latencyMs }: LineTiming): number {
  return GAP_MS + charactersMs(GAP_CHARACTERS, baud) + latencyMs;
}
