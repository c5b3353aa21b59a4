/** Starts the whole platform as a user would (`contor up`) in a folder and on ports of its own, and stops it again. */

import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { ROOT } from './root.js';

export interface Platform {
  readonly process: ChildProcess;
  readonly ports: Readonly<Record<PortName, number>>;
  readonly output: () => string;
  /** Milliseconds from the spawn to the banner. */
  readonly tookMs: number;
  /** Ctrl-C, and wait. Resolves with the exit code. */
  stop(): Promise<number | null>;
}

const PORT_NAMES = [
  'GATEWAY_PORT',
  'HEALTH_PORT',
  'IDENTITY_PORT',
  'BROKER_PORT',
  'HISTORY_PORT',
  'MQTT_PORT',
  'MBUS_SIMULATOR_PORT',
  'WMBUS_SIMULATOR_PORT',
  'SIMULATE_DLMS_PORT',
  'AGENT_JSON_PORT',
  'AGENT_JSON_HTTP_PORT',
] as const;
export type PortName = (typeof PORT_NAMES)[number];

export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve) => {
          const server = createServer();
          server.listen(0, '127.0.0.1', () => resolve(server));
        }),
    ),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

export async function choosePorts(): Promise<Readonly<Record<PortName, number>>> {
  const ports = await freePorts(PORT_NAMES.length);
  return Object.fromEntries(PORT_NAMES.map((name, index) => [name, ports[index]])) as Record<PortName, number>;
}

const BANNER = 'Contor is running';

export async function startPlatform(
  dataFolder: string,
  ports: Readonly<Record<PortName, number>>,
  environment: Readonly<Record<string, string>> = {},
): Promise<Platform> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [join(ROOT, 'scripts/start.mjs'), '--data', dataFolder], {
    cwd: ROOT,
    env: {
      ...process.env,
      ...Object.fromEntries(Object.entries(ports).map(([name, port]) => [name, String(port)])),
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const running = new Promise<void>((resolve, reject) => {
    const hear = (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes('Ctrl-C stops everything')) resolve();
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.once('exit', (code) =>
      reject(new Error(`the platform ended with code ${code} before "${BANNER}":\n${output}`)),
    );
  });
  await running;
  return {
    process: child,
    ports,
    output: () => output,
    tookMs: performance.now() - startedAt,
    stop: () =>
      new Promise((resolve) => {
        if (child.exitCode !== null) return resolve(child.exitCode);
        child.once('exit', (code) => resolve(code));
        child.kill('SIGINT');
      }),
  };
}
