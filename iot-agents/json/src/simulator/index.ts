/**
 * A street of Landis+Gyr E350 meters over real MQTT connections, each with its own credential: healthy, noisy or broken
 * by seed. Started for the first time it brings a day of load profile along; started again it catches up on what it missed.
 */

import { type Health, lockDirectory, type Start, type Timer } from '@contor/kit';
import type { Span } from './breaker.js';
import { readStreetCredentials } from './credentials.js';
import type { FaultRates } from './faults.js';
import { openStreetMemory, type StreetMemory } from './memory.js';
import { SimulatedMeter } from './meter.js';
import { MeterLine } from './meter-line.js';
import { noise, seedKey } from './noise.js';
import { freshMemory } from './schedule.js';
import type { StreetConfig } from './settings.js';

export { type Credentials, readStreetCredentials, saveStreetCredentials } from './credentials.js';
export { type FaultRates, NO_FAULTS } from './faults.js';
export { INTERVAL_MS, LIVE_MS, SimulatedMeter } from './meter.js';
export { MeterRegisters, type Registers } from './register.js';
export { SETTINGS, type StreetConfig } from './settings.js';
export { saveSimulated } from './simulated-file.js';

const SILENT_BEFORE_MS = 40 * 60_000;
const ROLLOVER_AFTER_MS = 10 * 60_000;
/** What was acked in the last seconds is sent again after a power cut of the simulator: the agent knows it by its key. */
const SAVE_EVERY_MS = 5_000;
const OUTAGE_SPREAD_MS = 2_000;
const DAY_MS = 86_400_000;

export const start: Start<StreetConfig> = async (config, { ports, log }) => {
  const { dataFolder } = config;
  const { clock, disk } = ports;
  const lock = await lockDirectory(dataFolder);
  const credentials = await readStreetCredentials(dataFolder, disk);
  const file = openStreetMemory(disk, dataFolder);
  const street: StreetMemory = (await file.read()) ?? { firstStartMs: clock.nowMs(), meters: new Map() };
  let isChanged = true;
  let acks = 0;

  const lines = Array.from({ length: config.meters }, (_, index) => {
    const number = index + 1;
    const silentFromMs = number === config.silentMeter ? street.firstStartMs - SILENT_BEFORE_MS : undefined;
    const rollsOverAtMs = number === config.rolloverMeter ? street.firstStartMs + ROLLOVER_AFTER_MS : undefined;
    const meter = new SimulatedMeter({
      ...{ seed: config.seed, number, rollsOverAtMs },
      breakerFault: config.breakerPermille / 1_000,
      outage: outageOf(config, number, clock.nowMs()),
      driftMs: (atMs) => (config.driftMs * (atMs - street.firstStartMs)) / DAY_MS,
    });
    const memory = street.meters.get(meter.deviceId) ?? freshMemory(silentFromMs ?? clock.nowMs() - meter.shiftMs);
    street.meters.set(meter.deviceId, memory);
    if (memory.breaker !== undefined) meter.breaker = memory.breaker;
    return new MeterLine({
      meter,
      memory,
      mqttUrl: config.mqttUrl,
      password: credentials[meter.deviceId],
      clock,
      seed: config.seed,
      faults: faultRates(config),
      silentFromMs,
      onAcked: () => {
        acks += 1;
        isChanged = true;
      },
      keep: () => {
        isChanged = true;
        return save();
      },
    });
  });

  const save = async (): Promise<void> => {
    if (!isChanged) return;
    isChanged = false;
    await file.write(street);
  };
  await save();
  for (const line of lines) line.start();
  log.info({ meters: config.meters, seed: config.seed, mqttUrl: config.mqttUrl }, 'The street is up.');

  let timer: Timer | undefined;
  const saveRegularly = (): void => {
    timer = clock.after(SAVE_EVERY_MS, () => {
      save().catch((error: unknown) => log.error({ error }, 'The street could not save what was acked.'));
      saveRegularly();
    });
  };
  saveRegularly();

  return {
    health(): Health {
      const connected = lines.filter((line) => line.isConnected).length;
      const published = lines.reduce((sum, line) => sum + line.published, 0);
      const waiting = lines.reduce((sum, line) => sum + line.waiting, 0);
      const figures = { meters: lines.length, connected, published, acked: acks, waiting };
      if (connected > 0) return { state: 'ready', figures };
      return { state: 'degraded', reason: 'No meter has a connection to the MQTT broker.', figures };
    },
    async stop() {
      timer?.cancel();
      await Promise.all(lines.map((line) => line.stop()));
      isChanged = true;
      await save();
      await lock.release();
    },
  };
};

/** Not all at the same moment: a fault takes a second or two to spread. */
function outageOf(config: StreetConfig, number: number, nowMs: number): Span | undefined {
  const key = seedKey(config.seed);
  if (noise(key, 75, number) >= config.outagePermille / 1_000) return undefined;
  const fromMs = nowMs + config.outageAfter + Math.floor(noise(key, 76, number) * OUTAGE_SPREAD_MS);
  return { fromMs, toMs: fromMs + config.outageLasts };
}

function faultRates(config: StreetConfig): FaultRates {
  return {
    drop: config.dropPermille / 1_000,
    duplicate: config.duplicatePermille / 1_000,
    reorder: config.reorderPermille / 1_000,
    badJson: config.badJsonPermille / 1_000,
  };
}
