/** A street of DLMS meters on one TCP port, HDLC and wrapper alike; told to, they push as well. */

import { ConfigError, type Line, type Start, seededRandom, type Timer } from '@contor/kit';
import { serveMeters } from '../transport/serve.js';
import { faultyLink } from './faults.js';
import { pushOf } from './push.js';
import type { StreetConfig } from './settings.js';
import { SimulatedStreet } from './street.js';

export { SETTINGS, type StreetConfig } from './settings.js';

const CONNECT_MS = 5_000;

export const start: Start<StreetConfig> = async (config, { ports, log }) => {
  const { host, port, meters, seed, generalBlocks, pushTo, pushEvery } = config;
  const { net, clock, random } = ports;
  const street = new SimulatedStreet({
    ...{ meters, seed, random, prefersGeneralBlocks: generalBlocks },
    clockMs: () => clock.nowMs(),
  });
  const target = pushTo === undefined ? undefined : targetOf(pushTo);
  const faults = { loss: config.lossPermille / 1_000, damage: config.damagePermille / 1_000 };
  const noise = seededRandom(`${seed}/line`);
  const link = () => faultyLink(street.link(), noise, faults);
  const listener = await serveMeters({ net, clock, host, port, link });
  let pushed = 0;
  let failed = 0;
  let timer: Timer | undefined;
  let line: Line | undefined;

  async function push({ host: to, port: at }: { readonly host: string; readonly port: number }): Promise<void> {
    try {
      line ??= await net.connect(to, at, CONNECT_MS);
      for (let number = 1; number <= meters; number += 1) {
        const meter = street.meter(number);
        if (meter === undefined) continue;
        await line.write(pushOf(meter, number, 'wrapper', clock.nowMs()));
        pushed += 1;
      }
    } catch (error) {
      failed += 1;
      line = undefined;
      log.debug({ error }, 'The head end does not take the pushes.');
    }
  }
  function pushRegularly(): void {
    if (target === undefined) return;
    timer = clock.after(pushEvery, () => {
      void push(target).finally(() => pushRegularly());
    });
  }
  pushRegularly();
  log.info({ meters, seed, port: listener.port }, 'The DLMS street is up.');
  return {
    url: `tcp://${host}:${listener.port}`,
    health: () => ({ state: 'ready', figures: { meters, lines: listener.lines, pushed, failed } }),
    async stop() {
      timer?.cancel();
      await line?.close();
      await listener.close();
    },
  };
};

function targetOf(text: string): { readonly host: string; readonly port: number } {
  const [, host = '', port = ''] = /^(.+):(\d{1,5})$/.exec(text) ?? [];
  if (host !== '') return { host, port: Number(port) };
  throw new ConfigError([
    { code: 'config.value', message: `${text} is no place to push to.`, fix: 'Write it as 127.0.0.1:4061.' },
  ]);
}
