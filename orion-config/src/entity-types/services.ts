/** Events and the results of the services, each an asset with its own key. */

import { DATED, type EntityTypeRow, NAMED } from './row.js';

// biome-ignore format: a table
export const SERVICES_TYPES = {
  Alert: {
    from: 'alert', about: 'An event with its life cycle',
    attributes: [
      ...NAMED, 'category', 'subCategory', 'severity', 'alertSource', 'refDevice', 'refPoint', 'refSite', 'refRule',
      'dateIssued', 'dateObserved', ...DATED, 'eventCode', 'status', 'acknowledgedBy', 'acknowledgedAt', 'assignedTo',
      'closedAt', 'source', 'recordedAt', 'correlationId', 'location',
    ],
  },
  Anomaly: {
    from: 'alert', about: 'A value that looks wrong',
    attributes: [
      ...NAMED, 'anomalousProperty', 'thresholdBreach', 'detectedBy', 'dateDetected', 'refDevice', 'refPoint',
      'refSite', 'confidence', 'status', 'recordedAt',
    ],
  },
  EventRule: {
    from: 'contor', about: 'What raises an event',
    attributes: [
      ...NAMED, 'condition', 'category', 'subCategory', 'severity', 'recipients', 'refSite', 'refGroup', 'isEnabled',
      'ownerName',
    ],
  },
  Forecast: {
    from: 'contor', about: 'Expected load or generation',
    attributes: [
      ...NAMED, 'refPoint', 'refSite', 'refGroup', 'algorithm', 'horizonStart', 'horizonEnd', 'intervalSeconds',
      'forecastActivePower', 'forecastActivePowerLow', 'forecastActivePowerHigh', 'meanAbsolutePercentageError',
      'baselineError', 'source', 'recordedAt', 'status',
    ],
  },
  ApplianceUsage: {
    from: 'contor', about: 'What one appliance used',
    attributes: [
      ...NAMED, 'refDevice', 'refPoint', 'appliance', 'applianceEnergy', 'energyShare', 'confidence', 'algorithm',
      'intervalSeconds', 'source', 'recordedAt',
    ],
  },
  Flexibility: {
    from: 'contor', about: 'Power that could be shifted',
    attributes: [
      ...NAMED, 'refPoint', 'refSite', 'refGroup', 'flexiblePowerUp', 'flexiblePowerDown', 'baselinePower',
      'intervalSeconds', 'source', 'recordedAt',
    ],
  },
  DemandResponseEvent: {
    from: 'contor', about: 'A call to reduce or add load',
    attributes: [
      ...NAMED, 'refGroup', 'refSite', 'periodStart', 'periodEnd', 'requestedReduction', 'deliveredReduction',
      'baselinePower', 'settlementAmount', 'currency', 'status', 'requestedBy', 'recordedAt',
    ],
  },
  ImbalanceAdvice: {
    from: 'contor', about: 'Power needed to meet what was notified',
    attributes: [
      ...NAMED, 'refPoint', 'refSite', 'notifiedEnergy', 'usedEnergy', 'advisedPower', 'periodStart', 'periodEnd',
      'recordedAt',
    ],
  },
  LossReport: {
    from: 'contor', about: 'Balance meter minus its members',
    attributes: [
      ...NAMED, 'refGroup', 'refSubstation', 'refFeeder', 'feederEnergy', 'memberEnergy', 'lossEnergy', 'lossShare',
      'intervalSeconds', 'meterCount', 'expectedMeterCount', 'source', 'recordedAt',
    ],
  },
} as const satisfies Record<string, EntityTypeRow>;
