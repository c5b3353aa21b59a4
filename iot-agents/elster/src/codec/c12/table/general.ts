/** ANSI C12.19-2008, decade 0: what the device is, and how all its other tables are written. */

import type { Bits, Table } from './type.js';

/** TABLE_IDB_BFLD: which table or procedure, of the standard or of the maker. */
export const TABLE_ID: Bits = {
  bits: 2,
  parts: { number: [0, 10], isManufacturer: [11, 11], selector: [12, 15] },
};

export const GENERAL_TABLES = [
  {
    number: 0,
    name: 'generalConfiguration',
    fields: [
      {
        name: 'formatControl1',
        type: { bits: 1, parts: { dataOrder: [0, 0], characterFormat: [1, 3], modelSelect: [4, 6] } },
      },
      {
        name: 'formatControl2',
        type: {
          bits: 1,
          parts: { timeFormat: [0, 2], dataAccessMethod: [3, 4], idForm: [5, 5], integerFormat: [6, 7] },
        },
      },
      { name: 'formatControl3', type: { bits: 1, parts: { niFormat1: [0, 3], niFormat2: [4, 7] } } },
      // Four characters in the first edition, a registered number in the second.
      { name: 'deviceClass', type: { bytes: 4 } },
      { name: 'nameplateType', type: 'u8' },
      { name: 'defaultSetUsed', type: 'u8' },
      { name: 'maxProcedureParameterLength', type: 'u8' },
      { name: 'maxResponseDataLength', type: 'u8' },
      { name: 'standardVersion', type: 'u8' },
      { name: 'standardRevision', type: 'u8' },
      { name: 'standardTablesSize', type: 'u8' },
      { name: 'manufacturerTablesSize', type: 'u8' },
      { name: 'standardProceduresSize', type: 'u8' },
      { name: 'manufacturerProceduresSize', type: 'u8' },
      { name: 'manufacturerStatusSize', type: 'u8' },
      { name: 'numberOfPending', type: 'u8' },
      { name: 'standardTablesUsed', type: { set: 'ST0.standardTablesSize' } },
      { name: 'manufacturerTablesUsed', type: { set: 'ST0.manufacturerTablesSize' } },
      { name: 'standardProceduresUsed', type: { set: 'ST0.standardProceduresSize' } },
      { name: 'manufacturerProceduresUsed', type: { set: 'ST0.manufacturerProceduresSize' } },
      { name: 'standardTablesWritable', type: { set: 'ST0.standardTablesSize' } },
      { name: 'manufacturerTablesWritable', type: { set: 'ST0.manufacturerTablesSize' } },
    ],
  },
  {
    number: 1,
    name: 'generalManufacturerIdentification',
    fields: [
      { name: 'manufacturer', type: { text: 4 } },
      { name: 'model', type: { text: 8 } },
      { name: 'hardwareVersion', type: 'u8' },
      { name: 'hardwareRevision', type: 'u8' },
      { name: 'firmwareVersion', type: 'u8' },
      { name: 'firmwareRevision', type: 'u8' },
      { name: 'serialNumber', type: { id: 16 } },
    ],
  },
  // The nameplate has a record a medium (ST0, NAMEPLATE_TYPE); no public document gives all of it, so it stays bytes.
  { number: 2, name: 'deviceNameplate', fields: [{ name: 'nameplate', type: { bytes: 'rest' } }] },
  {
    number: 3,
    name: 'endDeviceModeStatus',
    fields: [
      {
        name: 'mode',
        type: { bits: 1, parts: { metering: [0, 0], test: [1, 1], meterShop: [2, 2], factory: [3, 3] } },
      },
      {
        name: 'status',
        type: {
          bits: 2,
          parts: {
            unprogrammed: [0, 0],
            configurationError: [1, 1],
            selfCheckError: [2, 2],
            ramFailure: [3, 3],
            romFailure: [4, 4],
            nonVolatileMemoryFailure: [5, 5],
            clockError: [6, 6],
            measurementError: [7, 7],
            lowBattery: [8, 8],
            lowLossPotential: [9, 9],
            demandOverload: [10, 10],
            powerFailure: [11, 11],
            tamperDetected: [12, 12],
            reverseRotation: [13, 13],
          },
        },
      },
      { name: 'status2', type: 'u8' },
      { name: 'manufacturerStatus', type: { bytes: 'ST0.manufacturerStatusSize' } },
    ],
  },
  {
    number: 4,
    name: 'pendingStatus',
    fields: [
      { name: 'lastActivation', type: 'stime' },
      { name: 'numberOfPendingTables', type: 'u8' },
      {
        name: 'entries',
        type: {
          array: 'ST0.numberOfPending',
          of: {
            record: [
              { name: 'event', type: { bits: 1, parts: { code: [0, 3], selfRead: [4, 4], demandReset: [5, 5] } } },
              { name: 'storage', type: { bytes: 5 } },
              { name: 'table', type: TABLE_ID },
            ],
          },
        },
      },
    ],
  },
  { number: 5, name: 'deviceIdentification', fields: [{ name: 'identification', type: { id: 20 } }] },
  {
    number: 6,
    name: 'utilityInformation',
    fields: [
      { name: 'ownerName', type: { text: 20 } },
      { name: 'utilityDivision', type: { text: 20 } },
      { name: 'servicePointId', type: { id: 20 } },
      { name: 'electricalAddress', type: { text: 20 } },
      { name: 'deviceId', type: { id: 20 } },
      { name: 'utilitySerialNumber', type: { id: 20 } },
      { name: 'customerId', type: { id: 20 } },
      { name: 'coordinate1', type: { bytes: 10 } },
      { name: 'coordinate2', type: { bytes: 10 } },
      { name: 'tariffId', type: { text: 8 } },
      { name: 'software1Vendor', type: { text: 4 } },
      { name: 'software1Version', type: 'u8' },
      { name: 'software1Revision', type: 'u8' },
      { name: 'software2Vendor', type: { text: 4 } },
      { name: 'software2Version', type: 'u8' },
      { name: 'software2Revision', type: 'u8' },
      { name: 'programmerName', type: { text: 10 } },
      { name: 'miscellaneousId', type: { text: 30 } },
    ],
  },
  {
    number: 7,
    name: 'procedureInitiate',
    fields: [
      { name: 'procedure', type: TABLE_ID },
      { name: 'sequence', type: 'u8' },
      { name: 'parameters', type: { bytes: 'rest' } },
    ],
  },
  {
    number: 8,
    name: 'procedureResponse',
    fields: [
      { name: 'procedure', type: TABLE_ID },
      { name: 'sequence', type: 'u8' },
      { name: 'result', type: 'u8' },
      { name: 'response', type: { bytes: 'rest' } },
    ],
  },
] as const satisfies readonly Table[];
