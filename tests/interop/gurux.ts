/**
 * The Gurux client in Python reads our simulated meters: by every mechanism of the table, over HDLC and over the wrapper; and its listener
 * takes what they push. It is a
 * program of its own; pip puts the library into a temporary folder for the time of the check.
 */

import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type PushForm, pushOf } from '@contor/dlms/simulator/push.js';
import { SIMULATED_PASSWORD, SimulatedStreet, serialOf, simulatedSecurity } from '@contor/dlms/simulator/street.js';
import { serveMeters } from '@contor/dlms/transport/serve.js';
import { realPorts, toHex } from '@contor/kit';
import type { Tally } from '../support/tally.js';

export const GURUX = 'gurux-dlms==1.0.203';
const INSTALL_MS = 180_000;
const READ_MS = 60_000;
const DAY_MS = 86_400_000;
const QUARTER_MS = 900_000;
const SEED = 3;
const LISTENER = fileURLToPath(new URL('../../interop/gurux/listen.py', import.meta.url));
const PUSHES = 3;
const READER = fileURLToPath(new URL('../../interop/gurux/read.py', import.meta.url));

interface Case {
  readonly name: string;
  readonly client: number;
  readonly mechanism: number;
  readonly isPublic?: true;
  readonly isCiphered?: true;
  readonly isManager?: true;
  readonly hasPassword?: true;
  readonly hasKeys?: true;
}

const CASES: readonly Case[] = [
  { name: 'no security', client: 16, mechanism: 0, isPublic: true },
  { name: 'low level security', client: 2, mechanism: 1, hasPassword: true },
  { name: 'HLS GMAC', client: 3, mechanism: 5, hasKeys: true },
  { name: 'HLS SHA-256', client: 4, mechanism: 6, hasPassword: true, hasKeys: true },
  {
    name: 'HLS GMAC, authenticated and encrypted, and the breaker',
    client: 1,
    mechanism: 5,
    hasKeys: true,
    isCiphered: true,
    isManager: true,
  },
];

/** The reason when it cannot be installed. */
export function installGurux(folder: string): string | undefined {
  try {
    execFileSync('python3', ['-m', 'venv', join(folder, 'venv')], { stdio: 'pipe', timeout: INSTALL_MS });
    execFileSync(pythonOf(folder), ['-m', 'pip', 'install', '-q', GURUX], { stdio: 'pipe', timeout: INSTALL_MS });
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message.slice(0, 300) : String(error);
  }
}

export async function checkGurux(tally: Tally, folder: string): Promise<void> {
  const { net, clock, random } = realPorts();
  const street = new SimulatedStreet({ meters: 10, seed: SEED, random, clockMs: () => clock.nowMs() });
  const listener = await serveMeters({ net, clock, host: '127.0.0.1', port: 0, link: () => street.link() });
  try {
    let server = 0;
    for (const link of ['wrapper', 'hdlc'] as const)
      for (const row of CASES) {
        // A meter each over the wrapper; over HDLC without a physical address it is the logical device.
        server += 1;
        const number = server;
        await tally.check(`Gurux reads a simulated meter over ${link}: ${row.name}`, async () =>
          judge(await readByGurux(folder, { ...row, link, server: number, port: listener.port }), row),
        );
      }
  } finally {
    await listener.close();
  }
  for (const form of ['wrapper', 'hdlc'] as const)
    await tally.check(`Gurux takes our ciphered pushes over ${form}`, () => pushToGurux(folder, street, form));
}

async function pushToGurux(folder: string, street: SimulatedStreet, form: PushForm): Promise<void> {
  const meter = street.meter(1);
  if (meter === undefined) throw new RangeError('the street has a first meter');
  const { encryptionKey, authenticationKey } = simulatedSecurity(serialOf(SEED, 1));
  const options = {
    ...{ link: form, pushes: PUSHES },
    ...{ encryptionKey: toHex(encryptionKey), authenticationKey: toHex(authenticationKey) },
  };
  const child: ChildProcess = spawn(pythonOf(folder), ['-u', LISTENER, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: READ_MS,
  });
  if (child.stdout === null) throw new Error('the listener says nothing');
  const said: Said[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    if (!line.startsWith('{')) continue;
    const heard = JSON.parse(line) as Said;
    if (typeof heard.port !== 'number') said.push(heard);
    else {
      const socket = connect(heard.port, '127.0.0.1');
      await once(socket, 'connect');
      for (let push = 0; push < PUSHES; push += 1) socket.write(pushOf(meter, 1, form, Date.now()));
      socket.end();
    }
  }
  if (said.length !== PUSHES || said.some(({ values, objects }) => values !== 28 || objects !== 27))
    throw new Error(JSON.stringify(said));
}

type Said = Readonly<Record<string, unknown>>;

async function readByGurux(
  folder: string,
  {
    hasPassword,
    hasKeys,
    ...options
  }: Case & { readonly link: string; readonly server: number; readonly port: number },
): Promise<Said> {
  const { encryptionKey, authenticationKey } = simulatedSecurity(serialOf(SEED, options.server));
  const yesterdayMs = Math.floor((Date.now() - DAY_MS) / QUARTER_MS) * QUARTER_MS;
  const asked = {
    ...options,
    host: '127.0.0.1',
    ...(hasPassword && { password: SIMULATED_PASSWORD }),
    ...(hasKeys && { encryptionKey: toHex(encryptionKey), authenticationKey: toHex(authenticationKey), counter: 1 }),
    from: isoOf(yesterdayMs),
    to: isoOf(yesterdayMs + 48 * QUARTER_MS),
  };
  const { stdout } = await promisify(execFile)(pythonOf(folder), [READER, JSON.stringify(asked)], { timeout: READ_MS });
  // The library prints remarks of its own between the lines.
  const lines = stdout.split('\n').filter((line) => line.startsWith('{'));
  return Object.assign({}, ...lines.map((line) => JSON.parse(line) as Said));
}

function judge(said: Said, { isPublic, isManager }: Case): void {
  const expected: Said = {
    associated: true,
    ...(!isPublic && { columns: 6, period: 900, byEntry: 10, byRange: 49, unit: 35, pdu: true, closed: true }),
    ...(isManager && { breaker: [false, true] }),
  };
  for (const [name, value] of Object.entries(expected))
    if (JSON.stringify(said[name]) !== JSON.stringify(value))
      throw new Error(`${name}: ${JSON.stringify(said[name])} instead of ${JSON.stringify(value)}`);
}

function isoOf(atMs: number): string {
  return new Date(atMs).toISOString().replace('Z', '+00:00');
}

function pythonOf(folder: string): string {
  return process.platform === 'win32'
    ? join(folder, 'venv', 'Scripts', 'python.exe')
    : join(folder, 'venv', 'bin', 'python');
}
