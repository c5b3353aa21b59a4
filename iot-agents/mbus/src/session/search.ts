/**
 * Finding the meters of a bus. By primary address: each is asked. By secondary address (EN 13757-3, 11.5): digits are fixed from
 * left to right as long as more than one meter answers. Digits are also A to E, for some makers' numbers have them. Where all eight
 * are the same, device type, version and maker tell the meters apart.
 */

import { addressOfHeader, type MeterAddress, type SecondarySelection } from '../codec/header/address.js';
import { CI } from '../codec/wired.js';
import { type Conversation, LARGEST_PRIMARY, normalize, request, SELECTED } from './conversation.js';
import type { Answer } from './exchange.js';
import { ANY, isMeant, isSameMeter, select } from './select.js';

export interface FoundMeter {
  /** Where it answers; undefined when it was found by its secondary address. */
  readonly primary: number | undefined;
  /** Undefined for a meter with fixed data, or one that acknowledges and says no more. */
  readonly meter: MeterAddress | undefined;
}

export interface SearchOutcome {
  readonly found: readonly FoundMeter[];
  /** Addresses, or digits, where more than one meter answers and nothing tells them apart. */
  readonly collisions: readonly string[];
  readonly asked: number;
  /** The search ended at its limit. */
  readonly isCut: boolean;
}

export interface SearchOptions {
  /** A lossy line hides a meter that is asked but once. */
  readonly tries?: number;
  readonly from?: number;
  readonly to?: number;
}

const USUAL_SEARCH_TRIES = 2;

export function* searchPrimary(options: SearchOptions = {}): Conversation<SearchOutcome> {
  const { tries = USUAL_SEARCH_TRIES, from = 0, to = LARGEST_PRIMARY } = options;
  const found: FoundMeter[] = [];
  const collisions: string[] = [];
  let asked = 0;
  for (let address = from; address <= to; address += 1) {
    yield { kind: 'report', progress: { asking: String(address), asked, found: found.length } };
    asked += 1;
    const hello = yield* normalize(address, { tries, takesDamage: true });
    if (hello.kind === 'silence') continue;
    const accepts = (frame: { readonly address: number }) => frame.address === address;
    const answer = yield* request(address, { tries, frameCount: true, takesDamage: true, accepts });
    if (answer.kind === 'frame') found.push({ primary: address, meter: addressIn(answer) });
    else if (answer.kind === 'damaged') collisions.push(String(address));
    else if (hello.kind === 'ack') found.push({ primary: address, meter: undefined });
  }
  return { found, collisions, asked, isCut: false };
}

/** A bus of 250 meters with numbers of one batch needs some 5,000. */
const MAX_ASKED = 50_000;
const DIGITS = '0123456789abcde';
const ID_DIGITS = 8;
const BYTE_VALUES = 0xff;

interface Search {
  readonly tries: number;
  readonly found: FoundMeter[];
  readonly collisions: string[];
  asked: number;
}

export function* searchSecondary(
  options: SearchOptions = {},
  within: SecondarySelection = ANY,
): Conversation<SearchOutcome> {
  const { tries = USUAL_SEARCH_TRIES } = options;
  const search: Search = { tries, found: [], collisions: [], asked: 0 };
  // Whoever is still selected from before is let go.
  yield* normalize(SELECTED, { tries: 1, takesDamage: true });
  const who = yield* ask(search, within);
  if (who === 'many') yield* split(search, within);
  const { found, collisions, asked } = search;
  return { found, collisions, asked, isCut: asked >= MAX_ASKED };
}

/** Nobody, one whose address is known now, or many. */
function* ask(search: Search, selection: SecondarySelection): Conversation<'nobody' | 'one' | 'many'> {
  if (search.asked >= MAX_ASKED) return 'nobody';
  const { tries, found } = search;
  yield { kind: 'report', progress: { asking: textOf(selection), asked: search.asked, found: found.length } };
  search.asked += 1;
  const answer = yield* select(selection, undefined, { tries, takesDamage: true });
  if (answer.kind === 'silence') return 'nobody';
  const data = yield* request(SELECTED, { tries, frameCount: true, takesDamage: true });
  const meter = addressIn(data);
  if (meter === undefined || !isMeant(selection, meter)) return 'many';
  if (!found.some((one) => one.meter !== undefined && isSameMeter(one.meter, meter)))
    found.push({ primary: undefined, meter });
  return 'one';
}

function* split(search: Search, selection: SecondarySelection): Conversation<void> {
  let isSplit = false;
  for (const next of narrower(selection)) {
    isSplit = true;
    const who = yield* ask(search, next);
    if (who === 'many') yield* split(search, next);
  }
  if (!isSplit) search.collisions.push(textOf(selection));
}

/** The next digit that is open; behind the digits, device type, version and maker. */
function* narrower(selection: SecondarySelection): Generator<SecondarySelection> {
  const { id, manufacturer, version, medium } = selection;
  const at = id.indexOf('f');
  if (at >= 0 && at < ID_DIGITS) {
    for (const digit of DIGITS) yield { ...selection, id: id.slice(0, at) + digit + id.slice(at + 1) };
    return;
  }
  if (medium === 'wildcard') for (let value = 0; value < BYTE_VALUES; value += 1) yield { ...selection, medium: value };
  else if (version === 'wildcard')
    for (let value = 0; value < BYTE_VALUES; value += 1) yield { ...selection, version: value };
  else if (manufacturer === 'wildcard') for (const maker of MAKERS) yield { ...selection, manufacturer: maker };
}

/** Makers of heat, water and gas meters by their letters (DLMS user association): 26³ codes cannot all be asked. */
const MAKERS = [
  ...[
    'ABB',
    'ACW',
    'ADN',
    'AMT',
    'APA',
    'APT',
    'AXI',
    'BMT',
    'BSC',
    'DME',
    'EFE',
    'EIE',
    'ELS',
    'ELV',
    'EMH',
    'EMU',
    'ESY',
    'GAV',
    'GMC',
    'GWF',
  ],
  ...[
    'HYD',
    'ITR',
    'ITW',
    'JAN',
    'KAM',
    'KAW',
    'LGB',
    'LGZ',
    'LSE',
    'LUG',
    'MAD',
    'MET',
    'NZR',
    'PAD',
    'QDS',
    'RAM',
    'REL',
    'SAP',
    'SCH',
    'SEN',
  ],
  ...['SIE', 'SLB', 'SON', 'SPX', 'SVM', 'TCH', 'TCM', 'WEP', 'ZEN', 'ZRI', 'ZRM'],
] as const;

/** Of an answer with a long header; a meter that gives none cannot be told from noise in a search by secondary address. */
function addressIn(answer: Answer): MeterAddress | undefined {
  if (answer.kind !== 'frame' || answer.frame.ci !== CI.variable || answer.frame.data.length < 8) return undefined;
  return addressOfHeader(answer.frame.data, 0);
}

function textOf({ id, manufacturer, version, medium }: SecondarySelection): string {
  const rest = [manufacturer, version, medium].map((part) => (part === 'wildcard' ? '*' : String(part)));
  return `${id}.${rest.join('.')}`;
}
