/** Vectors from outside, of the folder that CONTOR_VECTORS names; without it their suites are skipped with a word. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DECODERS } from '@contor/elster';
import type { DecodeAnswer, LineDecoder } from '@contor/kit';

export interface Vector {
  readonly id: string;
  readonly protocol: string;
  readonly input: { readonly hex?: string; readonly text?: string };
  readonly expected: Readonly<Record<string, unknown>>;
}

/** Prose beside the expected values. */
const REMARKS = ['rule', 'note', 'reason'];

export function vectorsOf(file: string, protocol: string): readonly Vector[] {
  const folder = process.env.CONTOR_VECTORS;
  if (folder === undefined || !existsSync(join(folder, file))) return [];
  const lines = readFileSync(join(folder, file), 'utf8').split('\n');
  const vectors = lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Vector);
  return vectors.filter((vector) => vector.protocol.startsWith(protocol));
}

export function decoderOf(protocol: string): LineDecoder {
  const decoder = DECODERS.find((row) => row.protocol === protocol);
  if (decoder === undefined) throw new Error(`no decoder ${protocol}`);
  return decoder;
}

/** The expected members, and of the answer the same members: equal where the decoder is right. */
export function compared(vector: Vector, answer: DecodeAnswer): { expected: object; answered: object } {
  const names = Object.keys(vector.expected).filter((name) => !REMARKS.includes(name));
  const pick = (from: Readonly<Record<string, unknown>>): object =>
    Object.fromEntries(names.map((name) => [name, from[name]]));
  return { expected: pick(vector.expected), answered: pick(answer) };
}
