/** A replica as a process that a check starts, stops, pauses and kills. */

import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface OrderAnswer {
  readonly status: number;
  readonly reason?: string;
}

export class ReplicaProcess {
  id = '';
  readonly name: string;
  readonly answers = new Map<string, readonly OrderAnswer[]>();
  readonly #child: ChildProcess;
  readonly #ready: Promise<void>;

  constructor(name: string, folder: string, environment: Readonly<Record<string, string>>) {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'lease-replica.js')], {
      env: { ...process.env, ...environment, REPLICA: name, DATA: join(folder, name) },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.name = name;
    this.#child = child;
    child.stdin.on('error', () => undefined);
    child.stderr.pipe(createWriteStream(join(folder, `${name}.log`), { flags: 'a' }));
    this.#ready = new Promise((resolve, reject) => {
      child.once('exit', (code) => reject(new Error(`replica ${name} ended with ${code}: see ${folder}/${name}.log`)));
      createInterface({ input: child.stdout }).on('line', (line) => {
        const said = JSON.parse(line) as { ready?: string; order?: string; answer?: OrderAnswer };
        if (said.ready !== undefined) {
          this.id = said.ready;
          resolve();
        }
        if (said.order !== undefined && said.answer !== undefined)
          this.answers.set(said.order, [...(this.answers.get(said.order) ?? []), said.answer]);
      });
    });
    this.#ready.catch(() => undefined);
  }

  ready(): Promise<void> {
    return this.#ready;
  }

  order(order: string, device: string): void {
    this.#child.stdin?.write(`${JSON.stringify({ order, device })}\n`);
  }

  pause(): void {
    this.#child.kill('SIGSTOP');
  }

  wake(): void {
    this.#child.kill('SIGCONT');
  }

  /** SIGTERM: it leaves in order. SIGKILL: it is gone. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = new Promise<void>((resolve) => this.#child.once('exit', () => resolve()));
    this.#child.kill(signal);
    await gone;
  }
}
