/** The ports we are about to use: read from the environment and tried once, so that a taken one is said before anything starts. */

import { createServer } from 'node:net';
import { ConfigError, type ConfigFault } from '@contor/kit';
import { DOORS, type Door, type Doors } from './layout.js';

const HIGHEST_PORT = 65_535;
const HIGHER = 10_000;
const LOOPBACK = '127.0.0.1';

export function readDoors(environment: Readonly<Record<string, string | undefined>>): Doors {
  const faults: ConfigFault[] = [];
  const ports = Object.fromEntries(
    DOORS.map((door) => {
      const text = environment[door.port];
      const port = text === undefined || text === '' ? door.fallback : Number(text);
      if (!Number.isInteger(port) || port < 1 || port > HIGHEST_PORT)
        faults.push({
          code: 'config.port',
          message: `${door.port}=${text} is not a port number`,
          fix: `Set ${door.port} to a number from 1 to ${HIGHEST_PORT}.`,
        });
      return [door.port, port];
    }),
  );
  faults.push(...sharedPorts(ports as Doors));
  if (faults.length > 0) throw new ConfigError(faults);
  return ports as Doors;
}

/** Two of our own servers on one port: the second could only say that "another program" is there. */
function sharedPorts(doors: Doors): readonly ConfigFault[] {
  return DOORS.flatMap((door, at) => {
    const earlier = DOORS.slice(0, at).find((other) => doors[other.port] === doors[door.port]);
    if (earlier === undefined) return [];
    return [
      {
        code: 'config.port-shared',
        message: `${earlier.port} and ${door.port} are both ${doors[door.port]}.`,
        fix: `Give ${door.what} a port of its own.`,
      },
    ];
  });
}

/** They never leave loopback: the health page, and the door where devices and orders come in. */
const NEAR: readonly string[] = ['HEALTH_PORT', 'AGENT_JSON_PORT'];

/** `host`: where the servers listen. */
export async function checkDoors(doors: Doors, host = LOOPBACK): Promise<void> {
  const hostOf = ({ port }: Door) => (NEAR.includes(port) ? LOOPBACK : host);
  const answers = await Promise.all(
    DOORS.map(async (door) => ({ door, problem: await tryDoor(doors[door.port], hostOf(door)) })),
  );
  const faults = answers.flatMap(({ door, problem }) =>
    problem === undefined ? [] : [faultOf(door, doors[door.port], problem)],
  );
  if (faults.length > 0) throw new ConfigError(faults);
}

function faultOf(door: Door, port: number, problem: string): ConfigFault {
  const reason = problem === 'EADDRINUSE' ? 'is taken by another program' : `cannot be opened (${problem})`;
  return {
    code: 'config.port-taken',
    message: `Port ${port} for ${door.what} ${reason}.`,
    fix: `Stop that program, or choose another port: ${startWith(door.port, otherThan(port))}`,
  };
}

/** The same number higher up is easy to remember, and stays a port. */
function otherThan(port: number): number {
  return port + HIGHER > HIGHEST_PORT ? port - HIGHER : port + HIGHER;
}

/** As the user's own shell wants it. */
function startWith(name: string, value: number): string {
  return process.platform === 'win32' ? `$env:${name}=${value}; npm start` : `${name}=${value} npm start`;
}

function tryDoor(port: number, host: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    probe.listen({ port, host, exclusive: true }, () => probe.close(() => resolve(undefined)));
  });
}
