/** Starts, weighs and ends the broker of `serve`, gently or not. */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

interface Weight {
  /** Microseconds of CPU so far. */
  readonly cpuUs: number;
  readonly rssBytes: number;
  readonly heapBytes: number;
}

export interface BrokerProcess {
  readonly url: string;
  weigh(): Promise<Weight>;
  /** As kill -9. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

export function startBroker(environment: Readonly<Record<string, string>>): Promise<BrokerProcess> {
  return startServer(new URL('./serve.js', import.meta.url), environment);
}

/** Any server that talks with its parent as `serve` does. */
export async function startServer(
  file: URL,
  environment: Readonly<Record<string, string>> = {},
): Promise<BrokerProcess> {
  const child = fork(file, {
    env: { ...process.env, BROKER_PORT: '0', ...environment },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const { url } = await answer<{ url: string }>(child);
  return {
    url,
    async weigh() {
      const answered = answer<{ user: number; system: number; rss: number; heapUsed: number }>(child);
      child.send('weigh');
      const { user, system, rss, heapUsed } = await answered;
      return { cpuUs: user + system, rssBytes: rss, heapBytes: heapUsed };
    },
    kill: () => end(child, () => child.kill('SIGKILL')),
    stop: () => end(child, () => child.send('stop')),
  };
}

function answer<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    const fail = (code: number | null): void => reject(new Error(`The broker ended with code ${code}.`));
    child.once('exit', fail);
    child.once('message', (message) => {
      child.off('exit', fail);
      resolve(message as T);
    });
  });
}

async function end(child: ChildProcess, how: () => void): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  how();
  await exited;
}
