/** Events and the results of the services: forecasts, appliances, flexibility, losses. */

import { type AttributeRow, ENERGY_INTERVAL, FACTOR, MONEY, OBJECT, POWER, TEXT, TIME } from './row.js';

export const EVENTS = {
  subCategory: { ...TEXT, from: 'alert', about: 'Code of the event' },
  severity: { ...TEXT, from: 'alert', about: '`informational`, `low`, `medium`, `high` or `critical`' },
  dateIssued: { ...TIME, from: 'alert', about: 'When it was raised' },
  eventCode: { ...TEXT, about: 'The word or number the device used' },
  acknowledgedBy: { ...TEXT, about: 'Who has seen it' },
  acknowledgedAt: { ...TIME, about: 'When it was seen' },
  assignedTo: { ...TEXT, about: 'Who deals with it' },
  closedAt: { ...TIME, about: 'When it was over' },
  anomalousProperty: { ...TEXT, from: 'alert', about: 'Attribute that looks wrong' },
  thresholdBreach: { ...OBJECT, from: 'alert', about: 'Limit and value' },
  detectedBy: { ...TEXT, from: 'alert', about: 'Which service found it' },
  dateDetected: { ...TIME, from: 'alert', about: 'When it was found' },
  condition: { ...TEXT, about: 'Expression that raises the event' },
  recipients: { ...TEXT, about: 'Mail addresses, comma separated' },
} as const satisfies Record<string, AttributeRow>;

export const RESULTS = {
  algorithm: { ...TEXT, about: 'Method and version' },
  horizonStart: { ...TIME, about: 'First instant forecast' },
  horizonEnd: { ...TIME, about: 'First instant no longer forecast' },
  forecastActivePower: { ...POWER, about: 'Expected mean power' },
  forecastActivePowerLow: { ...POWER, about: '10 % quantile' },
  forecastActivePowerHigh: { ...POWER, about: '90 % quantile' },
  meanAbsolutePercentageError: { ...FACTOR, about: 'Error on the last days, 0.05 is 5 %' },
  baselineError: { ...FACTOR, about: 'The same error of the seasonal naive forecast' },
  appliance: { ...TEXT, about: 'Name of the appliance' },
  confidence: { ...FACTOR, about: 'Between 0 and 1' },
  energyShare: { ...FACTOR, about: 'Share of the total, 0 to 1' },
  applianceEnergy: { ...ENERGY_INTERVAL, about: 'Energy of the appliance in the interval' },
  flexiblePowerUp: { ...POWER, about: 'Power that could be added' },
  flexiblePowerDown: { ...POWER, about: 'Power that could be shed' },
  baselinePower: { ...POWER, about: 'Power without the event' },
  requestedReduction: { ...POWER, about: 'Reduction asked for' },
  deliveredReduction: { ...POWER, about: 'Reduction measured' },
  settlementAmount: { ...MONEY, about: 'To pay for the event, minor units' },
  notifiedEnergy: { ...ENERGY_INTERVAL, about: 'Energy notified to the market for the hour' },
  usedEnergy: { ...ENERGY_INTERVAL, about: 'Energy used in the hour so far' },
  advisedPower: { ...POWER, about: 'Mean power that would meet the notified energy' },
  feederEnergy: { ...ENERGY_INTERVAL, about: 'Energy of the balance meter' },
  memberEnergy: { ...ENERGY_INTERVAL, about: 'Sum of the members' },
  lossEnergy: { ...ENERGY_INTERVAL, about: 'The difference' },
  lossShare: { ...FACTOR, about: 'Loss over feeder energy' },
} as const satisfies Record<string, AttributeRow>;
