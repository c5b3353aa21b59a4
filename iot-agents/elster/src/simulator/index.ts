/** A street of IEC 62056-21 meters behind a TCP-serial converter, mode C: readout, programming mode and load profile. */

import { checkEncrypted, type Start, seededRandom } from '@contor/kit';
import type { StreetConfig } from './settings.js';
import { serialOf, serveStreet, simulatedMeters } from './street.js';

export { SETTINGS, type StreetConfig } from './settings.js';

/** It guards nothing but a simulation. */
export const SIMULATED_PASSWORD = '00000000';

export const start: Start<StreetConfig> = async (config, { ports, log }) => {
  const { host, port, meters: count, seed, zone, parity } = config;
  checkEncrypted(host, false, 'SIMULATE_ELSTER');
  const meters = simulatedMeters({ meters: count, seed, zone, password: SIMULATED_PASSWORD });
  const faults = { damage: config.damagePermille / 1_000, loss: config.lossPermille / 1_000 };
  const random = seededRandom(`${seed}/line`);
  const { net, clock } = ports;
  const street = await serveStreet({ net, clock, host, port, meters, parity, faults, random });
  log.info({ meters: count, firstSerial: serialOf(1, seed), port: street.port }, 'The street is up.');
  return {
    url: `tcp://${host}:${street.port}`,
    health: () => ({ state: 'ready', figures: { meters: count, ...street.figures } }),
    stop: () => street.close(),
  };
};
