/**
 * Selective access to a profile: IEC 62056-6-2, 4.3.6 (Profile generic, attribute 2). Selector 1 takes the rows whose sort
 * column lies in a range, selector 2 takes rows and columns by number.
 */

import { WireError } from '@contor/kit';
import type { Data } from '../axdr/data.js';

export interface CaptureObject {
  readonly classId: number;
  readonly logicalName: Uint8Array;
  readonly attributeIndex: number;
  readonly dataIndex: number;
}

export type SelectiveAccess =
  | {
      readonly by: 'range';
      /** The column that the range is of: for time ranges the clock, not whatever column comes first. */
      readonly restrictingObject: CaptureObject;
      readonly from: Data;
      readonly to: Data;
      /** Empty: all columns. */
      readonly selectedValues: readonly CaptureObject[];
    }
  | {
      readonly by: 'entry';
      /** The first row is 1. */
      readonly fromEntry: number;
      /** 0: to the last. */
      readonly toEntry: number;
      readonly fromSelectedValue: number;
      readonly toSelectedValue: number;
    };

const SELECTORS = { range: 1, entry: 2 } as const;

interface SelectorAndParameters {
  readonly accessSelector: number;
  readonly accessParameters: Data;
}

export function toSelector(access: SelectiveAccess): SelectorAndParameters {
  const elements: readonly Data[] =
    access.by === 'range'
      ? [
          captureToData(access.restrictingObject),
          access.from,
          access.to,
          { type: 'array', value: access.selectedValues.map(captureToData) },
        ]
      : [
          { type: 'double-long-unsigned', value: access.fromEntry },
          { type: 'double-long-unsigned', value: access.toEntry },
          { type: 'long-unsigned', value: access.fromSelectedValue },
          { type: 'long-unsigned', value: access.toSelectedValue },
        ];
  return { accessSelector: SELECTORS[access.by], accessParameters: { type: 'structure', value: elements } };
}

/** A selector that no profile knows is a WireError. */
export function fromSelector({ accessSelector, accessParameters }: SelectorAndParameters): SelectiveAccess {
  const elements = accessParameters.type === 'structure' ? accessParameters.value : [];
  const [first, second, third, fourth] = elements;
  if (elements.length !== 4 || !first || !second || !third || !fourth) throw refused(accessSelector);
  if (accessSelector === SELECTORS.range && fourth.type === 'array')
    return {
      by: 'range',
      restrictingObject: captureFromData(first),
      from: second,
      to: third,
      selectedValues: fourth.value.map(captureFromData),
    };
  if (accessSelector !== SELECTORS.entry) throw refused(accessSelector);
  return {
    by: 'entry',
    fromEntry: integerOf(first),
    toEntry: integerOf(second),
    fromSelectedValue: integerOf(third),
    toSelectedValue: integerOf(fourth),
  };
}

export function captureToData({ classId, logicalName, attributeIndex, dataIndex }: CaptureObject): Data {
  return {
    type: 'structure',
    value: [
      { type: 'long-unsigned', value: classId },
      { type: 'octet-string', value: logicalName },
      { type: 'integer', value: attributeIndex },
      { type: 'long-unsigned', value: dataIndex },
    ],
  };
}

export function captureFromData(data: Data): CaptureObject {
  const object = asCaptureObject(data);
  if (object === undefined) throw new WireError('axdr.capture', 'This is no capture object definition.', {});
  return object;
}

/** IEC 62056-6-2, capture_object_definition; a push object of a later version has two members more. */
export function asCaptureObject(data: Data): CaptureObject | undefined {
  if (data.type !== 'structure' || data.value.length < 4 || data.value.length > 6) return undefined;
  const [classId, logicalName, attributeIndex, dataIndex] = data.value;
  if (classId?.type !== 'long-unsigned' || logicalName?.type !== 'octet-string') return undefined;
  if (logicalName.value.length !== 6 || attributeIndex?.type !== 'integer') return undefined;
  if (dataIndex?.type !== 'long-unsigned') return undefined;
  return {
    classId: classId.value,
    logicalName: logicalName.value,
    attributeIndex: attributeIndex.value,
    dataIndex: dataIndex.value,
  };
}

function integerOf(data: Data): number {
  if (data.type !== 'double-long-unsigned' && data.type !== 'long-unsigned')
    throw new WireError('axdr.capture', 'An entry is a number.', { type: data.type });
  return data.value;
}

function refused(accessSelector: number): WireError {
  return new WireError('xdlms.selector', 'The selective access is not one of a profile.', { accessSelector });
}
