/** Tariffs, contracts and bills: versions, never rewritten. Money is a whole number of minor units beside its `currency`. */

import { type AttributeRow, COUNT, ENERGY_INTERVAL, FLAG, MONEY, OBJECT, POWER, RATE, TEXT, TIME } from './row.js';

export const COMMERCE = {
  version: { ...COUNT, about: 'Version, from 1' },
  currency: { ...TEXT, about: 'ISO 4217 code' },
  direction: { ...TEXT, about: '`import` or `export`' },
  rates: { ...OBJECT, about: 'Rate lines: period, block, price' },
  periods: { ...OBJECT, about: 'Time-of-use periods by day kind' },
  holidays: { ...OBJECT, about: 'Dates that count as holidays' },
  seasons: { ...OBJECT, about: 'Seasons by first day' },
  feedUrl: { ...TEXT, about: 'Where the feed comes from' },
  price: { ...MONEY, decimals: 9, about: 'Price of a kilowatt hour, major units of `currency`' },
  co2Intensity: { ...RATE, about: 'Grams of CO₂ for a kilowatt hour' },
  contractNumber: { ...TEXT, about: 'Number of the contract' },
  billingDay: { ...COUNT, about: 'Day of the month on which a period begins' },
  periodStart: { ...TIME, about: 'First instant of the period' },
  periodEnd: { ...TIME, about: 'First instant after the period' },
  billNumber: { ...TEXT, about: 'Number of the bill' },
  lines: { ...OBJECT, about: 'Lines of the bill, each with the way it was computed' },
  billedEnergy: { ...ENERGY_INTERVAL, about: 'Energy billed' },
  peakDemand: { ...POWER, about: 'Highest mean power of the period' },
  netAmount: { ...MONEY, about: 'Before tax, minor units' },
  taxAmount: { ...MONEY, about: 'Tax, minor units' },
  grossAmount: { ...MONEY, about: 'To pay, minor units' },
  isEstimated: { ...FLAG, about: 'Some input was estimated' },
  fileHash: { ...TEXT, about: 'Content hash of the file in the store' },
  inputHash: { ...TEXT, about: 'Hash over everything that went into it' },
  billCount: { ...COUNT, about: 'Bills of the run' },
  failedCount: { ...COUNT, about: 'How many failed' },
} as const satisfies Record<string, AttributeRow>;
