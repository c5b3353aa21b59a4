/**
 * One unbatched frame a request over HTTP: kept connections, each waits for its answer, which comes after the fsync. Beside it the same
 * requests at a bare `node:http` server that reads the body and says 200: the ratio of CPU says what the agent adds, whatever the machine does.
 */

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addHttpCredentials, provisionDevices } from '@contor/agent-json';
import { cpuUsOf } from '../support/cpu.js';
import { messageOf } from '../support/meter-fleet.js';
import { eventually } from '../support/metering-path.js';
import { freePorts } from '../support/platform.js';
import { CONTOR, ServiceProcess } from '../support/service-process.js';

const METERS = 64;
const SECONDS = 4;
/** Until the compiler has seen what is hot. */
const WARM_UP_S = 2;
const KEY = 'bench';
const BARE =
  "require('http').createServer((q,s)=>{let b=0;q.on('data',c=>b+=c.length).on('end',()=>s.writeHead(200,{'Content-Length':'0'}).end())}).listen(+process.env.PORT,'127.0.0.1')";

export async function benchJsonHttp(): Promise<object> {
  const folder = mkdtempSync(join(tmpdir(), 'contor-bench-http-'));
  const ids = Array.from({ length: METERS }, (_, index) => `m${index}`);
  const device = { apiKey: KEY, tenant: 'default', model: 'landis-gyr-e350-json', timeZone: 'UTC', registerDigits: 6 };
  await provisionDevices(
    folder,
    ids.map((id) => ({ ...device, deviceId: id, name: id, refDevice: `urn:ngsi-ld:Device:${id}` })),
  );
  const passwords = await addHttpCredentials(
    folder,
    ids.map((username) => ({ apiKey: KEY, username })),
  );
  const [port = 0, barePort = 0] = await freePorts(2);
  const nowhere = 'http://127.0.0.1:9';
  const logFolder = join(folder, 'logs');
  mkdirSync(logFolder, { recursive: true });
  const environment = {
    ...{
      AGENT_JSON_DATA: folder,
      AGENT_JSON_PORT: '0',
      AGENT_JSON_HTTP_PORT: String(port),
      AGENT_JSON_HTTP_RATE: '100000',
    },
    ...{ MQTT_URL: 'mqtt://127.0.0.1:9', BROKER_URL: nowhere, HISTORY_URL: nowhere, PORT: String(barePort) },
  };
  const agent = new ServiceProcess({ name: 'agent', args: [CONTOR, 'agent', 'json'], environment, logFolder });
  const bare = new ServiceProcess({ name: 'bare', args: ['-e', BARE], environment, logFolder });
  agent.start();
  bare.start();
  try {
    for (const [server, door] of [
      [bare, barePort],
      [agent, port],
    ] as const)
      await measure(server, door, ids, passwords, WARM_UP_S);
    const control = await measure(bare, barePort, ids, passwords);
    const { frames, seconds, cpuUs, refused } = await measure(agent, port, ids, passwords);
    const framesPerSecond = Math.round(frames / seconds);
    const each = (us: number | null, count: number) => (us === null ? null : Math.round((us / count) * 10) / 10);
    return {
      ...{ connections: METERS, frames, framesPerSecond, readingsPerSecond: framesPerSecond * 8, refused },
      cpuUsPerFrame: each(cpuUs, frames),
      bareFramesPerSecond: Math.round(control.frames / control.seconds),
      bareCpuUsPerFrame: each(control.cpuUs, control.frames),
    };
  } finally {
    await Promise.all([agent.kill9(), bare.kill9()]);
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Run {
  readonly frames: number;
  readonly refused: number;
  readonly seconds: number;
  readonly cpuUs: number | null;
}

async function measure(
  server: ServiceProcess,
  port: number,
  ids: readonly string[],
  passwords: readonly string[],
  wantedS = SECONDS,
): Promise<Run> {
  const sockets = await Promise.all(ids.map(() => eventually(() => open(port))));
  const before = cpuUsOf(server.pid ?? 0);
  const startedAt = performance.now();
  let frames = 0;
  let refused = 0;
  await Promise.all(
    sockets.map(
      (socket, at) =>
        new Promise<void>((resolve) => {
          const id = ids[at] ?? '';
          const authorization = Buffer.from(`${id}:${passwords[at] ?? ''}`).toString('base64');
          let sequence = 0;
          const next = () => {
            if (performance.now() - startedAt > wantedS * 1_000) return resolve(void socket.destroy());
            sequence += 1;
            const body = messageOf(Date.now(), sequence, sequence / 1_000);
            socket.write(
              `POST /iot/json?i=${id}&k=${KEY} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Basic ${authorization}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
            );
          };
          socket.on('data', (answer: Buffer) => {
            if (answer.includes('HTTP/1.1 200')) frames += 1;
            else refused += 1;
            next();
          });
          socket.on('error', () => resolve());
          next();
        }),
    ),
  );
  const seconds = (performance.now() - startedAt) / 1_000;
  const after = cpuUsOf(server.pid ?? 0);
  return { frames, refused, seconds, cpuUs: before === null || after === null ? null : after - before };
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket.setNoDelay(true)));
    socket.once('error', reject);
  });
}
