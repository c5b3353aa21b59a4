/**
 * Keeps one child process alive: starts it, tells it which services to run, notices when it dies, and starts it again
 * with what it ran before. Nothing is lost meanwhile, because whoever talks to it keeps its own log.
 */

import { type ChildProcess, fork } from 'node:child_process';
import { type Health, type Random, retrySchedule } from '@contor/kit';
import { keepOutput } from './child-output.js';
import { childProgram } from './child-program.js';
import { ONCE, type ProcessRow } from './layout.js';
import type { FromChild, ToChild } from './protocol.js';

/** A child that lived this long has recovered: the next restart is quick again. */
const STEADY_AFTER_MS = 60_000;
const STOP_WITHIN_MS = 12_000;
/** A small young generation costs a little speed and keeps the resident memory of an idle platform low. */
const CHILD_FLAGS = ['--max-semi-space-size=4'];

export interface ChildStatus {
  readonly name: string;
  readonly state: 'starting' | 'running' | 'restarting' | 'stopped';
  readonly pid?: number;
  readonly restarts: number;
  readonly startedAtMs: number;
  readonly rssBytes: number;
  readonly services: Readonly<Record<string, Health>>;
  readonly lastExit?: string;
  readonly logFile: string;
}

export interface SupervisorOptions {
  readonly row: ProcessRow;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly logFolder: string;
  readonly random: Random;
  readonly say: (line: string) => void;
  /** Another program than ours that speaks `protocol`. */
  readonly script?: string;
}

export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #schedule;
  readonly #started = new Set<string>();
  readonly #waiting = new Map<string, { done: () => void; failed: (error: Error) => void }>();
  #child: ChildProcess | undefined;
  #stopping = false;
  /** Why we ended the child ourselves: says more than the signal with which we did. */
  #reason: string | undefined;
  #status: ChildStatus;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#schedule = retrySchedule({ firstMs: 250, factor: 2, maxMs: 10_000, jitter: 0.2 }, options.random);
    this.#status = {
      name: options.row.name,
      state: 'starting',
      restarts: 0,
      startedAtMs: Date.now(),
      rssBytes: 0,
      services: {},
      logFile: '',
    };
    this.#spawn();
  }

  get status(): ChildStatus {
    return this.#status;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Resolves when the service is ready; rejects with the child's own words when it cannot start. */
  start(service: string): Promise<void> {
    if (!ONCE.includes(service)) this.#started.add(service);
    return new Promise((done, failed) => {
      this.#waiting.set(service, { done, failed });
      this.#send({ kind: 'start', service });
    });
  }

  /** From now on an exit is meant: signals to the whole process group reach the children too. */
  expectStop(): void {
    this.#stopping = true;
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    this.#send({ kind: 'stop' });
    const hurry = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
    await gone;
    clearTimeout(hurry);
    this.#status = { ...this.#status, state: 'stopped' };
  }

  /** For a second Ctrl-C: at once. What was acknowledged is on disk. */
  kill(): void {
    this.#stopping = true;
    this.#child?.kill('SIGKILL');
  }

  #spawn(): void {
    const { row, environment, logFolder, script = childProgram() } = this.#options;
    const child = fork(script, [], {
      env: { ...environment, CONTOR_PROCESS: row.name, CONTOR_SERVICES: row.services.join(',') },
      execArgv: CHILD_FLAGS,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#child = child;
    const logFile = keepOutput(logFolder, row.name, [child.stdout, child.stderr]);
    this.#status = {
      ...this.#status,
      state: 'starting',
      startedAtMs: Date.now(),
      logFile,
      services: {},
      ...(child.pid === undefined ? {} : { pid: child.pid }),
    };
    child.on('message', (message) => this.#hear(message as FromChild));
    child.on('exit', (code, signal) => {
      const how = this.#reason ?? signal ?? `code ${code}`;
      this.#reason = undefined;
      this.#died(how);
    });
  }

  #hear(message: FromChild): void {
    if (message.kind === 'health') {
      this.#status = { ...this.#status, state: 'running', services: message.services, rssBytes: message.rssBytes };
    } else if (message.kind === 'ready') {
      this.#status = { ...this.#status, state: 'running' };
      this.#settle(message.service)?.done();
    } else if (message.kind === 'failed') {
      const waiting = this.#settle(message.service);
      if (waiting !== undefined) waiting.failed(new Error(message.message));
      // A restarted child whose service cannot start goes down as a whole and is tried again on schedule.
      else {
        this.#reason = `${message.service}: ${message.message}`;
        this.#child?.kill('SIGKILL');
      }
    }
  }

  #settle(service: string) {
    const waiting = this.#waiting.get(service);
    this.#waiting.delete(service);
    return waiting;
  }

  #died(how: string): void {
    if (this.#stopping) return;
    for (const [service, waiting] of this.#waiting)
      waiting.failed(new Error(`${service} ended with ${how} while it started; see ${this.#status.logFile}`));
    this.#waiting.clear();
    const lived = Date.now() - this.#status.startedAtMs;
    const attempt = lived > STEADY_AFTER_MS ? 0 : this.#status.restarts;
    const delayMs = this.#schedule.delayMs(attempt);
    this.#status = {
      ...this.#status,
      state: 'restarting',
      restarts: this.#status.restarts + 1,
      lastExit: how,
      services: {},
    };
    this.#options.say(
      `${this.#options.row.name} ended with ${how}; starting it again in ${Math.round(delayMs)} ms. Its log: ${this.#status.logFile}`,
    );
    setTimeout(() => {
      if (this.#stopping) return;
      this.#spawn();
      for (const service of this.#started) this.#send({ kind: 'start', service });
    }, delayMs);
  }

  #send(message: ToChild): void {
    const child = this.#child;
    // A child that just died has a closed channel; its exit is on the way and restarts everything it ran.
    if (child?.connected) child.send(message, () => undefined);
  }
}
