/** Starts the embedded broker as a process of its own, so that it can be killed and weighed. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface BrokerProcess {
  readonly port: number;
  readonly healthPort: number;
  readonly pid: number;
  /** As kill -9. */
  kill(): Promise<void>;
  /** As Ctrl-C: the exit code. */
  stop(): Promise<number | null>;
}

export async function startBrokerProcess(environment: Readonly<Record<string, string>>): Promise<BrokerProcess> {
  const healthPort = await freePort();
  const child = spawn(process.execPath, [fileURLToPath(new URL('serve.js', import.meta.url))], {
    env: { ...process.env, MQTT_PORT: '0', MQTT_HEALTH_PORT: String(healthPort), ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const { port } = await readyLine(child);
  return {
    port,
    healthPort,
    pid: child.pid ?? 0,
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
    stop: async () => {
      child.kill('SIGTERM');
      const [code]: (number | null)[] = await exited;
      return code ?? null;
    },
  };
}

async function readyLine(child: ChildProcess): Promise<{ port: number }> {
  if (child.stdout === null) throw new Error('The broker process has no output.');
  for await (const line of createInterface({ input: child.stdout })) {
    const ready: { port: number } = JSON.parse(line);
    return ready;
  }
  throw new Error(`The broker process ended (${child.exitCode}) before it was ready.`);
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}
