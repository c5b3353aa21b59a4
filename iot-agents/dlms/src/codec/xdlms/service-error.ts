/** Why a service failed: IEC 62056-5-3, clause 8, ConfirmedServiceError and Exception-Response. */

import { choice, enumerated, nothing, unsigned32 } from '../axdr/fields.js';

const serviceError = choice({
  'application-reference': {
    tag: 0,
    field: enumerated({
      0: 'other',
      1: 'time-elapsed',
      2: 'application-unreachable',
      3: 'application-reference-invalid',
      4: 'application-context-unsupported',
      5: 'provider-communication-error',
      6: 'deciphering-error',
    }),
  },
  'hardware-resource': {
    tag: 1,
    field: enumerated({
      0: 'other',
      1: 'memory-unavailable',
      2: 'processor-resource-unavailable',
      3: 'mass-storage-unavailable',
      4: 'other-resource-unavailable',
    }),
  },
  'vde-state-error': {
    tag: 2,
    field: enumerated({
      0: 'other',
      1: 'no-dlms-context',
      2: 'loading-data-set',
      3: 'status-nochange',
      4: 'status-inoperable',
    }),
  },
  service: { tag: 3, field: enumerated({ 0: 'other', 1: 'pdu-size', 2: 'service-unsupported' }) },
  definition: {
    tag: 4,
    field: enumerated({
      0: 'other',
      1: 'object-undefined',
      2: 'object-class-inconsistent',
      3: 'object-attribute-inconsistent',
    }),
  },
  access: {
    tag: 5,
    field: enumerated({
      0: 'other',
      1: 'scope-of-access-violated',
      2: 'object-access-violated',
      3: 'hardware-fault',
      4: 'object-unavailable',
    }),
  },
  initiate: {
    tag: 6,
    field: enumerated({
      0: 'other',
      1: 'dlms-version-too-low',
      2: 'incompatible-conformance',
      3: 'pdu-size-too-short',
      4: 'refused-by-the-vde-handler',
    }),
  },
  'load-data-set': {
    tag: 7,
    field: enumerated({
      0: 'other',
      1: 'primitive-out-of-sequence',
      2: 'not-loadable',
      3: 'dataset-size-too-large',
      4: 'not-awaited-segment',
      5: 'interpretation-failure',
      6: 'storage-failure',
      7: 'data-set-not-ready',
    }),
  },
  task: {
    tag: 9,
    field: enumerated({ 0: 'other', 1: 'no-remote-control', 2: 'ti-stopped', 3: 'ti-running', 4: 'ti-unusable' }),
  },
  other: { tag: 10, field: enumerated({ 0: 'other' }) },
});

export const confirmedServiceError = choice({
  initiateError: { tag: 1, field: serviceError },
  getStatus: { tag: 2, field: serviceError },
  getNameList: { tag: 3, field: serviceError },
  getVariableAttribute: { tag: 4, field: serviceError },
  read: { tag: 5, field: serviceError },
  write: { tag: 6, field: serviceError },
});

export const stateError = enumerated({ 1: 'service-not-allowed', 2: 'service-unknown' });

export const exceptionService = choice({
  'operation-not-possible': { tag: 1, field: nothing },
  'service-not-supported': { tag: 2, field: nothing },
  'other-reason': { tag: 3, field: nothing },
  'pdu-too-long': { tag: 4, field: nothing },
  'deciphering-error': { tag: 5, field: nothing },
  'invocation-counter-error': { tag: 6, field: unsigned32 },
});
