/** The hand-over from IEC 62056-21 to HDLC: IEC 62056-21, annex B. */

import { DlmsClient } from '@contor/dlms/session/client.js';
import { HDLC_PROPOSAL, hdlcClientLink } from '@contor/dlms/session/link/client-link.js';
import { modeELink } from '@contor/dlms/session/link/mode-e.js';
import { CLIENT_CONFORMANCE } from '@contor/dlms/session/opening.js';
import { SimulatedStreet } from '@contor/dlms/simulator/street.js';
import { seededRandom } from '@contor/kit';
import { describe, expect, it } from '@jest/globals';

const PATIENCE_MS = 5_000;
const random = seededRandom(3);
const hdlc = () =>
  hdlcClientLink({
    client: 16,
    server: { upper: 1, lower: 16, size: 2 },
    parameters: HDLC_PROPOSAL,
    patienceMs: PATIENCE_MS,
  });
const text = (bytes: Uint8Array) => Buffer.from(bytes.map((byte) => byte & 0x7f)).toString('latin1');
const bytesOf = (said: string) => Uint8Array.from(Buffer.from(said, 'latin1'));
/** Even parity in the eighth bit, as a serial server set to 8N1 hands it on. */
const withParity = (said: string) =>
  bytesOf(said).map((byte) => {
    const ones = [...byte.toString(2)].filter((bit) => bit === '1').length;
    return ones % 2 === 0 ? byte : byte | 0x80;
  });

it('a meter that is called in mode E is read by HDLC', () => {
  const street = new SimulatedStreet({ meters: 1, seed: 1, random, clockMs: () => Date.UTC(2026, 0, 1) }).link();
  const client = new DlmsClient(modeELink(hdlc(), PATIENCE_MS), {
    proposal: {
      authentication: { mechanism: 0 },
      challenge: random.bytes(16),
      isCiphered: false,
      conformance: CLIENT_CONFORMANCE,
      maxPduSize: 512,
    },
    pass: { suite: 0 },
    nextCounter: () => undefined,
  });
  const told: string[] = [];
  let effects = client.open(0);
  for (let turn = 0; turn < 20 && effects.length > 0; turn += 1) {
    told.push(...effects.filter(({ kind }) => kind !== 'send').map(({ kind }) => kind));
    effects = effects
      .flatMap((effect) => (effect.kind === 'send' ? street.hear(effect.bytes, 0) : []))
      .flatMap((bytes) => client.hear(bytes, 0));
  }
  expect(told).toEqual(['associated']);
});

describe('the words of the hand-over', () => {
  it.each([
    ['as they are', bytesOf],
    ['with parity bits', withParity],
  ] as const)('%s', (_name, write) => {
    const link = modeELink(hdlc(), PATIENCE_MS);
    const [call] = link.open(0);
    expect(call?.kind === 'send' && text(call.bytes)).toBe('/?!\r\n');
    // An optical head gives our own call back before the meter speaks.
    const [choice] = [...link.hear(write('/?!\r\n'), 1), ...link.hear(write('/LGZ4\\2ZMD3104100.B32\r\n'), 2)];
    expect(choice?.kind === 'send' && text(choice.bytes)).toBe('\u0006242\r\n');
    const [snrm] = link.hear(write('\u0006242\r\n'), 3);
    expect(snrm?.kind === 'send' && snrm.bytes[0]).toBe(0x7e);
  });

  it('a meter without HDLC is told apart', () => {
    const link = modeELink(hdlc(), PATIENCE_MS);
    link.open(0);
    expect(link.hear(bytesOf('/ELS5\\@V10.06\r\n'), 1)).toMatchObject([{ error: { code: 'mode-e.unsupported' } }]);
  });

  it('silence is asked three times more, and noise without end is let go', () => {
    const link = modeELink(hdlc(), PATIENCE_MS);
    link.open(0);
    expect(link.hear(new Uint8Array(100_000).fill(0x41), 1)).toEqual([]);
    const kinds = [];
    for (let turn = 1; turn <= 4; turn += 1) kinds.push(...link.wake(turn * PATIENCE_MS).map(({ kind }) => kind));
    expect(kinds).toEqual(['send', 'send', 'send', 'fail']);
  });
});
