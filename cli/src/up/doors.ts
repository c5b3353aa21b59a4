/** The ports we are about to use: read from the environment and tried once, so that a taken one is said before anything starts. */

import { createServer } from 'node:net';
import { ConfigError } from '@contor/kit';
import { DOORS, type Door, type Doors } from './layout.js';

export function readDoors(environment: Readonly<Record<string, string | undefined>>): Doors {
  const faults: { code: string; message: string; fix: string }[] = [];
  const ports = Object.fromEntries(
    DOORS.map((door) => {
      const text = environment[door.port];
      const port = text === undefined || text === '' ? door.fallback : Number(text);
      if (!Number.isInteger(port) || port < 1 || port > 65_535)
        faults.push({
          code: 'config.port',
          message: `${door.port}=${text} is not a port number`,
          fix: `Set ${door.port} to a number from 1 to 65535.`,
        });
      return [door.port, port];
    }),
  );
  if (faults.length > 0) throw new ConfigError(faults);
  return ports as Doors;
}

export async function checkDoors(doors: Doors): Promise<void> {
  const answers = await Promise.all(DOORS.map(async (door) => ({ door, problem: await tryDoor(doors[door.port]) })));
  const faults = answers.flatMap(({ door, problem }) =>
    problem === undefined ? [] : [faultOf(door, doors[door.port], problem)],
  );
  if (faults.length > 0) throw new ConfigError(faults);
}

function faultOf(door: Door, port: number, problem: string) {
  const reason = problem === 'EADDRINUSE' ? 'is taken by another program' : `cannot be opened (${problem})`;
  return {
    code: 'config.port-taken',
    message: `Port ${port} for ${door.what} ${reason}.`,
    fix: `Stop that program, or choose another port: ${door.port}=${port + 10_000} npm start`,
  };
}

function tryDoor(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve(undefined)));
  });
}
