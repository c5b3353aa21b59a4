/** `contor up`: one command, few processes. Starts them in phases, restarts what dies, shows their health, stops them in order. */

import { accessSync, constants, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CA_SETTING, ConfigError, lockDirectory, realPorts } from '@contor/kit';
import { banner } from './banner.js';
import { checkDoors, readDoors } from './doors.js';
import { startHealthPage } from './health-page.js';
import { PHASES, PROCESSES, wiring } from './layout.js';
import { secure, type TlsWish } from './secure.js';
import { Supervisor } from './supervisor.js';

export interface UpOptions {
  readonly tls?: TlsWish;
  readonly dataFolder: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly say: (line: string) => void;
}

export async function up({ dataFolder, environment, say, tls = { isTls: false } }: UpOptions): Promise<void> {
  const startedAtMs = performance.now();
  const folder = resolve(dataFolder);
  openFolder(folder);
  const doors = readDoors(environment);
  const lock = await lockDirectory(folder);
  await checkDoors(doors, tls.host);

  const { random } = realPorts();
  const secured = await secure(folder, doors, tls, environment);
  // What a person set wins, but for the authorities, where both count.
  const shared = { ...wiring(folder, doors), ...secured, ...environment, ...authorities(secured) };
  const supervisors = PROCESSES.map(
    (row) => new Supervisor({ row, environment: shared, logFolder: join(folder, 'logs'), random, say }),
  );
  const page = await startHealthPage({
    port: doors.HEALTH_PORT,
    statuses: () => supervisors.map((supervisor) => supervisor.status),
  });

  const stop = stopper(
    async () => {
      for (const supervisor of supervisors) supervisor.expectStop();
      for (const supervisor of [...supervisors].reverse()) await supervisor.stop();
      await page.close();
      await lock.release();
    },
    supervisors,
    say,
  );

  try {
    for (const phase of PHASES) {
      await Promise.all(
        phase.map((service) => {
          const index = PROCESSES.findIndex((row) => (row.services as readonly string[]).includes(service));
          return supervisors[index]?.start(service);
        }),
      );
    }
  } catch (error) {
    say(`Could not start: ${error instanceof Error ? error.message : String(error)}`);
    await stop(1);
    return;
  }
  for (const line of banner({ folder, doors, shared, tookMs: performance.now() - startedAtMs })) say(line);
}

function authorities(secured: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const believed = secured[CA_SETTING];
  return believed === undefined ? {} : { [CA_SETTING]: believed };
}

function openFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    accessSync(folder, constants.W_OK);
  } catch (error) {
    throw new ConfigError([
      {
        code: 'config.data-folder',
        message: `The data folder ${folder} cannot be written (${(error as NodeJS.ErrnoException).code}).`,
        fix: 'Give this user the right to write there, or choose another folder: npm start -- --data /path/to/folder',
      },
    ]);
  }
}

/** First signal: stop in order, nothing lost. Second: at once; what was acknowledged is on disk anyway. */
function stopper(stopAll: () => Promise<void>, supervisors: readonly Supervisor[], say: (line: string) => void) {
  let stopping = false;
  const stop = async (code: number) => {
    stopping = true;
    await stopAll();
    process.exit(code);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => {
      if (stopping) {
        for (const supervisor of supervisors) supervisor.kill();
        process.exit(130);
      }
      say('Stopping: finishing what is in flight … (Ctrl-C again stops at once)');
      void stop(0).catch((error: unknown) => {
        say(`Could not stop cleanly: ${String(error)}`);
        process.exit(1);
      });
    });
  return stop;
}
