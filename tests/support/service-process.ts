/** One service of the platform as a process of its own, that a check can kill and start again as often as it likes. */

import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './root.js';

export interface ServiceProcessOptions {
  readonly name: string;
  /** Another program than this node. */
  readonly program?: string;
  /** For node: the `contor` command, or a stand-in of the check's own. */
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly logFolder: string;
}

export const CONTOR = join(ROOT, 'cli/bin/contor.mjs');

export class ServiceProcess {
  readonly name: string;
  readonly #options: ServiceProcessOptions;
  #log: WriteStream;
  #child: ChildProcess | undefined;
  #wanted = false;

  constructor(options: ServiceProcessOptions) {
    this.name = options.name;
    this.#options = options;
    this.#log = this.#openLog();
  }

  start(): void {
    this.#wanted = true;
    if (this.#log.writableEnded) this.#log = this.#openLog();
    const child = spawn(this.#options.program ?? process.execPath, [...this.#options.args], {
      env: { ...process.env, ...this.#options.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.pipe(this.#log, { end: false });
    child.stderr.pipe(this.#log, { end: false });
    this.#child = child;
    // A supervisor would do the same: whoever exits on its own (a fatal disk error, a port still taken) is started again.
    child.once('exit', () => {
      if (this.#wanted && this.#child === child) setTimeout(() => this.#wanted && this.start(), 200);
    });
  }

  /** SIGKILL: no goodbye, no flush. Resolves when the process is gone. */
  async kill9(): Promise<void> {
    this.#wanted = false;
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill('SIGKILL');
    await gone;
  }

  async stop(): Promise<number | null> {
    this.#wanted = false;
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
    const gone = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
    child.kill('SIGTERM');
    const code = await gone;
    this.#log.end();
    return code;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  #openLog(): WriteStream {
    return createWriteStream(join(this.#options.logFolder, `${this.#options.name}.log`), { flags: 'a' });
  }
}
