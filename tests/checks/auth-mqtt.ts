/**
 * The access rules of MQTT (T24) on the embedded broker and, where it is installed, on Mosquitto with the configuration that we export:
 * sixty cases, the same answers from both. Controls: a broker that lets everything through in one direction must be caught.
 */

import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLogger, readSettings, realPorts } from '@contor/kit';
import { AGENT_RULES, addCredentials, DEVICE_RULES, SETTINGS, start } from '@contor/mqtt';
import { mosquittoAccessList, mosquittoConfiguration } from '@contor/mqtt/mosquitto.js';
import { freePort } from '../contract/mqtt/broker-process.js';
import { type ConnectOptions, WireClient } from '../contract/mqtt/wire-client.js';
import { type Mutation, makeMutant } from '../support/mutant.js';
import type { Tally } from '../support/tally.js';
import { AGENT, APIKEY, METER, MQTT_CASES, type MqttCase, nameOf, OBSERVER, OTHER } from './auth-mqtt-cases.js';

const PEOPLE = [
  { username: METER, id: METER, apikey: APIKEY, rules: DEVICE_RULES },
  { username: OTHER, id: OTHER, apikey: APIKEY, rules: DEVICE_RULES },
  { username: AGENT, id: AGENT, rules: AGENT_RULES },
  { username: OBSERVER, id: OBSERVER, rules: { publish: ['#'], subscribe: ['#'] } },
] as const;

interface Broker {
  readonly port: number;
  readonly passwords: ReadonlyMap<string, string>;
  stop(): Promise<void>;
}

const ACCESS = { folder: 'embedded/mqtt', file: 'access.js' } as const;

const CONTROLS: readonly (Mutation & { readonly name: string })[] = [
  { ...ACCESS, name: 'says what anybody likes', find: 'matchesAny(this.#publish, topic)', replace: 'true' },
  {
    ...ACCESS,
    name: 'lets anybody listen',
    find: /mayReceive\(topic\) \{/,
    replace: 'maySubscribe() { return true; }\n    mayReceive(topic) { return true;',
  },
  {
    ...ACCESS,
    name: 'keeps what anybody retains',
    find: '(!isRetained || matchesAny(this.#retain, topic))',
    replace: 'true',
  },
];

export interface MqttOptions {
  readonly folder: string;
  readonly isFull: boolean;
  readonly report: (figures: object) => void;
}

export async function checkMqtt(tally: Tally, { folder, isFull, report }: MqttOptions): Promise<void> {
  await tally.check(`${MQTT_CASES.length} access rules on the embedded MQTT broker`, async () => {
    const wrong = await judge(() => startEmbedded(join(folder, 'embedded'), start));
    report({ part: 'mqtt', broker: 'embedded', cases: MQTT_CASES.length, right: MQTT_CASES.length - wrong.length });
    if (wrong.length > 0) throw new Error(wrong.join('\n'));
  });
  for (const { name, ...mutation } of isFull ? CONTROLS : CONTROLS.slice(0, 1))
    await tally.check(`control: a broker that ${name} is caught`, async () => {
      const mutant = await makeMutant(mutation);
      try {
        const { start: weak } = await mutant.load<{ start: typeof start }>('index.js');
        const wrong = await judge(() => startEmbedded(join(folder, `weak-${name.replaceAll(' ', '-')}`), weak));
        if (wrong.length === 0) throw new Error('no case tells it from the real one');
      } finally {
        await mutant.remove();
      }
    });
  if (spawnSync('mosquitto', ['-h'], { stdio: 'ignore' }).error !== undefined)
    return void console.log('skipped: Mosquitto, which is not installed (apt-get install mosquitto).');
  const list = mosquittoAccessList(PEOPLE);
  await tally.check(`${MQTT_CASES.length} access rules on Mosquitto with our configuration`, async () => {
    const wrong = await judge(() => startMosquitto(join(folder, 'mosquitto'), list));
    report({ part: 'mqtt', broker: 'mosquitto', cases: MQTT_CASES.length, right: MQTT_CASES.length - wrong.length });
    if (wrong.length > 0) throw new Error(wrong.join('\n'));
  });
  await tally.check('control: Mosquitto without an access list is caught', async () => {
    const everything = PEOPLE.map(({ username }) => `user ${username}\ntopic readwrite #\n`).join('\n');
    const wrong = await judge(() => startMosquitto(join(folder, 'mosquitto-open'), everything));
    if (wrong.length === 0) throw new Error('no case tells it from the real one');
  });
}

async function judge(begin: () => Promise<Broker>): Promise<readonly string[]> {
  const broker = await begin();
  try {
    const hall = new Hall(broker);
    await hall.open();
    const wrong: string[] = [];
    for (const one of MQTT_CASES) {
      const fault = await hall.faultOf(one).catch((error: unknown) => String(error));
      if (fault !== undefined) wrong.push(`${nameOf(one)}: ${fault}`);
    }
    return wrong;
  } finally {
    await broker.stop();
  }
}

/** The observer who hears and may say everything, and one case after the other. */
class Hall {
  readonly #broker: Broker;
  #observer: WireClient | undefined;
  readonly #heard = new Set<string>();
  #next = 0;

  constructor(broker: Broker) {
    this.#broker = broker;
  }

  async open(): Promise<void> {
    const observer = await this.#enter(OBSERVER);
    const keep = observer.onPacket;
    observer.onPacket = (packet) => {
      if (packet.cmd !== 'publish') return keep(packet);
      this.#heard.add(packet.payload.toString());
      observer.acknowledge(packet);
    };
    await observer.subscribe(['#']);
    this.#observer = observer;
  }

  /** What is not as the case says; `undefined` when all is. */
  async faultOf(one: MqttCase): Promise<string | undefined> {
    switch (one.kind) {
      case 'publish':
        return this.#publish(one.who, one.topic, one.retain === true, one.reaches);
      case 'subscribe':
        return this.#subscribe(one.who, one.filter, one.topic, one.hears);
      case 'connect':
        return this.#connect(one);
      case 'will':
        return this.#will(one.who, one.topic, one.reaches);
      case 'takeover':
        return this.#takeover(one.who, one.clientId, one.victim);
      case 'oversize':
        return this.#oversize(one.who, one.bytes);
    }
  }

  async #publish(who: string, topic: string, retain: boolean, reaches: boolean): Promise<string | undefined> {
    const client = await this.#enter(who);
    const payload = this.#word();
    await client.publishAcked(topic, payload, 1, { retain });
    await client.cut();
    return same(await this.#wasHeard(payload), reaches, 'it reached the observer');
  }

  /** The subscriber surely hears its own marker, so what was said before and did not come will not come. */
  async #subscribe(who: string, filter: string, topic: string, hears: boolean): Promise<string | undefined> {
    const client = await this.#enter(who);
    const marked = who === AGENT ? `/json/${APIKEY}/${METER}/cmdexe` : `/json/${APIKEY}/${who}/cmd`;
    await client.subscribe([marked]);
    await client.subscribe([filter]);
    const [word, marker] = [this.#word(), this.#word()];
    await this.#say(topic, word);
    await this.#say(marked, marker);
    const heard: string[] = [];
    for (let payload = ''; payload !== marker; ) {
      const packet = await client.nextMessage(3_000);
      if (packet === undefined) return 'its own marker never came';
      client.acknowledge(packet);
      payload = packet.payload.toString();
      heard.push(payload);
    }
    await client.cut();
    const strange = heard.filter((payload) => payload !== word && payload !== marker);
    if (strange.length > 0) return `it heard something else: ${strange.join(', ').slice(0, 80)}`;
    return same(heard.includes(word), hears, 'it heard');
  }

  async #connect(one: MqttCase & { kind: 'connect' }): Promise<string | undefined> {
    const { username, isLetIn } = one;
    const password = one.password === 'own' ? this.#password(METER) : one.password;
    const { client, returnCode } = await WireClient.connect(this.#broker.port, {
      clientId: METER,
      ...(username !== undefined && { username }),
      ...(password !== undefined && { password }),
    });
    await client.cut();
    return same(returnCode === 0, isLetIn, 'it was let in');
  }

  async #will(who: string, topic: string, reaches: boolean): Promise<string | undefined> {
    const payload = this.#word();
    const will = { topic, payload: Buffer.from(payload), qos: 1 as const, retain: false };
    const { client } = await this.#knock(who, { will });
    await client.cut();
    await sleep(WILL_MS); // A broker notices a cut line in its own time.
    return same(await this.#wasHeard(payload), reaches, 'the will was carried out');
  }

  async #takeover(who: string, clientId: string, victim: string): Promise<string | undefined> {
    const sitting = await this.#enter(victim);
    const { client } = await this.#knock(who, { clientId });
    await client.cut();
    sitting.send({ cmd: 'pingreq' });
    const isThere = (await sitting.next('pingresp', 2_000)) !== undefined;
    await sitting.cut();
    return same(isThere, true, 'the other one is still there');
  }

  async #oversize(who: string, bytes: number): Promise<string | undefined> {
    const client = await this.#enter(who);
    const payload = this.#word().padEnd(bytes, 'x');
    const isAcked = await client.publishAcked(`/json/${APIKEY}/${who}/attrs`, payload);
    await client.cut();
    return same(isAcked || (await this.#wasHeard(payload)), false, 'it was taken');
  }

  async #enter(who: string): Promise<WireClient> {
    const { client, returnCode } = await this.#knock(who);
    if (returnCode !== 0) throw new Error(`${who} was refused with ${returnCode}`);
    return client;
  }

  #knock(who: string, more: Partial<ConnectOptions> = {}) {
    const names = { clientId: who, username: who, password: this.#password(who) };
    return WireClient.connect(this.#broker.port, { ...names, ...more });
  }

  /** All that came before the marker has been heard when the marker is. */
  async #wasHeard(payload: string): Promise<boolean> {
    const marker = this.#word();
    await this.#say('marker', marker);
    for (let waited = 0; !this.#heard.has(marker); waited += STEP_MS) {
      if (waited > 3_000) throw new Error('the observer hears nothing');
      await sleep(STEP_MS);
    }
    return this.#heard.has(payload);
  }

  async #say(topic: string, payload: string): Promise<void> {
    if (this.#observer === undefined || !(await this.#observer.publishAcked(topic, payload)))
      throw new Error('the observer cannot speak');
  }

  #word(): string {
    this.#next += 1;
    return `word-${this.#next}-`;
  }

  #password(who: string): string {
    return this.#broker.passwords.get(who) ?? '';
  }
}

const STEP_MS = 5;
const WILL_MS = 150;

function same(is: boolean, shall: boolean, what: string): string | undefined {
  return is === shall ? undefined : `${what}: ${is}, and not ${shall}`;
}

async function startEmbedded(folder: string, begin: typeof start): Promise<Broker> {
  const people = PEOPLE.map((person) => ('apikey' in person ? person : { ...person }));
  const passwords = await addCredentials(folder, people);
  const config = readSettings(SETTINGS, { MQTT_DATA: folder, MQTT_PORT: '0' });
  const log = createLogger({ service: 'mqtt', write: () => undefined });
  const running = await begin(config, { ports: realPorts(), log });
  return { port: running.port, passwords: named(passwords), stop: () => running.stop() };
}

async function startMosquitto(folder: string, accessList: string): Promise<Broker> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = (name: string) => join(folder, name);
  const passwords = PEOPLE.map(({ username }) => `password-of-${username}`);
  const lines = PEOPLE.map(({ username }, at) => `${username}:${passwords[at]}\n`);
  writeFileSync(file('passwd'), lines.join(''), { mode: 0o600 });
  execFileSync('mosquitto_passwd', ['-U', file('passwd')]);
  writeFileSync(file('acl'), accessList, { mode: 0o600 });
  const port = await freePort();
  // As root it would otherwise become a user who may not read the files above.
  const user = process.getuid?.() === 0 ? 'user root\n' : '';
  writeFileSync(file('mosquitto.conf'), mosquittoConfiguration({ port, host: '127.0.0.1', folder }) + user);
  const child = spawn('mosquitto', ['-c', file('mosquitto.conf')], { stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  for (let tries = 0; !(await answers(port)); tries += 1) {
    if (tries > 100 || child.exitCode !== null) throw new Error('Mosquitto did not start.');
    await sleep(50);
  }
  return {
    port,
    passwords: named(passwords),
    stop: async () => {
      child.kill();
      await ended;
    },
  };
}

function named(passwords: readonly string[]): ReadonlyMap<string, string> {
  return new Map(PEOPLE.map(({ username }, at) => [username, passwords[at] ?? '']));
}

async function answers(port: number): Promise<boolean> {
  return WireClient.open(port).then(
    (client) => client.cut().then(() => true),
    () => false,
  );
}
