/** Any value of A-XDR, for property tests. */

import type { Data } from '@contor/dlms/codec/axdr/data.js';
import fc from 'fast-check';

export const bytes = (most: number) => fc.uint8Array({ maxLength: most });
const fixedBytes = (size: number) => fc.uint8Array({ minLength: size, maxLength: size });

/** Every type of IEC 62056-5-3, Data, by what it may hold. */
export const { data } = fc.letrec<{ data: Data }>((tie) => ({
  data: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<Data>({ type: 'null-data', value: null }, { type: 'dont-care', value: null }),
    fc.record({ type: fc.constant('boolean' as const), value: fc.boolean() }),
    fc.record({
      type: fc.constantFrom('integer' as const, 'bcd' as const, 'delta-integer' as const),
      value: fc.integer({ min: -128, max: 127 }),
    }),
    fc.record({
      type: fc.constantFrom('long' as const, 'delta-long' as const),
      value: fc.integer({ min: -32768, max: 32767 }),
    }),
    fc.record({ type: fc.constantFrom('double-long' as const, 'delta-double-long' as const), value: fc.integer() }),
    fc.record({
      type: fc.constantFrom('unsigned' as const, 'enum' as const, 'delta-unsigned' as const),
      value: fc.nat(255),
    }),
    fc.record({
      type: fc.constantFrom('long-unsigned' as const, 'delta-long-unsigned' as const),
      value: fc.nat(65535),
    }),
    fc.record({
      type: fc.constantFrom('double-long-unsigned' as const, 'delta-double-long-unsigned' as const),
      value: fc.nat(0xffff_ffff),
    }),
    fc.record({ type: fc.constant('long64' as const), value: fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }) }),
    fc.record({ type: fc.constant('long64-unsigned' as const), value: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }) }),
    fc.record({ type: fc.constant('float32' as const), value: fc.float() }),
    fc.record({ type: fc.constant('float64' as const), value: fc.double() }),
    fc.record({ type: fc.constant('octet-string' as const), value: bytes(300) }),
    fc.record({ type: fc.constant('date-time' as const), value: fixedBytes(12) }),
    fc.record({ type: fc.constant('date' as const), value: fixedBytes(5) }),
    fc.record({
      type: fc.constantFrom('time' as const, 'floating-point' as const),
      value: fixedBytes(4),
    }),
    fc.record({
      type: fc.constant('bit-string' as const),
      value: fc.array(fc.constantFrom('0', '1'), { maxLength: 40 }).map((digits) => digits.join('')),
    }),
    fc.record({
      type: fc.constant('visible-string' as const),
      value: bytes(40).map((all) => Buffer.from(all).toString('latin1')),
    }),
    fc.record({
      type: fc.constant('utf8-string' as const),
      value: fc.string({ unit: 'binary', maxLength: 40 }),
    }),
    fc.record({
      type: fc.constantFrom('array' as const, 'structure' as const),
      value: fc.array(tie('data'), { maxLength: 5 }),
    }),
  ),
}));
