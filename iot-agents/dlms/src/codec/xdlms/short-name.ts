/** Short-name referencing: IEC 62056-5-3, clause 8, Variable-Access-Specification and the answers of READ and WRITE. */

import { bool, choice, data, nothing, octets, sequence, unsigned8, unsigned16 } from '../axdr/fields.js';
import { dataAccessResult } from './fields.js';

export const variableAccess = choice({
  'variable-name': { tag: 2, field: unsigned16 },
  'parameterized-access': {
    tag: 4,
    field: sequence({ variableName: unsigned16, selector: unsigned8, parameter: data }),
  },
  'block-number-access': { tag: 5, field: sequence({ blockNumber: unsigned16 }) },
  'read-data-block-access': {
    tag: 6,
    field: sequence({ isLastBlock: bool, blockNumber: unsigned16, rawData: octets }),
  },
  'write-data-block-access': { tag: 7, field: sequence({ isLastBlock: bool, blockNumber: unsigned16 }) },
});

export const readResult = choice({
  data: { tag: 0, field: data },
  'data-access-error': { tag: 1, field: dataAccessResult },
  'data-block-result': { tag: 2, field: sequence({ isLastBlock: bool, blockNumber: unsigned16, rawData: octets }) },
  'block-number': { tag: 3, field: unsigned16 },
});

export const writeResult = choice({
  success: { tag: 0, field: nothing },
  'data-access-error': { tag: 1, field: dataAccessResult },
  'block-number': { tag: 2, field: unsigned16 },
});
