/** `contor up` as somebody types it, in a folder and on ports of its own; without the build that `npm start` looks after. */

import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';
import { choosePorts, type PortName } from './platform.js';
import { CONTOR } from './service-process.js';

export interface ContorUp {
  readonly ports: Readonly<Record<PortName, number>>;
  readonly pid: number;
  /** What stands in the terminal so far. */
  output(): string;
  /** Another `contor` command in the same environment; its output. */
  run(words: readonly string[], input?: string): Promise<string>;
  stop(): Promise<number | null>;
}

export async function contorUp(
  data: string,
  flags: readonly string[] = [],
  more: Readonly<Record<string, string>> = {},
): Promise<ContorUp> {
  const ports = await choosePorts();
  const chosen = Object.fromEntries(Object.entries(ports).map(([name, port]) => [name, String(port)]));
  const env = { ...process.env, ...chosen, ...more };
  const child = spawn(process.execPath, [CONTOR, 'up', '--data', data, ...flags], { env });
  const gone = new Promise<number | null>((resolve) => child.once('exit', resolve));
  let said = '';
  await new Promise<void>((resolve, reject) => {
    const hear = (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes('Ctrl-C stops everything')) resolve();
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    void gone.then((code) => reject(new Error(`ended with ${code}:\n${said}`)));
  });
  return {
    ports,
    pid: child.pid ?? 0,
    output: () => said,
    async run(words, input) {
      const asked = promisify(execFile)(process.execPath, [CONTOR, ...words], { env });
      asked.child.stdin?.end(input ?? '');
      const { stdout, stderr } = await asked;
      return stdout + stderr;
    },
    stop() {
      child.kill('SIGINT');
      return gone;
    },
  };
}
