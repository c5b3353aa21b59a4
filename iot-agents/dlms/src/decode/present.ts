/** Values of the codec → members of an answer: logical names as text, data as trees, what is absent left out. */

import { WireError } from '@contor/kit';
import { type Data, TAG_OF, toTree } from '../codec/axdr/data.js';
import { formatLogicalName } from '../codec/cosem/logical-name.js';
import { METHODS } from '../codec/cosem/methods.js';
import type { Apdu } from '../codec/xdlms/apdus.js';
import type { AttributeDescriptor, MethodDescriptor } from '../codec/xdlms/fields.js';
import { conformanceNames } from '../codec/xdlms/initiate.js';
import { fromSelector } from '../codec/xdlms/selective-access.js';

type Answer = Readonly<Record<string, unknown>>;

export function presentApdu(apdu: Apdu): Answer {
  return { apdu: apdu.apdu, ...presentBody(apdu.body) };
}

/** Members of an APDU that are shown under other names, or as several members. */
const SPREAD: Readonly<Record<string, (value: never) => Answer>> = {
  invokeIdAndPriority: (value: object) => ({ ...value }),
  attribute: presentAttribute,
  method: presentMethod,
  access: (value: Parameters<typeof fromSelector>[0]) => ({ access: presentAccess(value) }),
  parameters: (value: Data) => ({ data: toTree(value) }),
  value: (value: Data) => ({ data: toTree(value) }),
  result: presentResult,
  response: ({ result, returnParameters }: { result: unknown; returnParameters: unknown }) => ({
    result,
    ...(returnParameters !== undefined && presentResult(returnParameters as never)),
  }),
  block: (value: object) => presentBody(value),
  notificationBody: (value: Data) => ({ body: toTree(value) }),
  isDateTimeTagged: (value: boolean) => (value ? { dateTimeTagged: true } : {}),
  rawData: (value: Uint8Array) => ({ rawData: value }),
  proposedDlmsVersion: (value: number) => ({ dlmsVersion: value }),
  negotiatedDlmsVersion: (value: number) => ({ dlmsVersion: value }),
  proposedConformance: presentConformance,
  negotiatedConformance: presentConformance,
  clientMaxReceivePduSize: (value: number) => ({ maxPduSize: value }),
  serverMaxReceivePduSize: (value: number) => ({ maxPduSize: value }),
};

function presentBody(body: object): Answer {
  if ('is' in body) return { [String(body.is)]: present((body as { value?: unknown }).value) };
  const answer: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(body)) {
    if (value === undefined) continue;
    const spread = SPREAD[name] as ((value: unknown) => Answer) | undefined;
    Object.assign(answer, spread === undefined ? { [name]: present(value) } : spread(value));
  }
  return answer;
}

export function present(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(present);
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  if (isData(value)) return toTree(value);
  return presentBody(value);
}

function presentAttribute({ classId, instanceId, attributeId }: AttributeDescriptor): Answer {
  return { classId, logicalName: formatLogicalName(instanceId), attribute: attributeId };
}

function presentMethod({ classId, instanceId, methodId }: MethodDescriptor): Answer {
  const meaning = METHODS[classId]?.[methodId - 1];
  return { classId, logicalName: formatLogicalName(instanceId), method: methodId, ...(meaning && { meaning }) };
}

function presentResult(result: string | number | { is: string; value: unknown }): Answer {
  if (typeof result !== 'object') return { result };
  if (result.is === 'data') return { data: present(result.value) };
  if (result.is === 'raw-data') return { rawData: result.value };
  return { error: result.value };
}

function presentConformance(bits: number): Answer {
  return { conformance: bits.toString(16).padStart(6, '0'), conformanceNames: conformanceNames(bits) };
}

/** Selectors of other classes than the profile are shown as they are. */
function presentAccess(access: Parameters<typeof fromSelector>[0]): unknown {
  const shown = { selector: access.accessSelector, parameters: toTree(access.accessParameters) };
  try {
    const { by, ...rest } = fromSelector(access);
    const named = Object.entries(rest).map(([name, value]) => [name, presentCapture(value)]);
    return { ...shown, by, ...Object.fromEntries(named) };
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    // Other classes have selectors of their own; what they mean is not known here.
    return shown;
  }
}

function presentCapture(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(presentCapture);
  if (typeof value !== 'object' || value === null || !('logicalName' in value)) return present(value);
  return { ...value, logicalName: formatLogicalName(value.logicalName as Uint8Array) };
}

function isData(value: object): value is Data {
  return 'type' in value && TAG_OF.has((value as Data).type);
}
