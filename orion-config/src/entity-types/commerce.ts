/** Tariffs, contracts and bills: versions, never rewritten. */

import { DATED, type EntityTypeRow, NAMED } from './row.js';

// biome-ignore format: a table
export const COMMERCE_TYPES = {
  Tariff: {
    from: 'contor', about: 'Prices and when they hold',
    attributes: [
      ...NAMED, ...DATED, 'version', 'currency', 'direction', 'rates', 'periods', 'refCalendar', 'refPriceFeed',
      'status',
    ],
  },
  Contract: {
    from: 'contor', about: 'Customer, point and tariff',
    attributes: [
      ...NAMED, ...DATED, 'version', 'contractNumber', 'refCustomer', 'refPoint', 'refTariff', 'contractedPower',
      'billingDay', 'status',
    ],
  },
  Calendar: {
    from: 'contor', about: 'Holidays and seasons',
    attributes: [
      ...NAMED, ...DATED, 'version', 'timeZone', 'holidays', 'seasons',
    ],
  },
  PriceFeed: {
    from: 'contor', about: 'Prices that change by the hour',
    attributes: [
      ...NAMED, 'feedUrl', 'currency', 'price', 'co2Intensity', 'intervalSeconds', 'source', 'recordedAt', 'status',
    ],
  },
  Bill: {
    from: 'contor', about: 'A bill',
    attributes: [
      'billNumber', 'refContract', 'refCustomer', 'refPoint', 'refTariff', 'refBillingRun', 'refReplacedBill',
      'version', 'periodStart', 'periodEnd', 'currency', 'lines', 'billedEnergy', 'peakDemand', 'netAmount',
      'taxAmount', 'grossAmount', 'isEstimated', 'fileHash', 'inputHash', 'status', 'dateIssued', 'recordedAt',
    ],
  },
  BillingRun: {
    from: 'contor', about: 'Bills made together',
    attributes: [
      ...NAMED, 'refGroup', 'periodStart', 'periodEnd', 'requestedBy', 'requestedAt', 'finishedAt', 'billCount',
      'failedCount', 'status', 'resultText',
    ],
  },
} as const satisfies Record<string, EntityTypeRow>;
