/**
 * Published captures, read from the folder that CONTOR_VECTORS names (form: docs/decode.md). Every member of what is expected is compared; where we
 * read a telegram otherwise than the program that made the expectation, the reason stands in DEVIATIONS.
 */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DecodeAnswer, DecodeRequest } from '@contor/kit';
import { DECODERS } from '@contor/mbus';
import { describe, expect, it } from '@jest/globals';
import { DEVIATIONS } from './deviations.js';

interface Vector {
  readonly id: string;
  readonly protocol: string;
  readonly input: { readonly hex: string };
  readonly class?: string;
  readonly expected: Readonly<Record<string, unknown>>;
}

const FOLDER = process.env.CONTOR_VECTORS;

function vectorsOf(file: string): readonly Vector[] {
  const path = join(FOLDER ?? '', file);
  if (FOLDER === undefined || !existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Vector);
}

const VECTORS = ['mbus.jsonl', 'wmbus.jsonl', 'hand.jsonl']
  .flatMap(vectorsOf)
  .filter(({ protocol }) => protocol === 'mbus' || protocol === 'wmbus');

function answerTo({ protocol, ...request }: Vector): DecodeAnswer {
  const decoder = DECODERS.find((candidate) => candidate.protocol === protocol);
  const decoded = decoder?.decode({ protocol, ...request } as unknown as DecodeRequest);
  return JSON.parse(
    JSON.stringify(decoded, (_key, value: unknown) => (typeof value === 'bigint' ? Number(value) : value)),
  );
}

/** Names that another program gave, or notes. */
const NOT_COMPARED = new Set(['ok', 'fields', 'records', 'driver', 'note', 'reason', 'rule']);

function faultsOf(vector: Vector): readonly string[] {
  const answer = answerTo(vector);
  const { expected } = vector;
  if (expected.ok === 'either') return [];
  if (expected.ok === false) return answer.ok || typeof answer.code !== 'string' ? ['ok'] : [];
  const faults = answer.ok ? [] : [`ok (${answer.code})`];
  for (const [member, value] of Object.entries(expected)) {
    if (!NOT_COMPARED.has(member)) faults.push(...differences(member, value, answer[member]));
  }
  const records = (answer.records ?? []) as readonly Line[];
  faults.push(...recordFaults((expected.records ?? []) as readonly Line[], records));
  for (const [name, value] of Object.entries((expected.fields ?? {}) as Readonly<Record<string, unknown>>))
    if (!isAmong(records, name, value)) faults.push(`fields.${name}`);
  return faults;
}

type Line = Readonly<Record<string, unknown>>;

function differences(path: string, expected: unknown, actual: unknown): readonly string[] {
  if (Array.isArray(expected)) return JSON.stringify(expected) === JSON.stringify(actual) ? [] : [path];
  if (typeof expected !== 'object' || expected === null) return isSame(expected, actual) ? [] : [path];
  return Object.entries(expected).flatMap(([member, value]) =>
    differences(`${path}.${member}`, value, (actual as Line | undefined)?.[member]),
  );
}

/** Records of the wired captures in their order; those of the radio by value, given with a power of ten. */
function recordFaults(expected: readonly Line[], actual: readonly Line[]): readonly string[] {
  return expected.flatMap((record, index) => {
    if (typeof record.exponent === 'number') {
      const value = Number(record.value) * 10 ** record.exponent;
      return actual.some((line) => isSame(value, line.value)) ? [] : [`records.${index}`];
    }
    return differences(`records.${index}`, record, actual[index]);
  });
}

const SI: Readonly<Record<string, readonly [units: readonly string[], factor: number]>> = {
  m3: [['m^3'], 1],
  kwh: [['Wh'], 1e3],
  kw: [['W'], 1e3],
  kva: [['VA', 'W'], 1e3],
  kvar: [['var', 'W'], 1e3],
  kvarh: [['varh'], 1e3],
  kvah: [['VAh'], 1e3],
  m3h: [['m^3/h'], 1],
  c: [['°C', 'K'], 1],
  v: [['V'], 1],
  a: [['A'], 1],
  h: [['s'], 3_600],
  s: [['s'], 1],
  hz: [['Hz'], 1],
  rh: [['%RH'], 1],
  hca: [['Units for H.C.A.'], 1],
};
const JOULES_A_KWH = 3.6e6;
const SECONDS_A_YEAR = 365.2425 * 86_400;

/** The unit is the end of the name. Texts are another program's, and null is what it did not find. */
function isAmong(records: readonly Line[], name: string, value: unknown): boolean {
  if (typeof value === 'string') return !/^\d{4}-\d\d-\d\d/.test(value) || isStamp(records, value);
  if (typeof value !== 'number') return true;
  const suffix = name.slice(name.lastIndexOf('_') + 1);
  const [units, factor] = SI[suffix] ?? [undefined, 1];
  return records.some(({ unit, value: actual }) => {
    if (typeof actual !== 'number') return false;
    if (suffix === 'y' && unit === 's') return isSame(value, actual / SECONDS_A_YEAR);
    if (suffix === 'kwh' && unit === 'J') return isSame(value, actual / JOULES_A_KWH);
    return (units === undefined || units.includes(String(unit))) && isSame(value, actual / factor);
  });
}

function isStamp(records: readonly Line[], value: string): boolean {
  return records.some((record) => String(record.value).startsWith(value.replace(' ', 'T')));
}

/** Six decimals are what the other programs print. */
function isSame(expected: unknown, actual: unknown): boolean {
  if (typeof expected === 'number' && typeof actual === 'number')
    return Math.abs(expected - actual) <= Math.max(1e-6, Math.abs(expected) * 2e-6);
  if (typeof expected === 'string') return expected.replaceAll('Â', '') === actual;
  return expected === actual;
}

(VECTORS.length > 0 ? describe : describe.skip)('captures in CONTOR_VECTORS', () => {
  it.each(VECTORS.map((vector) => [vector.id, vector] as const))('%s', (id, vector) => {
    const reasons = DEVIATIONS.filter(({ ids }) => ids.some((part) => id.includes(part)));
    const known = reasons.flatMap(({ members }) => members);
    expect(faultsOf(vector).filter((fault) => !known.some((member) => fault.startsWith(member)))).toEqual([]);
  });

  it.each(VECTORS.map((vector) => [vector.id, vector] as const))('%s, cut anywhere, is refused', (_, vector) => {
    for (let end = 0; end < vector.input.hex.length; end += 2) {
      const answer = answerTo({ ...vector, input: { ...vector.input, hex: vector.input.hex.slice(0, end) } });
      expect(answer).toMatchObject({ ok: false, code: expect.stringMatching(/^w?mbus\./) });
    }
  });

  it('a keyed meter in plain is refused, for every telegram that says it is encrypted', () => {
    const plain = VECTORS.filter(({ expected }) => typeof expected.note === 'string');
    const taken = plain.filter((vector) => answerTo({ ...vector, key: '00'.repeat(16) } as Vector).ok);
    expect(taken.map(({ id }) => id)).toEqual([]);
  });
});
