/** The line as its users write it: `192.168.2.12,2332` and `9600,e,7,1`. */

import type { Parity } from '../codec/iec62056/parity.js';

export interface LinePlace {
  readonly host: string;
  readonly port: number;
}

export interface Comm {
  readonly baud: number;
  /** Made and checked by us, for a converter that carries eight bits without looking at them. */
  readonly parity: Parity;
}

/** IEC 62056-21, 5.2 and 6.4: one start, seven data, a parity and a stop bit at 9600, the fastest of most optical ports. */
export const USUAL_COMM: Comm = { baud: 9600, parity: 'even' };

/** Seven bits go with a parity of ours; with eight the converter was told the parity itself. */
const CHARACTERS: Readonly<Record<string, Parity>> = { 'e,7,1': 'even', 'o,7,1': 'odd', 'n,8,1': 'none' };
const RATES = [300, 600, 1200, 2400, 4800, 9600, 19_200];
const LARGEST_PORT = 65_535;

export function parseComm(text: string): Comm | undefined {
  const [, rate = '', character = ''] = /^(\d{3,5}),([a-z],\d,\d)$/.exec(text.trim().toLowerCase()) ?? [];
  const baud = RATES.find((known) => known === Number(rate));
  const parity = Object.hasOwn(CHARACTERS, character) ? CHARACTERS[character] : undefined;
  return baud === undefined || parity === undefined ? undefined : { baud, parity };
}

/** Host and port with a comma between, or a colon. */
export function parsePlace(text: string): LinePlace | undefined {
  const [, host, port] = /^([^,\s]{1,255})[,:]\s?(\d{1,5})$/.exec(text.trim()) ?? [];
  const number = Number(port);
  return host === undefined || number < 1 || number > LARGEST_PORT ? undefined : { host, port: number };
}

export interface Endpoint {
  readonly comm: Comm;
  /** Of the meter on its line; empty asks whoever is there. */
  readonly address: string;
}

/** `9600,e,7,1` or `9600,e,7,1/60010001`; nothing at all is the usual. Undefined: no such line. */
export function parseEndpoint(text: string | undefined): Endpoint | undefined {
  if (text === undefined) return { comm: USUAL_COMM, address: '' };
  const [, commText = '', address = ''] = /^([^/]{1,20})(?:\/([^/!\s]{1,32}))?$/.exec(text) ?? [];
  const comm = parseComm(commText);
  return comm === undefined ? undefined : { comm, address };
}
