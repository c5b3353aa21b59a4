/** The physical and commercial world, and the devices in it. */

import { DATED, type EntityTypeRow, NAMED, PLACED } from './row.js';

// biome-ignore format: a table
export const WORLD_TYPES = {
  Device: {
    from: 'device', about: 'Meter, gateway or concentrator',
    attributes: [
      ...PLACED, 'serialNumber', 'refDeviceModel', 'refGateway', 'refSite', 'deviceCategory', 'controlledProperty',
      'protocol', 'deviceState', 'firmwareVersion', 'hardwareVersion', 'ipAddress', 'batteryLevel', 'rssi',
      'keyReference', 'reportingIntervalSeconds', 'profileIntervalSeconds', 'clockDeviationSeconds',
      'dateLastValueReported', 'successRate', 'sealNumbers', 'disconnect_status', 'disconnect_info', 'reconnect_status',
      'reconnect_info', 'read_status', 'read_info', 'limit_status', 'limit_info', 'setClock_status', 'setClock_info',
      'disconnect', 'reconnect', 'limit', 'read', 'setClock', 'isProtected', 'protectionReason', 'source', 'status',
      'meterRecords',
    ],
  },
  DeviceModel: {
    from: 'device', about: 'What all devices of a kind share',
    attributes: [
      ...NAMED, 'brandName', 'modelName', 'manufacturerName', 'deviceCategory', 'controlledProperty', 'protocol',
      'accuracyClass', 'ratedCurrent', 'registerDigits', 'phaseCount',
    ],
  },
  Site: {
    from: 'contor', about: 'A place with its own zone, and the scope of permissions',
    attributes: [
      ...PLACED, 'timeZone', 'ownerName', 'status', 'cursor',
    ],
  },
  Building: {
    from: 'building', about: 'A building',
    attributes: [
      ...PLACED, 'refSite', 'occupier', 'floorArea', 'category',
    ],
  },
  ConsumptionPoint: {
    from: 'consumption', about: 'The point that is billed; meters come and go',
    attributes: [
      ...PLACED, 'code', 'supplyType', 'refSite', 'refBuilding', 'refCustomer', 'refFeeder', 'refSubstation',
      'voltageLevel', 'contractedPower', 'isProtected', 'protectionReason', 'status',
    ],
  },
  Substation: {
    from: 'energyCim', about: 'A substation',
    attributes: [
      ...PLACED, 'code', 'refSite', 'voltageLevel', 'ratedPower',
    ],
  },
  Feeder: {
    from: 'contor', about: 'A line out of a substation',
    attributes: [
      ...PLACED, 'code', 'refSubstation', 'voltageLevel', 'ratedPower',
    ],
  },
  Customer: {
    from: 'contor', about: 'Who pays',
    attributes: [
      ...PLACED, 'customerNumber', 'customerKind', 'contactEmail', 'contactPhone', 'refPoint', 'status',
    ],
  },
  MeterInstallation: {
    from: 'contor', about: 'Which meter on which point, from and to',
    attributes: [
      'refDevice', 'refPoint', 'refSite', ...DATED, 'phaseCount', 'registerDigits', 'currentTransformerRatio',
      'voltageTransformerRatio', 'pulseConstant', 'openingRegister', 'closingRegister', 'openingRegisterExport',
      'closingRegisterExport', 'openingVolume', 'closingVolume', 'sealNumbers', 'status', 'source',
    ],
  },
  MeterGroup: {
    from: 'contor', about: 'Meters counted together',
    attributes: [
      ...NAMED, 'groupKind', 'category', 'refSite', 'hasMember', 'ownerName', 'isShared', 'cursor',
    ],
  },
} as const satisfies Record<string, EntityTypeRow>;
