/**
 * `npm run test:interop`: real servers of other makers in the place of ours, and a real IoT Agent at our broker. An absent one is named and skipped; with `--strict` it fails.
 */

import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AGENT_RULES, DEVICE_RULES } from '@contor/mqtt';
import { mosquittoAccessList, mosquittoConfiguration } from '@contor/mqtt/mosquitto.js';
import { freePort } from '../contract/mqtt/broker-process.js';
import { isClean } from '../support/ledger.js';
import { messageOf, startMeterFleet } from '../support/meter-fleet.js';
import { API_KEY, type OtherMqttFacts, startMeteringPath } from '../support/metering-path.js';
import { metersBehind, settledVerdict } from '../support/path-verdict.js';
import { Tally } from '../support/tally.js';
import { FERRETDB_VERSION, findFerretDb } from './ferretdb-server.js';
import { checkGurux, GURUX, installGurux } from './gurux.js';
import { checkIec62056, IEC62056, installIec62056 } from './iec62056.js';
import { checkKeycloak } from './keycloak.js';
import { ADAPTER, installAdapter, judgeWithAdapter, KNOWN } from './keycloak-connect.js';
import { findKeycloak, KEYCLOAK_VERSION } from './keycloak-server.js';
import { notifyMosquitto } from './mosquitto-notifications.js';
import { checkPyMeterBus, installPyMeterBus, PYMETERBUS } from './pymeterbus.js';
import { checkRabbit, findRabbit } from './rabbitmq.js';
import { checkReplicas } from './replicas.js';
import { checkSharedRegistry } from './shared-registry.js';
import { checkStockAgent, installLibrary, LIBRARY } from './stock-agent.js';

const METERS = 20;
const LOAD_MS = 5_000;
const DRAIN_MS = 30_000;

const isStrict = process.argv.includes('--strict');
const tally = new Tally();

if (hasProgram('mosquitto', ['-h'])) {
  await tally.check(
    'Mosquitto in the place of our MQTT broker: every reading arrives, also across a restart of the agent',
    () =>
      inFolder(async (folder) => {
        const path = await startMeteringPath({ folder, meters: METERS, otherMqtt: mosquitto });
        try {
          const fleet = await startMeterFleet({ path, messagesASecondEach: 5 });
          await sleep(LOAD_MS);
          await path.processes.agent.kill9();
          await sleep(1_000);
          path.processes.agent.start();
          await sleep(LOAD_MS);
          await fleet.stop();
          const verdict = await settledVerdict(path, fleet.ledger, DRAIN_MS);
          const behind = await metersBehind(path, fleet.ledger);
          console.log(JSON.stringify({ interop: 'mosquitto', ...fleet.ledger.counts, ...verdict, behind }));
          if (fleet.ledger.counts.acknowledged < METERS * 10)
            throw new Error('too little was acknowledged to prove anything');
          if (!isClean(verdict) || behind > 0) throw new Error(JSON.stringify({ ...verdict, behind }));
        } finally {
          await path.stop();
        }
      }),
  );
  await tally.check('the broker notifies Mosquitto: MQTT 3.1.1 and 5, every QoS, TLS, and across a kill of it', () =>
    inFolder(async (folder) => {
      console.log(JSON.stringify({ interop: 'mosquitto-notifications', ...(await notifyMosquitto(folder)) }));
    }),
  );
} else absent('mosquitto', 'apt-get install mosquitto');

if (hasProgram('mosquitto_pub', ['--help'])) {
  await tally.check(
    "mosquitto_pub as a meter at our MQTT broker: acknowledged, stored, and refused on another meter's topic",
    () =>
      inFolder(async (folder) => {
        const path = await startMeteringPath({ folder, meters: 2 });
        try {
          const [own, other] = path.meters;
          if (own === undefined || other === undefined) throw new RangeError('two meters were ordered');
          const atMs = Math.floor(Date.now() / 1000) * 1000;
          const publish = (id: string) =>
            execFileSync('mosquitto_pub', [
              ...['-h', '127.0.0.1', '-p', new URL(path.mqttUrl).port, '-i', own.id, '-u', own.id, '-P', own.password],
              ...['-q', '1', '-t', `/json/${API_KEY}/${id}/attrs`, '-m', messageOf(atMs, 1, 12.345)],
            ]);
          publish(own.id);
          for (let wait = 0; ; wait += 1) {
            const entity = await path.broker.get(`urn:ngsi-ld:ACMeasurement:${own.id}`);
            if (entity !== undefined) break;
            if (wait > 50) throw new Error('the reading never arrived');
            await sleep(200);
          }
          try {
            publish(other.id);
          } catch {
            // The broker closes the connection of a meter that writes on another's topic: mosquitto_pub says so by its exit code.
          }
          await sleep(1_000);
          if ((await path.broker.get(`urn:ngsi-ld:ACMeasurement:${other.id}`)) !== undefined)
            throw new Error('a meter spoke for another');
        } finally {
          await path.stop();
        }
      }),
  );
} else absent('mosquitto_pub', 'apt-get install mosquitto-clients');

const rabbit = findRabbit();
if (rabbit === undefined) absent('rabbitmq-server', 'apt-get install rabbitmq-server');
else
  await tally.check(
    'RabbitMQ: every confirmed message arrives, across kills of the agent and of RabbitMQ, and nobody speaks for another',
    () =>
      inFolder(async (folder) => {
        console.log(JSON.stringify({ interop: 'rabbitmq', ...(await checkRabbit(folder, rabbit)) }));
      }),
  );

await inFolder(async (folder) => {
  const reason = installLibrary(folder);
  if (reason === undefined) await checkStockAgent(tally, folder);
  else absent(LIBRARY, `npm could not install it: ${reason}`);
});

await inFolder(async (folder) => {
  const reason = installAdapter(folder);
  if (reason !== undefined) return absent(ADAPTER, `npm could not install it: ${reason}`);
  await tally.check(`${ADAPTER} on the forty tokens: as docs/adr/0008 says`, async () => {
    const { withAudience, asItComes, wrong } = await judgeWithAdapter(folder);
    console.log(JSON.stringify({ interop: 'keycloak-connect', tokens: 40, withAudience, asItComes, wrong }));
    if (withAudience !== KNOWN.withAudience || asItComes !== KNOWN.asItComes)
      throw new Error('it has changed: look at the decision again');
  });
});

await inFolder(async (folder) => {
  const reason = installGurux(folder);
  if (reason === undefined) await checkGurux(tally, folder);
  else absent(GURUX, `pip could not install it: ${reason}`);
});

await inFolder(async (folder) => {
  const reason = installPyMeterBus(folder);
  if (reason === undefined) await checkPyMeterBus(tally, folder);
  else absent(PYMETERBUS, `pip could not install it: ${reason}`);
});

await inFolder(async (folder) => {
  const reason = installIec62056(folder);
  if (reason === undefined) await checkIec62056(tally, folder);
  else absent(IEC62056, `pip could not install it: ${reason}`);
});

const ferretDb = findFerretDb();
if ('missing' in ferretDb) absent(`FerretDB ${FERRETDB_VERSION}`, ferretDb.missing);
else
  await inFolder(async (folder) => {
    await checkSharedRegistry(tally, ferretDb.program, folder);
    await checkReplicas(tally, ferretDb.program, folder);
  });

const keycloak = findKeycloak();
if ('missing' in keycloak) absent('Keycloak', keycloak.missing);
else
  await inFolder(async (folder) => {
    await tally.check(`Keycloak ${KEYCLOAK_VERSION} in the place of our identity server`, async () =>
      checkKeycloak(tally, keycloak.zip, folder, await freePort()),
    );
  });

tally.end();

/** The configuration that we make for production, on loopback without TLS. */
function mosquitto({ port, folder, agent, meters }: OtherMqttFacts) {
  const file = (name: string) => join(folder, name);
  writeFileSync(file('passwd'), '', { mode: 0o600 });
  for (const { id, password } of [agent, ...meters]) appendFileSync(file('passwd'), `${id}:${password}\n`);
  execFileSync('mosquitto_passwd', ['-U', file('passwd')]);
  const identities = [
    { username: agent.id, id: agent.id, rules: AGENT_RULES },
    ...meters.map(({ id }) => ({ username: id, id, apikey: API_KEY, rules: DEVICE_RULES })),
  ];
  writeFileSync(file('acl'), mosquittoAccessList(identities), { mode: 0o600 });
  // As root it would otherwise become a user who may not read the files above.
  const user = process.getuid?.() === 0 ? 'user root\n' : '';
  writeFileSync(file('mosquitto.conf'), mosquittoConfiguration({ port, host: '127.0.0.1', folder }) + user);
  return { program: 'mosquitto', args: ['-c', file('mosquitto.conf')] };
}

async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'contor-interop-'));
  try {
    await body(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function hasProgram(name: string, args: readonly string[]): boolean {
  return spawnSync(name, [...args], { stdio: 'ignore' }).error === undefined;
}

function absent(name: string, remedy: string): void {
  if (isStrict)
    void tally.check(`${name} is there`, () => {
      throw new Error(`${name} is not installed: ${remedy}`);
    });
  else console.log(`skip  ${name} is not installed (${remedy})`);
}
