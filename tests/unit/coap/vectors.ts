/** Vectors from outside, of the folder that CONTOR_VECTORS names; without it their suites are skipped with a word. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DECODERS } from '@contor/coap';
import { AssertionError, type LineDecoder, toHex } from '@contor/kit';

export interface Vector {
  readonly id: string;
  readonly input: {
    readonly hex?: string;
    readonly frames?: readonly string[];
    readonly linkSource?: string;
    readonly linkDestination?: string;
    readonly [member: string]: unknown;
  };
  readonly expected: Readonly<Record<string, unknown>>;
}

export function vectorsOf(file: string): readonly Vector[] {
  const folder = process.env.CONTOR_VECTORS;
  if (folder === undefined) return [];
  const lines = readFileSync(join(folder, file), 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Vector);
}

export function decoderOf(protocol: string): LineDecoder {
  const decoder = DECODERS.find((candidate) => candidate.protocol === protocol);
  if (decoder === undefined) throw new AssertionError('no such decoder', { protocol });
  return decoder;
}

/** What the answer says of the expected members, as plain JSON; members it has beyond those are left aside. */
export function seenOf(answer: unknown, expected: unknown): unknown {
  return trimmed(plain(answer), expected);
}

function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_key, member: unknown) => {
      if (typeof member === 'bigint') return member.toString();
      return member instanceof Uint8Array ? toHex(member) : member;
    }),
  );
}

function trimmed(answer: unknown, expected: unknown): unknown {
  if (!isObject(answer) || !isObject(expected)) return answer;
  return Object.fromEntries(
    Object.entries(expected).map(([key, value]) => [
      key,
      trimmed(Object.hasOwn(answer, key) ? answer[key] : undefined, value),
    ]),
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
