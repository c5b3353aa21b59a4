/**
 * The APDUs of xDLMS, one row each: IEC 62056-5-3, clause 8 (abstract syntax), XDLMS-APDU. `apdu` is the name of the type
 * there without its hyphens; the ciphered ones are octet strings without a type, so they keep the name of their alternative.
 */

import {
  choice,
  data,
  type Field,
  octets,
  optional,
  sequence,
  sequenceOf,
  unsigned8,
  unsigned16,
  unsigned32,
} from '../axdr/fields.js';
import {
  actionResponse,
  actionResult,
  attributeDescriptor,
  attributeWithSelection,
  blockOfRequest,
  dataAccessResult,
  dataBlock,
  getDataResult,
  invokeIdAndPriority,
  methodDescriptor,
  selectiveAccess,
} from './fields.js';
import { initiateRequest, initiateResponse } from './initiate.js';
import { dataNotification } from './notification.js';
import { confirmedServiceError, exceptionService, stateError } from './service-error.js';
import { readResult, variableAccess, writeResult } from './short-name.js';

export interface ApduRow {
  readonly tag: number;
  /** The second byte, where the APDU is a choice of several. */
  readonly choice?: number;
  readonly apdu: string;
  readonly body: Field<unknown>;
}

const ciphered = sequence({ cipheredService: octets });
const invoke = { invokeIdAndPriority };
const accessSpecification = choice({
  get: { tag: 1, field: attributeDescriptor },
  set: { tag: 2, field: attributeDescriptor },
  action: { tag: 3, field: methodDescriptor },
  'get-with-selection': { tag: 4, field: sequence({ attribute: attributeDescriptor, access: selectiveAccess }) },
  'set-with-selection': { tag: 5, field: sequence({ attribute: attributeDescriptor, access: selectiveAccess }) },
});
const accessResult = choice({
  get: { tag: 1, field: dataAccessResult },
  set: { tag: 2, field: dataAccessResult },
  action: { tag: 3, field: actionResult },
});
const generalHeader = {
  transactionId: octets,
  originatorSystemTitle: octets,
  recipientSystemTitle: octets,
  dateTime: octets,
  otherInformation: octets,
};
const keyInfo = choice({
  'identified-key': { tag: 0, field: sequence({ keyId: unsigned8 }) },
  'wrapped-key': { tag: 1, field: sequence({ kekId: unsigned8, keyCipheredData: octets }) },
  'agreed-key': { tag: 2, field: sequence({ keyParameters: octets, keyCipheredData: octets }) },
});

// biome-ignore format: a table is read by its columns.
export const APDUS = [
  { tag: 0x01, apdu: 'InitiateRequest', body: initiateRequest },
  { tag: 0x08, apdu: 'InitiateResponse', body: initiateResponse },
  { tag: 0x0e, apdu: 'ConfirmedServiceError', body: confirmedServiceError },
  { tag: 0x0f, apdu: 'DataNotification', body: dataNotification },

  { tag: 0x05, apdu: 'ReadRequest', body: sequence({ variables: sequenceOf(variableAccess) }) },
  { tag: 0x06, apdu: 'WriteRequest', body: sequence({ variables: sequenceOf(variableAccess), values: sequenceOf(data) }) },
  { tag: 0x0c, apdu: 'ReadResponse', body: sequence({ results: sequenceOf(readResult) }) },
  { tag: 0x0d, apdu: 'WriteResponse', body: sequence({ results: sequenceOf(writeResult) }) },
  { tag: 0x16, apdu: 'UnconfirmedWriteRequest', body: sequence({ variables: sequenceOf(variableAccess), values: sequenceOf(data) }) },
  { tag: 0x18, apdu: 'InformationReportRequest', body: sequence({ currentTime: optional(octets), variables: sequenceOf(variableAccess), values: sequenceOf(data) }) },

  { tag: 0xc0, choice: 1, apdu: 'GetRequestNormal', body: sequence({ ...invoke, attribute: attributeDescriptor, access: optional(selectiveAccess) }) },
  { tag: 0xc0, choice: 2, apdu: 'GetRequestNext', body: sequence({ ...invoke, blockNumber: unsigned32 }) },
  { tag: 0xc0, choice: 3, apdu: 'GetRequestWithList', body: sequence({ ...invoke, attributes: sequenceOf(attributeWithSelection) }) },
  { tag: 0xc4, choice: 1, apdu: 'GetResponseNormal', body: sequence({ ...invoke, result: getDataResult }) },
  { tag: 0xc4, choice: 2, apdu: 'GetResponseWithDatablock', body: sequence({ ...invoke, block: dataBlock }) },
  { tag: 0xc4, choice: 3, apdu: 'GetResponseWithList', body: sequence({ ...invoke, results: sequenceOf(getDataResult) }) },

  { tag: 0xc1, choice: 1, apdu: 'SetRequestNormal', body: sequence({ ...invoke, attribute: attributeDescriptor, access: optional(selectiveAccess), value: data }) },
  { tag: 0xc1, choice: 2, apdu: 'SetRequestWithFirstDatablock', body: sequence({ ...invoke, attribute: attributeDescriptor, access: optional(selectiveAccess), block: blockOfRequest }) },
  { tag: 0xc1, choice: 3, apdu: 'SetRequestWithDatablock', body: sequence({ ...invoke, block: blockOfRequest }) },
  { tag: 0xc1, choice: 4, apdu: 'SetRequestWithList', body: sequence({ ...invoke, attributes: sequenceOf(attributeWithSelection), values: sequenceOf(data) }) },
  { tag: 0xc1, choice: 5, apdu: 'SetRequestWithListAndFirstDatablock', body: sequence({ ...invoke, attributes: sequenceOf(attributeWithSelection), block: blockOfRequest }) },
  { tag: 0xc5, choice: 1, apdu: 'SetResponseNormal', body: sequence({ ...invoke, result: dataAccessResult }) },
  { tag: 0xc5, choice: 2, apdu: 'SetResponseDatablock', body: sequence({ ...invoke, blockNumber: unsigned32 }) },
  { tag: 0xc5, choice: 3, apdu: 'SetResponseLastDatablock', body: sequence({ ...invoke, result: dataAccessResult, blockNumber: unsigned32 }) },
  { tag: 0xc5, choice: 4, apdu: 'SetResponseLastDatablockWithList', body: sequence({ ...invoke, results: sequenceOf(dataAccessResult), blockNumber: unsigned32 }) },
  { tag: 0xc5, choice: 5, apdu: 'SetResponseWithList', body: sequence({ ...invoke, results: sequenceOf(dataAccessResult) }) },

  { tag: 0xc3, choice: 1, apdu: 'ActionRequestNormal', body: sequence({ ...invoke, method: methodDescriptor, parameters: optional(data) }) },
  { tag: 0xc3, choice: 2, apdu: 'ActionRequestNextPblock', body: sequence({ ...invoke, blockNumber: unsigned32 }) },
  { tag: 0xc3, choice: 3, apdu: 'ActionRequestWithList', body: sequence({ ...invoke, methods: sequenceOf(methodDescriptor), parameterList: sequenceOf(data) }) },
  { tag: 0xc3, choice: 4, apdu: 'ActionRequestWithFirstPblock', body: sequence({ ...invoke, method: methodDescriptor, block: blockOfRequest }) },
  { tag: 0xc3, choice: 5, apdu: 'ActionRequestWithListAndFirstPblock', body: sequence({ ...invoke, methods: sequenceOf(methodDescriptor), block: blockOfRequest }) },
  { tag: 0xc3, choice: 6, apdu: 'ActionRequestWithPblock', body: sequence({ ...invoke, block: blockOfRequest }) },
  { tag: 0xc7, choice: 1, apdu: 'ActionResponseNormal', body: sequence({ ...invoke, response: actionResponse }) },
  { tag: 0xc7, choice: 2, apdu: 'ActionResponseWithPblock', body: sequence({ ...invoke, block: blockOfRequest }) },
  { tag: 0xc7, choice: 3, apdu: 'ActionResponseWithList', body: sequence({ ...invoke, responses: sequenceOf(actionResponse) }) },
  { tag: 0xc7, choice: 4, apdu: 'ActionResponseNextPblock', body: sequence({ ...invoke, blockNumber: unsigned32 }) },

  { tag: 0xc2, apdu: 'EventNotificationRequest', body: sequence({ time: optional(octets), attribute: attributeDescriptor, value: data }) },
  { tag: 0xd8, apdu: 'ExceptionResponse', body: sequence({ stateError, serviceError: exceptionService }) },
  { tag: 0xd9, apdu: 'AccessRequest', body: sequence({ longInvokeIdAndPriority: unsigned32, dateTime: octets, specifications: sequenceOf(accessSpecification), values: sequenceOf(data) }) },
  { tag: 0xda, apdu: 'AccessResponse', body: sequence({ longInvokeIdAndPriority: unsigned32, dateTime: octets, specifications: optional(sequenceOf(accessSpecification)), values: sequenceOf(data), results: sequenceOf(accessResult) }) },

  { tag: 0xdb, apdu: 'GeneralGloCiphering', body: sequence({ systemTitle: octets, cipheredService: octets }) },
  { tag: 0xdc, apdu: 'GeneralDedCiphering', body: sequence({ systemTitle: octets, cipheredService: octets }) },
  { tag: 0xdd, apdu: 'GeneralCiphering', body: sequence({ ...generalHeader, keyInfo: optional(keyInfo), cipheredService: octets }) },
  { tag: 0xdf, apdu: 'GeneralSigning', body: sequence({ ...generalHeader, content: octets, signature: octets }) },
  { tag: 0xe0, apdu: 'GeneralBlockTransfer', body: sequence({ blockControl: unsigned8, blockNumber: unsigned16, blockNumberAck: unsigned16, blockData: octets }) },

  { tag: 0x21, apdu: 'glo-initiate-request', body: ciphered },
  { tag: 0x25, apdu: 'glo-read-request', body: ciphered },
  { tag: 0x26, apdu: 'glo-write-request', body: ciphered },
  { tag: 0x28, apdu: 'glo-initiate-response', body: ciphered },
  { tag: 0x2c, apdu: 'glo-read-response', body: ciphered },
  { tag: 0x2d, apdu: 'glo-write-response', body: ciphered },
  { tag: 0x2e, apdu: 'glo-confirmed-service-error', body: ciphered },
  { tag: 0x36, apdu: 'glo-unconfirmed-write-request', body: ciphered },
  { tag: 0x38, apdu: 'glo-information-report-request', body: ciphered },
  { tag: 0xc8, apdu: 'glo-get-request', body: ciphered },
  { tag: 0xc9, apdu: 'glo-set-request', body: ciphered },
  { tag: 0xca, apdu: 'glo-event-notification-request', body: ciphered },
  { tag: 0xcb, apdu: 'glo-action-request', body: ciphered },
  { tag: 0xcc, apdu: 'glo-get-response', body: ciphered },
  { tag: 0xcd, apdu: 'glo-set-response', body: ciphered },
  { tag: 0xcf, apdu: 'glo-action-response', body: ciphered },
  { tag: 0x41, apdu: 'ded-initiate-request', body: ciphered },
  { tag: 0x45, apdu: 'ded-read-request', body: ciphered },
  { tag: 0x46, apdu: 'ded-write-request', body: ciphered },
  { tag: 0x48, apdu: 'ded-initiate-response', body: ciphered },
  { tag: 0x4c, apdu: 'ded-read-response', body: ciphered },
  { tag: 0x4d, apdu: 'ded-write-response', body: ciphered },
  { tag: 0x4e, apdu: 'ded-confirmed-service-error', body: ciphered },
  { tag: 0x56, apdu: 'ded-unconfirmed-write-request', body: ciphered },
  { tag: 0x58, apdu: 'ded-information-report-request', body: ciphered },
  { tag: 0xd0, apdu: 'ded-get-request', body: ciphered },
  { tag: 0xd1, apdu: 'ded-set-request', body: ciphered },
  { tag: 0xd2, apdu: 'ded-event-notification-request', body: ciphered },
  { tag: 0xd3, apdu: 'ded-action-request', body: ciphered },
  { tag: 0xd4, apdu: 'ded-get-response', body: ciphered },
  { tag: 0xd5, apdu: 'ded-set-response', body: ciphered },
  { tag: 0xd7, apdu: 'ded-action-response', body: ciphered },
] as const satisfies readonly ApduRow[];

type Rows = typeof APDUS;
export type ApduName = Rows[number]['apdu'];
export type Apdu = ApduOfRow<Rows[number]>;
type ApduOfRow<R> = R extends { readonly apdu: infer N; readonly body: Field<infer T> }
  ? { readonly apdu: N; readonly body: T }
  : never;
export type ApduOf<N extends ApduName> = Extract<Apdu, { readonly apdu: N }>;
