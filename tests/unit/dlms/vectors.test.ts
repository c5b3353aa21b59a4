/**
 * The published frames of the trade, decoded as `contor decode dlms` does it. They are read from the folder that
 * CONTOR_VECTORS names, since they are not ours to copy; without it this file says so and passes.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeAcse, encodeAcse, isAcseTag } from '@contor/dlms/codec/acse/apdu.js';
import { decodeControl, encodeControl } from '@contor/dlms/codec/hdlc/control.js';
import { decodeFrame, encodeFrame } from '@contor/dlms/codec/hdlc/frame.js';
import { decodeWholeApdu, encodeApdu } from '@contor/dlms/codec/xdlms/apdu.js';
import { DECODERS } from '@contor/dlms/decode.js';
import { fromHex, toHex } from '@contor/kit';
import { describe, expect, it } from '@jest/globals';

interface Vector {
  readonly id: string;
  readonly protocol: string;
  readonly layer?: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly expected: Readonly<Record<string, unknown>>;
}

type Answer = Readonly<Record<string, unknown>>;

const folder = process.env.CONTOR_VECTORS;
const vectors = folder === undefined ? [] : [...readVectors(folder, 'dlms'), ...readVectors(folder, 'hand')];
const decoder = DECODERS[0];

/**
 * Another program's names → what the answer must say then. Its classes split a service by what it carries, where the standard
 * has one type with a choice inside.
 */
const CLASSES: Readonly<Record<string, (answer: Answer) => boolean>> = {
  InitiateRequest: ({ apdu }) => apdu === 'InitiateRequest',
  InitiateResponse: ({ apdu }) => apdu === 'InitiateResponse',
  GetRequestNormal: ({ apdu }) => apdu === 'GetRequestNormal',
  GetRequestNext: ({ apdu }) => apdu === 'GetRequestNext',
  GetRequestFactory: ({ apdu }) => String(apdu).startsWith('GetRequest'),
  GetResponseNormal: ({ apdu, data }) => apdu === 'GetResponseNormal' && data !== undefined,
  GetResponseNormalWithError: ({ apdu, error }) => apdu === 'GetResponseNormal' && error !== undefined,
  GetResponseWithBlock: (answer) => isBlock(answer, false) && answer.rawData !== undefined,
  GetResponseLastBlock: (answer) => isBlock(answer, true) && answer.rawData !== undefined,
  GetResponseLastBlockWithError: (answer) => isBlock(answer, true) && answer.error !== undefined,
  SetRequestNormal: ({ apdu }) => apdu === 'SetRequestNormal',
  SetResponseNormal: ({ apdu }) => apdu === 'SetResponseNormal',
  ActionRequestNormal: ({ apdu }) => apdu === 'ActionRequestNormal',
  ActionResponseNormal: ({ apdu, data, error }) =>
    apdu === 'ActionResponseNormal' && data === undefined && error === undefined,
  ActionResponseNormalWithData: ({ apdu, data }) => apdu === 'ActionResponseNormal' && data !== undefined,
  ActionResponseNormalWithError: ({ apdu, error }) => apdu === 'ActionResponseNormal' && error !== undefined,
  ApplicationAssociationRequest: ({ apdu }) => apdu === 'AARQ',
  ApplicationAssociationResponse: ({ apdu }) => apdu === 'AARE',
  ReleaseRequest: ({ apdu }) => apdu === 'RLRQ',
  GeneralGlobalCipher: ({ apdu }) => apdu === 'GeneralGloCiphering',
  GlobalCipherInitiateRequest: ({ apdu }) => apdu === 'glo-initiate-request',
  UnnumberedInformationControlField: ({ control }) => control === 'UI',
  UnnumberedInformationFrame: ({ control, frames }) => control === 'UI' && frames === 1,
  UnNumberedAcknowledgmentFrame: ({ control, frames }) => control === 'UA' && frames === 1,
  Obis: ({ logicalName }) => logicalName !== undefined,
  XDlmsApduFactory: ({ apdu }) => apdu !== undefined,
};

/** Members of another program's `value` that ours has under the standard's name. */
const VALUES: Readonly<Record<string, (value: never, answer: Answer) => void>> = {
  _: () => undefined,
  // The position is all the name it has.
  '0': (value: string, { result }) => expect(wordOf(value)).toBe(result),
  result: (value: string, { result }) => expect(wordOf(value)).toBe(result),
  error: (value: string, { error }) => expect(wordOf(value)).toBe(error),
  block_number: (value, { blockNumber }) => expect(blockNumber).toBe(value),
  proposed_dlms_version_number: (value, { dlmsVersion }) => expect(dlmsVersion).toBe(value),
  negotiated_dlms_version_number: (value, { dlmsVersion }) => expect(dlmsVersion).toBe(value),
  client_max_receive_pdu_size: (value, { maxPduSize }) => expect(maxPduSize).toBe(value),
  server_max_receive_pdu_size: (value, { maxPduSize }) => expect(maxPduSize).toBe(value),
  response_allowed: (value, { isResponseAllowed }) => expect(isResponseAllowed).toBe(value),
  proposed_quality_of_service: (value, { proposedQualityOfService }) =>
    expect(proposedQualityOfService ?? 0).toBe(value),
  negotiated_quality_of_service: (value, { negotiatedQualityOfService }) =>
    expect(negotiatedQualityOfService ?? 0).toBe(value),
  dedicated_key: (value, { dedicatedKey }) => expect(dedicatedKey ?? null).toBe(value),
  proposed_conformance: sameConformance,
  negotiated_conformance: sameConformance,
  data: (value: string | null, { data, rawData }) => sameData(value, data ?? rawData),
  invoke_id_and_priority: (
    value: { invoke_id: number; confirmed: boolean; high_priority: boolean },
    { invokeId, isConfirmed, isHighPriority },
  ) => expect([invokeId, isConfirmed, isHighPriority]).toEqual([value.invoke_id, value.confirmed, value.high_priority]),
  cosem_method: (value: { instance: Record<string, number>; method: number }, { logicalName, method, classId }) => {
    const { a, b, c, d, e, f } = value.instance;
    expect([classId, logicalName, method]).toEqual([15, [a, b, c, d, e, f].join('.'), value.method]);
  },
};

const CONFORMANCE_NAMES: Readonly<Record<string, string>> = {
  attribute_0_supported_with_set: 'attribute0-supported-with-set',
  attribute_0_supported_with_get: 'attribute0-supported-with-get',
  priority_management_supported: 'priority-mgmt-supported',
};

if (folder === undefined) it('reads vectors when CONTOR_VECTORS names their folder', () => undefined);
else
  describe.each(vectors)('$id', (vector) => {
    const { expected, input } = vector;
    const answer = answerTo(vector);

    it('says what is expected', () => {
      const { class: name, value, asserts, roundTrip, mustNotDecodeAs, rule, ...members } = expected;
      if (mustNotDecodeAs !== undefined) {
        const isIt = CLASSES[String(mustNotDecodeAs)];
        expect(isIt).toBeDefined();
        expect(answer.ok === true && isIt?.(answer)).toBe(false);
        return;
      }
      expect(answer).toMatchObject({ ok: true, ...withoutReadings(members) });
      if (name !== undefined) expect(CLASSES[String(name)]?.(answer)).toBe(true);
      for (const [member, wanted] of Object.entries(value ?? {})) {
        const same = VALUES[member];
        expect([member, same]).not.toEqual([member, undefined]);
        same?.(wanted as never, answer);
      }
      expect(answer.readings ?? {}).toMatchObject((expected.readings as Record<string, unknown> | undefined) ?? {});
    });

    if (typeof input.hex !== 'string') return;
    const bytes = fromHex(input.hex);

    // Where the layer is to be found out, a cut may be a whole value of another; where the whole is refused, a cut may not be.
    if (answer.ok === true && vector.layer !== undefined && vector.layer !== 'other')
      it('is never whole when cut', () => {
        for (let length = 0; length < bytes.length; length += 1) {
          const cut = answerTo({ ...vector, input: { ...input, hex: toHex(bytes.subarray(0, length)) } });
          const isWhole = cut.ok === true && cut.isComplete !== false;
          // A run of frames may end after any of them, and the flag that closes the last may be missing from none.
          if (isWhole && vector.layer === 'hdlc') expect(cut.frames).toBeLessThan(Number(answer.frames ?? 1));
          else expect([length, isWhole]).toEqual([length, false]);
        }
      });

    if (
      answer.ok === true &&
      typeof answer.apdu === 'string' &&
      ['xdlms', 'acse'].includes(String(answer.layer ?? vector.layer))
    )
      it('is the same when encoded again', () => {
        const again = isAcseTag(bytes[0] ?? 0)
          ? encodeAcse(value(decodeAcse(bytes)))
          : encodeApdu(value(decodeWholeApdu(bytes)));
        expect(toHex(again)).toBe(input.hex);
      });

    if (vector.layer === 'hdlc')
      it('makes the same frames again', () => {
        if (bytes.length === 1) expect(encodeControl(decodeControl(bytes[0] ?? 0))).toBe(bytes[0]);
        for (let at = 0; at < bytes.length - 1; ) {
          const decoded = decodeFrame(bytes.subarray(at));
          if (decoded.kind !== 'value') throw new Error(decoded.kind);
          expect(toHex(encodeFrame(decoded.value))).toBe(toHex(bytes.subarray(at, at + decoded.used + 1)));
          at += decoded.used + (bytes[at + decoded.used + 1] === 0x7e ? 1 : 0);
        }
      });
  });

function readVectors(from: string, name: string): readonly Vector[] {
  const lines = readFileSync(join(from, `${name}.jsonl`), 'utf8')
    .trim()
    .split('\n');
  return lines.map((line) => JSON.parse(line) as Vector).filter(({ protocol }) => protocol === 'dlms');
}

/** As it stands on the line: bytes as hex, integers as numbers. */
function answerTo(vector: object): Answer {
  const answer = decoder?.decode(vector as Record<string, unknown>);
  return JSON.parse(
    JSON.stringify(answer, (_key, member: unknown) => {
      if (typeof member === 'bigint') return Number(member);
      return member instanceof Uint8Array ? toHex(member) : member;
    }),
  ) as Answer;
}

/** Readings are compared as a whole set by themselves. */
function withoutReadings({ readings, ...members }: Answer): Record<string, unknown> {
  return members;
}

function isBlock({ apdu, isLastBlock }: Answer, isLast: boolean): boolean {
  return apdu === 'GetResponseWithDatablock' && isLastBlock === isLast;
}

/** `enumerations.DataAccessResult.HARDWARE_FAULT` → `hardware-fault`. */
function wordOf(enumeration: string): string | undefined {
  return enumeration.split('.').at(-1)?.toLowerCase().replaceAll('_', '-');
}

function sameConformance(value: Readonly<Record<string, unknown>>, { conformanceNames }: Answer): void {
  const set = Object.entries(value).filter(([, isSet]) => isSet === true);
  const names = set.map(([name]) => CONFORMANCE_NAMES[name] ?? name.replaceAll('_', '-'));
  expect([...(conformanceNames as string[])].sort()).toEqual(names.sort());
}

/** Its `data` is hex of the bytes, or an expression: then the number in it is what ours must say. */
function sameData(value: string | null, actual: unknown): void {
  if (value === null) expect(actual).toBeUndefined();
  else if (/^[0-9a-f]+$/.test(value) && typeof actual === 'string') expect(actual).toBe(value);
  else if (/^[0-9a-f]+$/.test(value)) expect(value.endsWith(String((actual as unknown[])[1]))).toBe(true);
  else expect((actual as unknown[])[1]).toBe(Number(/\((\d+)\)/.exec(value)?.[1]));
}

function value<T>(decoded: { readonly kind: string; readonly value?: T }): T {
  if (decoded.value === undefined) throw new Error(decoded.kind);
  return decoded.value;
}
