/** `contor read mbus`: every telegram of one meter, as `contor decode mbus` shows it. */

import { ConfigError, toHex } from '@contor/kit';
import { readMeter } from '@contor/mbus/session/read.js';
import { ANY, type Target } from '@contor/mbus/session/select.js';
import { decodeOne, decoderNamed, toJson } from '../decode/decode.js';
import type { ReadFlags } from './command.js';
import { isWhole, triesOf, withBus, wrong } from './line.js';

const SECONDARY = /^[0-9a-f]{8}$/i;
const LARGEST_PRIMARY = 250;
/** Whoever is there, when it is alone on the bus. */
const TEST_ADDRESS = '254';

export async function readMbus(host: string, address: string, flags: ReadFlags): Promise<void> {
  const target = targetOf(address);
  const { telegrams, error } = await withBus(host, flags, (bus) => bus.carry(readMeter(target, triesOf(flags))));
  const decoder = await decoderNamed('mbus');
  for (const { bytes } of telegrams) {
    const hex = toHex(bytes);
    console.log(flags.raw === true ? hex : toJson(decodeOne(decoder, { protocol: 'mbus', input: { hex } }), 2));
  }
  if (error !== undefined) throw error;
}

function targetOf(address: string): Target {
  if (isWhole(address, 0, LARGEST_PRIMARY) || address === TEST_ADDRESS)
    return { kind: 'primary', address: Number(address) };
  if (SECONDARY.test(address)) return { kind: 'secondary', selection: { ...ANY, id: address.toLowerCase() } };
  throw new ConfigError([wrong('The address', address, '0 to 250, 254, or the eight digits of a meter')]);
}
