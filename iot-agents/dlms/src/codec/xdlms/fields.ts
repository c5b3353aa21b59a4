/** The parts that several APDUs share: IEC 62056-5-3, clause 8 (abstract syntax of COSEM PDUs). */

import { WireError } from '@contor/kit';
import {
  bool,
  choice,
  data,
  enumerated,
  type Field,
  fixed,
  integer8,
  mapped,
  octets,
  optional,
  sequence,
  unsigned8,
  unsigned16,
  unsigned32,
  type ValueOf,
} from '../axdr/fields.js';

export const DATA_ACCESS_RESULTS = {
  0: 'success',
  1: 'hardware-fault',
  2: 'temporary-failure',
  3: 'read-write-denied',
  4: 'object-undefined',
  9: 'object-class-inconsistent',
  11: 'object-unavailable',
  12: 'type-unmatched',
  13: 'scope-of-access-violated',
  14: 'data-block-unavailable',
  15: 'long-get-aborted',
  16: 'no-long-get-in-progress',
  17: 'long-set-aborted',
  18: 'no-long-set-in-progress',
  19: 'data-block-number-invalid',
  250: 'other-reason',
} as const;

export const ACTION_RESULTS = {
  0: 'success',
  1: 'hardware-fault',
  2: 'temporary-failure',
  3: 'read-write-denied',
  4: 'object-undefined',
  9: 'object-class-inconsistent',
  11: 'object-unavailable',
  12: 'type-unmatched',
  13: 'scope-of-access-violated',
  14: 'data-block-unavailable',
  15: 'long-action-aborted',
  16: 'no-long-action-in-progress',
  250: 'other-reason',
} as const;

export const dataAccessResult = enumerated(DATA_ACCESS_RESULTS);
export const actionResult = enumerated(ACTION_RESULTS);

export interface InvokeIdAndPriority {
  readonly invokeId: number;
  readonly isConfirmed: boolean;
  readonly isHighPriority: boolean;
}

/** Bits 0-3 the id, 6 the service class, 7 the priority; 4 and 5 are reserved and shall be 0, but nobody is refused for them. */
export const invokeIdAndPriority: Field<InvokeIdAndPriority> = mapped(
  unsigned8,
  (byte) => ({ invokeId: byte & 0x0f, isConfirmed: (byte & 0x40) !== 0, isHighPriority: (byte & 0x80) !== 0 }),
  ({ invokeId, isConfirmed, isHighPriority }) => {
    if (invokeId > 15) throw new WireError('wire.range', 'An invoke id has four bits.', { invokeId });
    return invokeId | (isConfirmed ? 0x40 : 0) | (isHighPriority ? 0x80 : 0);
  },
);

export const attributeDescriptor = sequence({ classId: unsigned16, instanceId: fixed(6), attributeId: integer8 });
export const methodDescriptor = sequence({ classId: unsigned16, instanceId: fixed(6), methodId: integer8 });
export type AttributeDescriptor = ValueOf<typeof attributeDescriptor>;
export type MethodDescriptor = ValueOf<typeof methodDescriptor>;

/** Selector 1 is by range, 2 by entry, for a profile: IEC 62056-6-2, 4.3.6; see selective-access.ts. */
export const selectiveAccess = sequence({ accessSelector: unsigned8, accessParameters: data });
export const attributeWithSelection = sequence({ attribute: attributeDescriptor, access: optional(selectiveAccess) });

export const getDataResult = choice({
  data: { tag: 0, field: data },
  'data-access-result': { tag: 1, field: dataAccessResult },
});

const dataBlockMembers = {
  isLastBlock: bool,
  blockNumber: unsigned32,
  result: choice({ 'raw-data': { tag: 0, field: octets }, 'data-access-result': { tag: 1, field: dataAccessResult } }),
};
const anyDataBlock = sequence(dataBlockMembers);
export type DataBlock = ValueOf<typeof anyDataBlock>;

/** IEC 62056-5-3, 7.3.3: a transfer ends with its error, so a block that holds one is the last. */
export const dataBlock: Field<DataBlock> = {
  read: (from) => {
    const block = anyDataBlock.read(from);
    if (!block.isLastBlock && block.result.is === 'data-access-result')
      throw new WireError('xdlms.block', 'A block that holds an error is the last one.', { block: block.blockNumber });
    return block;
  },
  write: anyDataBlock.write,
};

export const blockOfRequest = sequence({ isLastBlock: bool, blockNumber: unsigned32, rawData: octets });

export const actionResponse = sequence({ result: actionResult, returnParameters: optional(getDataResult) });
