/** A wired bus of heat, water and gas meters behind a TCP-serial gateway, over real sockets: healthy, slow, colliding or noisy by seed. */

import { checkEncrypted, type Start, seededRandom } from '@contor/kit';
import { NO_FAULTS, SimulatedBus } from './bus/bus.js';
import { openGateway } from './bus/gateway.js';
import { simulatedSlaves } from './bus/street.js';
import type { BusConfig } from './settings.js';

export { type BusConfig, SETTINGS } from './settings.js';

export const start: Start<BusConfig> = async (config, { ports, log }) => {
  const { host, port, seed, meters } = config;
  checkEncrypted(host, false, 'MBUS_SIMULATOR');
  const slaves = simulatedSlaves(config);
  const faults = { ...NO_FAULTS, damage: config.damagePermille / 1_000, loss: config.lossPermille / 1_000 };
  const bus = new SimulatedBus(slaves, seededRandom(`${seed}/line`), faults);
  const gateway = await openGateway({ net: ports.net, clock: ports.clock, host, port, bus });
  log.info({ meters, seed, port: gateway.port }, 'The bus is up.');
  return {
    url: `tcp://${host}:${gateway.port}`,
    health: () => ({ state: 'ready', figures: { meters, ...gateway.figures } }),
    stop: () => gateway.close(),
  };
};
