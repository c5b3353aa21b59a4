/**
 * A real RabbitMQ, started as our own process with folders of its own: meters publish with confirms, the agent reads, and both are killed meanwhile.
 * What RabbitMQ has confirmed must be in history, once.
 */

import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AmqpPublisher } from '@contor/agent-json/simulator/amqp-publisher.js';
import { formatRoutingKey } from '@contor/agent-json/transport/routing-keys.js';
import { realClock, realRandom } from '@contor/kit';
import { isClean, Ledger } from '../support/ledger.js';
import { messageOf } from '../support/meter-fleet.js';
import { API_KEY, eventually, startMeteringPath } from '../support/metering-path.js';
import { settledVerdict } from '../support/path-verdict.js';
import { freePorts } from '../support/platform.js';

/** Not the wrapper on the path, which insists on a user of its own. */
const PROGRAMS = ['/usr/lib/rabbitmq/bin/rabbitmq-server', '/usr/local/lib/rabbitmq/bin/rabbitmq-server'];
const METERS = 10;
const LOAD_MS = 6_000;
const EVERY_MS = 100;
const READY_MS = 90_000;
const DRAIN_MS = 60_000;

export function findRabbit(): string | undefined {
  return PROGRAMS.find((path) => existsSync(path));
}

class Rabbit {
  readonly url: string;
  readonly #program: string;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #folder: string;
  readonly #port: number;
  #pid: number | undefined;

  constructor(program: string, folder: string, [port = 0, distPort = 0, epmdPort = 0]: readonly number[]) {
    this.#program = program;
    this.#folder = folder;
    this.#port = port;
    this.url = `amqp://127.0.0.1:${port}`;
    const file = (name: string) => join(folder, name);
    writeFileSync(file('rabbitmq.conf'), `listeners.tcp.1 = 127.0.0.1:${port}\nlog.console = true\n`);
    writeFileSync(file('enabled_plugins'), '[].\n');
    this.#environment = {
      ...process.env,
      ...{ HOME: folder, RABBITMQ_NODENAME: `contor${port}@localhost`, RABBITMQ_DIST_PORT: String(distPort) },
      ...{ RABBITMQ_MNESIA_BASE: file('mnesia'), RABBITMQ_LOG_BASE: file('log'), RABBITMQ_PID_FILE: file('pid') },
      ...{ RABBITMQ_CONFIG_FILE: file('rabbitmq.conf'), RABBITMQ_ENABLED_PLUGINS_FILE: file('enabled_plugins') },
      ...{ ERL_EPMD_PORT: String(epmdPort), ERL_EPMD_ADDRESS: '127.0.0.1' },
    };
  }

  async start(): Promise<void> {
    const out = openSync(join(this.#folder, 'rabbit.log'), 'a');
    const child = spawn(this.#program, [], { env: this.#environment, stdio: ['ignore', out, out], detached: true });
    this.#pid = child.pid;
    await eventually(() => reach(this.#port), READY_MS);
  }

  /** The whole group: the script and the machine it started. */
  async kill9(): Promise<void> {
    if (this.#pid === undefined) return;
    process.kill(-this.#pid, 'SIGKILL');
    this.#pid = undefined;
    await sleep(500);
  }

  async end(): Promise<void> {
    await this.kill9();
    // The name server of Erlang that this node brought along, on its own port.
    execFileSync('epmd', ['-kill'], { env: this.#environment, stdio: 'ignore' });
  }
}

function reach(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(void socket.destroy()));
    socket.once('error', reject);
  });
}

export async function checkRabbit(folder: string, program: string): Promise<object> {
  const data = join(folder, 'rabbit');
  mkdirSync(data, { recursive: true });
  const rabbit = new Rabbit(program, data, await freePorts(3));
  await rabbit.start();
  const ports = { clock: realClock(), random: realRandom() };
  const access = { url: rabbit.url, username: 'guest', password: 'guest', exchange: 'amq.topic', ...ports };
  const agentEnvironment = {
    ...{ AMQP_URL: rabbit.url, AGENT_JSON_AMQP_HUBS: 'guest', AGENT_JSON_AMQP_REQUIRE_USER: 'true' },
  };
  const path = await startMeteringPath({ folder: join(folder, 'path'), meters: METERS, agentEnvironment });
  const publisher = new AmqpPublisher(access);
  const ledger = new Ledger();
  const startMs = Math.floor(Date.now() / 1_000) * 1_000;
  let sequence = 0;
  const say = () => {
    sequence += 1;
    for (const { id } of path.meters) {
      const [atMs, energy] = [startMs + sequence * 1_000, sequence / 1_000];
      const entry = ledger.send(id, atMs, energy);
      const bytes = new TextEncoder().encode(messageOf(atMs, sequence, energy));
      publisher.publish(formatRoutingKey(API_KEY, id, 'attrs'), bytes, () => {
        entry.acknowledged = true;
      });
    }
  };
  try {
    // The queue is there once the agent has been there.
    await sleep(4_000);
    const timer = setInterval(say, EVERY_MS);
    await sleep(LOAD_MS);
    await path.processes.agent.kill9();
    await sleep(1_000);
    path.processes.agent.start();
    await sleep(LOAD_MS);
    await rabbit.kill9();
    await rabbit.start();
    await sleep(LOAD_MS);
    clearInterval(timer);
    await eventually(async () => {
      if (publisher.waiting > 0) throw new Error(`${publisher.waiting} messages were never confirmed`);
    });
    const verdict = await settledVerdict(path, ledger, DRAIN_MS);
    const counts = ledger.counts;
    if (counts.acknowledged < METERS * 50) throw new Error(`too little was confirmed: ${JSON.stringify(counts)}`);
    if (!isClean(verdict)) throw new Error(JSON.stringify({ ...counts, ...verdict }));
    return { ...counts, ...verdict };
  } finally {
    await publisher.stop();
    await path.stop();
    await rabbit.end();
  }
}
