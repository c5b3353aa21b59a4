/**
 * What a master does with a bus, as generators: they yield what is to be done on the line and are handed what came of it. They
 * see neither socket nor clock, so that a search of a whole bus reads from top to bottom and replays in a moment. What may be
 * said next within one exchange is `exchange.ts`.
 */

import { encodeFrame } from '../codec/link/frame.js';
import type { Answer, LongFrame, Request } from './exchange.js';
import { USUAL_TRIES } from './exchange.js';
import type { Baud } from './timing.js';

export type Demand =
  | ({ readonly kind: 'exchange' } & Request)
  /** To everybody or nobody: no answer is waited for. */
  | { readonly kind: 'send'; readonly bytes: Uint8Array }
  | { readonly kind: 'setBaud'; readonly baud: Baud }
  | { readonly kind: 'report'; readonly progress: Progress };

/** How far a search is. */
export interface Progress {
  /** The address, or the digits, that are being asked. */
  readonly asking: string;
  readonly asked: number;
  readonly found: number;
}

export type Conversation<Result> = Generator<Demand, Result, Answer>;

/** C fields of a master (EN 13757-2, 5.4.2); FCB and FCV are the bits 20 and 10. */
export const CONTROL = { sendNke: 0x40, sendUserData: 0x53, requestClass2: 0x5b, requestClass1: 0x5a } as const;
const FCB = 0x20;

export const LARGEST_PRIMARY = 250;
/** The meter chosen by its secondary address. */
export const SELECTED = 0xfd;
/** All answer; for a bus with one meter. */
export const TEST_ADDRESS = 0xfe;
export const BROADCAST = 0xff;

export interface AskOptions {
  readonly tries?: number;
  readonly takesDamage?: boolean;
}

/** Clears the frame count of a meter; a selected one is let go when this comes to 253. */
export function* normalize(
  address: number,
  { tries = USUAL_TRIES, takesDamage = false }: AskOptions = {},
): Conversation<Answer> {
  const bytes = encodeFrame({ kind: 'short', control: CONTROL.sendNke, address });
  return yield { kind: 'exchange', bytes, awaits: 'ack', tries, takesDamage };
}

export interface RequestOptions extends AskOptions {
  readonly frameCount: boolean;
  readonly dataClass?: 1 | 2;
  readonly accepts?: (frame: LongFrame) => boolean;
}

/** REQ_UD2 or REQ_UD1 with the frame count bit as given: the same again asks for the same telegram again. */
export function* request(address: number, options: RequestOptions): Conversation<Answer> {
  const { frameCount, dataClass = 2, tries = USUAL_TRIES, takesDamage = false, accepts } = options;
  const control = (dataClass === 2 ? CONTROL.requestClass2 : CONTROL.requestClass1) | (frameCount ? FCB : 0);
  const bytes = encodeFrame({ kind: 'short', control, address });
  return yield {
    kind: 'exchange',
    bytes,
    awaits: dataClass === 2 ? 'data' : 'either',
    tries,
    takesDamage,
    ...(accepts !== undefined && { accepts }),
  };
}

/** SND_UD; to the broadcast address nobody answers. */
export function* sendData(
  address: number,
  ci: number,
  data: Uint8Array,
  options: AskOptions = {},
): Conversation<Answer> {
  const { tries = USUAL_TRIES, takesDamage = false } = options;
  const bytes = encodeFrame({ kind: 'long', control: CONTROL.sendUserData, address, ci, data });
  if (address === BROADCAST) {
    yield { kind: 'send', bytes };
    return { kind: 'ack' };
  }
  return yield { kind: 'exchange', bytes, awaits: 'ack', tries, takesDamage };
}
