/** A street of radio meters behind a simulated receiver: whoever connects hears them in the framing of that receiver, over real sockets. */

import { checkEncrypted, type Line, type SettingsOf, type SettingsTable, type Start, type Timer } from '@contor/kit';
import { RECEIVER_NAMES, receiverNamed } from '../receiver/table.js';
import { AirMeter } from './air/meter.js';
import { AirStreet } from './air/street.js';

const PERMILLE = { kind: 'integer', fallback: 0, min: 0, max: 1_000 } as const;

export const SETTINGS = {
  host: { name: 'WMBUS_SIMULATOR_HOST', kind: 'text', fallback: '127.0.0.1', about: 'Loopback address to listen at' },
  port: {
    name: 'WMBUS_SIMULATOR_PORT',
    kind: 'port',
    fallback: 10_002,
    about: 'TCP port of the receiver; 0 lets the system choose',
  },
  framing: {
    name: 'WMBUS_SIMULATOR_FRAMING',
    kind: 'text',
    fallback: 'rtl-wmbus',
    choices: RECEIVER_NAMES,
    about: 'How the receiver hands telegrams over',
  },
  meters: {
    name: 'WMBUS_SIMULATOR_METERS',
    kind: 'integer',
    fallback: 10,
    min: 1,
    max: 100_000,
    about: 'Number of meters',
  },
  seed: {
    name: 'WMBUS_SIMULATOR_SEED',
    kind: 'text',
    fallback: 'tulip-street',
    about: 'The same seed gives the same street',
  },
  interval: {
    name: 'WMBUS_SIMULATOR_INTERVAL',
    kind: 'duration',
    fallback: '1m',
    min: 1_000,
    about: 'How often each meter speaks',
  },
  leakingMeter: {
    name: 'WMBUS_SIMULATOR_LEAKING',
    kind: 'integer',
    fallback: 0,
    min: 0,
    max: 100_000,
    about: 'This meter reports a flow that never stops; 0 for none',
  },
  lossPermille: { name: 'WMBUS_SIMULATOR_LOSS', ...PERMILLE, about: 'Of a thousand telegrams so many are not heard' },
  damagePermille: { name: 'WMBUS_SIMULATOR_DAMAGE', ...PERMILLE, about: 'Of a thousand so many have a bit turned' },
  repeatPermille: { name: 'WMBUS_SIMULATOR_REPEAT', ...PERMILLE, about: 'Of a thousand so many are heard again' },
  replayPermille: {
    name: 'WMBUS_SIMULATOR_REPLAY',
    ...PERMILLE,
    about: 'After so many of a thousand an older one is heard',
  },
} as const satisfies SettingsTable;

export type AirConfig = SettingsOf<typeof SETTINGS>;

/** A receiver serves a program or two. */
const MOST_CONNECTIONS = 4;

export const start: Start<AirConfig> = async (config, { ports, log }) => {
  const { host, port, seed, meters: count, framing } = config;
  checkEncrypted(host, false, 'WMBUS_SIMULATOR');
  const { clock, net } = ports;
  const receiver = receiverNamed(framing);
  if (receiver === undefined) throw new RangeError(`no framing is called ${framing}`);
  const lines = new Set<Line>();
  let spoken = 0;

  const meters = Array.from({ length: count }, (_, index) => {
    const number = index + 1;
    return new AirMeter({ seed, number, isLeaking: number === config.leakingMeter });
  });
  const street = new AirStreet(meters, config.interval, seed, {
    loss: config.lossPermille / 1_000,
    damage: config.damagePermille / 1_000,
    repeat: config.repeatPermille / 1_000,
    replay: config.replayPermille / 1_000,
  });

  const say = (bytes: Uint8Array): void => {
    spoken += 1;
    const framed = receiver.encode({ bytes, format: 'bare', rssiDbm: undefined });
    for (const line of lines) line.write(framed).catch(() => undefined);
  };
  // One timer for the whole street: who speaks next is known.
  let timer: Timer | undefined;
  let index = 0;
  let nextMs = street.nextMs(0, clock.nowMs());
  const turn = (): void => {
    const nowMs = clock.nowMs();
    for (; nextMs <= nowMs; ) {
      const meter = meters[index];
      if (meter !== undefined)
        for (const { atMs, bytes } of street.speak(meter, nextMs))
          if (atMs <= nowMs) say(bytes);
          else clock.after(atMs - nowMs, () => say(bytes));
      const before = nextMs;
      index = (index + 1) % meters.length;
      nextMs = street.nextMs(index, before);
    }
    timer = clock.after(nextMs - nowMs, turn);
  };
  turn();

  const listener = await net.listen(host, port, (line) => void hold(line));
  async function hold(line: Line): Promise<void> {
    if (lines.size >= MOST_CONNECTIONS) return line.close();
    lines.add(line);
    try {
      for await (const _ of line.chunks());
    } catch {
      // Whoever listened is gone.
    } finally {
      lines.delete(line);
      await line.close();
    }
  }
  log.info({ meters: count, seed, framing, port: listener.port }, 'The radio street is up.');
  return {
    url: `tcp://${host}:${listener.port}`,
    health: () => ({ state: 'ready', figures: { meters: count, connections: lines.size, spoken } }),
    async stop() {
      timer?.cancel();
      await Promise.all([...lines].map((line) => line.close()));
      await listener.close();
    },
  };
};
