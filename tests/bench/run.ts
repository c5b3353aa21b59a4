/** `npm run bench [-- name …] [--full]`: figures as JSON lines, one bench after the other, with a calibration loop beside each. */

import { readFlags } from '../support/arguments.js';
import { calibrateMs } from '../support/cpu.js';
import { benchBroker } from './broker.js';
import { benchCodecs } from './codecs.js';
import { benchDlmsSweep } from './dlms-sweep.js';
import { benchDurableLog } from './durable-log.js';
import { benchGateway } from './gateway.js';
import { benchHistory } from './history.js';
import { benchHistoryDeep } from './history-deep.js';
import { benchJsonHttp } from './json-http.js';
import { benchLastGasp } from './last-gasp.js';
import { benchMqtt } from './mqtt.js';
import { benchNotifications } from './notifications.js';
import { benchPath } from './path.js';
import { benchPolicy } from './policy.js';
import { benchRelay } from './relay.js';
import { benchSignIn } from './sign-in.js';
import { benchStart } from './start.js';
import { benchStream } from './stream.js';

const flags = readFlags(process.argv);
const BENCHES: Readonly<Record<string, () => Promise<object>>> = {
  'durable-log': benchDurableLog,
  codecs: benchCodecs,
  'dlms-sweep': () => benchDlmsSweep({ isFull: flags.full }),
  mqtt: benchMqtt,
  'json-http': benchJsonHttp,
  'last-gasp': benchLastGasp,
  broker: () => benchBroker(flags),
  notifications: benchNotifications,
  history: benchHistory,
  'history-deep': () => benchHistoryDeep({ isFull: flags.full }),
  path: medianPath,
  policy: benchPolicy,
  gateway: benchGateway,
  start: benchStart,
  'sign-in': () => benchSignIn(),
  relay: benchRelay,
  stream: () => benchStream(),
};

const PATH_RUNS = 3;

const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const names = wanted.length > 0 ? wanted : Object.keys(BENCHES);
for (const name of names) {
  const bench = BENCHES[name];
  if (bench === undefined) {
    console.error(`No bench "${name}". There are: ${Object.keys(BENCHES).join(', ')}.`);
    process.exit(2);
  }
  const calibrationMs = calibrateMs();
  console.log(JSON.stringify({ ...(await bench()), bench: name, calibrationMs }));
}

async function medianPath(): Promise<object> {
  const runs = [];
  for (let run = 0; run < PATH_RUNS; run += 1) runs.push(await benchPath());
  runs.sort((a, b) => a.readingsPerSecond - b.readingsPerSecond);
  const [slowest, fastest] = [runs[0], runs.at(-1)];
  return {
    ...runs[Math.floor(PATH_RUNS / 2)],
    runs: PATH_RUNS,
    slowest: slowest?.readingsPerSecond,
    fastest: fastest?.readingsPerSecond,
  };
}
