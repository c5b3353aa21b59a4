/** Starts and ends the server of `process-main`, gently or not. */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

export interface ServerProcess {
  readonly url: string;
  readonly pid: number;
  /** Standard output so far: what it has logged. */
  output(): string;
  kill(): Promise<void>;
  stop(): Promise<void>;
}

export async function startProcess(environment: Readonly<Record<string, string>>): Promise<ServerProcess> {
  const child = fork(new URL('./process-main.js', import.meta.url), {
    env: { ...process.env, HISTORY_PORT: '0', ...environment },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  const url = await new Promise<string>((resolve, reject) => {
    child.once('message', (message) => resolve((message as { url: string }).url));
    child.once('exit', (code) => reject(new Error(`history ended with code ${code}: ${output}`)));
  });
  return {
    url,
    pid: child.pid ?? 0,
    output: () => output,
    kill: () => end(child, () => child.kill('SIGKILL')),
    stop: () => end(child, () => child.send('stop')),
  };
}

async function end(child: ChildProcess, how: () => void): Promise<void> {
  const exited = once(child, 'exit');
  how();
  await exited;
}
