/** Choosing how an address is written in an IPHC header: each form is tried by reading it back, and the shortest wins. */

import { ByteReader } from '@contor/kit';
import type { Prefix } from '../ipv6/address.js';
import {
  type Contexts,
  LINK_LOCAL,
  MULTICAST_FORMS,
  readMulticast,
  readPrefixMulticast,
  readUnicast,
} from './addresses.js';
import { interfaceIdOf, type LinkAddress } from './link.js';

export interface AddressForm {
  /** SAC and SAM, or M, DAC and DAM. */
  readonly bits: number;
  readonly contextId: number;
  readonly inline: Uint8Array;
}

const STATEFUL = 4;
const MULTICAST = 8;

export function chooseSource(address: Uint8Array, link: LinkAddress | undefined, contexts: Contexts): AddressForm {
  if (address.every((byte) => byte === 0)) return { bits: STATEFUL, contextId: 0, inline: new Uint8Array(0) };
  return chooseUnicast(address, link, contexts);
}

export function chooseDestination(address: Uint8Array, link: LinkAddress | undefined, contexts: Contexts): AddressForm {
  return address[0] === 0xff ? chooseMulticast(address, contexts) : chooseUnicast(address, link, contexts);
}

function chooseUnicast(address: Uint8Array, link: LinkAddress | undefined, contexts: Contexts): AddressForm {
  const prefixes: readonly (readonly [bits: number, contextId: number, prefix: Prefix])[] = [
    [0, 0, LINK_LOCAL],
    ...[...contexts].map(([id, prefix]) => [STATEFUL, id, prefix] as const),
  ];
  const whole: AddressForm = { bits: 0, contextId: 0, inline: address };
  return shortest(
    whole,
    prefixes.flatMap(([bits, contextId, prefix]) =>
      UNICAST_FORMS.filter(({ mode }) => mode !== ELIDED || link !== undefined)
        .map(({ mode, inlineBytes }) => ({
          bits: bits | mode,
          contextId,
          inline: address.subarray(16 - inlineBytes),
          prefix,
        }))
        .filter((form) => {
          const read = readUnicast(new ByteReader(form.inline), form.bits & 3, form.prefix, () => interfaceIdOf(link));
          return same(read, address);
        }),
    ),
  );
}

const ELIDED = 3;
const UNICAST_FORMS = [
  { mode: ELIDED, inlineBytes: 0 },
  { mode: 2, inlineBytes: 2 },
  { mode: 1, inlineBytes: 8 },
] as const;

function chooseMulticast(address: Uint8Array, contexts: Contexts): AddressForm {
  const byContext = [...contexts].map(([contextId, prefix]) => {
    const inline = Uint8Array.of(...address.subarray(1, 3), ...address.subarray(12));
    return { bits: MULTICAST | STATEFUL, contextId, inline, read: readPrefixMulticast(new ByteReader(inline), prefix) };
  });
  const plain = MULTICAST_FORMS.map(({ mode, places }) => {
    const inline = Uint8Array.from(places, (place) => address[place] ?? 0);
    return { bits: MULTICAST | mode, contextId: 0, inline, read: readMulticast(new ByteReader(inline), mode) };
  });
  const whole: AddressForm = { bits: MULTICAST, contextId: 0, inline: address };
  return shortest(
    whole,
    [...plain, ...byContext].filter(({ read }) => same(read, address)),
  );
}

/** A context other than 0 costs a byte of its own. */
function shortest(whole: AddressForm, forms: readonly AddressForm[]): AddressForm {
  const cost = ({ inline, contextId }: AddressForm): number => inline.length + (contextId === 0 ? 0 : 1);
  let best = whole;
  for (const form of forms) if (cost(form) < cost(best)) best = form;
  return best;
}

function same(left: Uint8Array, right: Uint8Array): boolean {
  return Buffer.compare(left, right) === 0;
}
