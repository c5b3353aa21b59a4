/** What the meters of the deep bench measure; the same rows go into history and into its peer. */

/** SQL of a value by step `q` and meter `e`: a register, a power, a voltage, with the decimals such meters have. */
export const CHANNELS = [
  { name: 'totalActiveEnergyImport', sql: 'round(q * (50 + e % 7) / 1000.0, 3)' },
  { name: 'totalActivePower', sql: 'round(((q * 7919 + e * 104729) % 4001) / 10.0, 1)' },
  { name: 'voltageL1', sql: 'round(226 + ((q * 31 + e * 17) % 83) / 10.0, 1)' },
] as const;
