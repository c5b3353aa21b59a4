/**
 * Published captures of real pushes, from the line to amounts of the vocabulary. They are read from the folder that CONTOR_VECTORS names,
 * since they are not ours to copy; without it this file says so and passes.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deviceModel } from '@contor/dlms/mapping/models.js';
import { readNotification } from '@contor/dlms/mapping/readings.js';
import { decodeNotification } from '@contor/dlms/mapping/records.js';
import { PushStream } from '@contor/dlms/session/push-stream.js';
import { fromHex } from '@contor/kit';
import { describe, expect, it } from '@jest/globals';

interface Capture {
  readonly id: string;
  readonly layer?: string;
  readonly key: string | null;
  readonly input: { readonly hex?: string };
  readonly expected: { readonly pushes?: readonly unknown[]; readonly readings?: Readonly<Record<string, unknown>> };
}

const DATA_NOTIFICATION = 0x0f;
const folder = process.env.CONTOR_VECTORS;
const captures = folder === undefined ? [] : read(folder);

/** Another program's names; `shift` is from its unit to ours. */
const NAMES = [
  { name: 'ACTIVE_POWER_P', obis: '1-0:1.7.0', shift: 0 },
  { name: 'ACTIVE_ENERGY_P', obis: '1-0:1.8.0', shift: -3 },
  { name: 'REACTIVE_ENERGY_N', obis: '1-0:4.8.0', shift: -3 },
  { name: 'VOLTAGE_L1', obis: '1-0:32.7.0', shift: 0 },
  { name: 'CURRENT_L1', obis: '1-0:31.7.0', shift: 0 },
  { name: 'CURRENT_L2', obis: '1-0:51.7.0', shift: 0 },
] as const;

const MODELS: readonly (readonly [part: string, model: string])[] = [
  ['lg_e450', 'landis-gyr-e450-dlms'],
  ['lg_e570', 'landis-gyr-e570-dlms'],
  ['kamstrup', 'kamstrup-han-dlms'],
  ['kaifa', 'kaifa-han-dlms'],
  ['aidon', 'aidon-han-dlms'],
];

function read(from: string): readonly Capture[] {
  const lines = readFileSync(join(from, 'dlms.jsonl'), 'utf8').split('\n');
  const all = lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Capture);
  return all.filter(({ layer, key, expected }) => layer === 'hdlc' && !key && (expected.pushes ?? []).length > 0);
}

function amountsOf({ id, input }: Capture): readonly ReadonlyMap<string, unknown>[] {
  const model = deviceModel(MODELS.find(([part]) => id.toLowerCase().includes(part))?.[1] ?? 'idis-dlms');
  if (model === undefined) throw new RangeError('no such model');
  return new PushStream().hear(fromHex(input.hex ?? '')).flatMap((heard) => {
    const decoded = heard.kind === 'apdu' ? decodeNotification(heard.bytes) : undefined;
    return decoded?.kind === 'value' ? [readNotification(decoded.value, model, () => 0).values] : [];
  });
}

describe('captures', () => {
  it('are there, or nobody has asked for them', () => {
    expect(folder === undefined || captures.length > 0).toBe(true);
  });

  for (const capture of captures)
    it(`${capture.id} brings amounts`, () => {
      const heard = new PushStream().hear(fromHex(capture.input.hex ?? ''));
      expect(heard.length).toBeGreaterThan(0);
      // Without a key a ciphered one is heard, and not read.
      const inPlain = heard.filter((one) => one.kind === 'apdu' && one.bytes[0] === DATA_NOTIFICATION);
      const found = amountsOf(capture);
      expect(found).toHaveLength(inPlain.length);
      const { readings } = capture.expected;
      if (readings === undefined) return;
      for (const { name, obis, shift } of NAMES) {
        const said = readings[name];
        const amount = found[0]?.get(obis) as { integer: bigint; exponent: number } | undefined;
        if (typeof said !== 'number' || amount === undefined) continue;
        expect(Number(`${amount.integer}e${amount.exponent}`)).toBeCloseTo(Number(`${said}e${shift}`), 9);
      }
    });
});
