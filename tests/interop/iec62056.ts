/**
 * iec62056-21 as the reader of our simulated meters: it signs on by address, reads out, proves the password and reads a register, and has
 * the same values as the meter. It is a program of its own; pip puts it into a temporary folder for the time of the check.
 */

import { execFile, execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { NO_FAULTS, serveStreet, simulatedMeters } from '@contor/elster/simulator/street.js';
import { realPorts } from '@contor/kit';
import type { Tally } from '../support/tally.js';

export const IEC62056 = 'iec62056-21==0.0.2';
const INSTALL_MS = 180_000;
const READ_MS = 30_000;
const METERS = 3;
const PASSWORD = '00000000';
const READER = fileURLToPath(new URL('../../interop/iec62056/read.py', import.meta.url));

interface Theirs {
  readonly sets: readonly (readonly [address: string, value: string, unit: string | null])[];
  readonly acknowledged: boolean;
  readonly register: readonly [value: string, unit: string | null];
}

/** The reason when it cannot be installed. */
export function installIec62056(folder: string): string | undefined {
  try {
    execFileSync('python3', ['-m', 'venv', join(folder, 'venv')], { stdio: 'pipe', timeout: INSTALL_MS });
    execFileSync(pythonOf(folder), ['-m', 'pip', 'install', '-q', IEC62056], { stdio: 'pipe', timeout: INSTALL_MS });
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message.slice(0, 300) : String(error);
  }
}

export async function checkIec62056(tally: Tally, folder: string): Promise<void> {
  const { net, clock, random } = realPorts();
  // A meter's values move: what is read and what is compared are of one moment.
  const moment = clock.nowMs();
  const still = { ...clock, nowMs: () => moment };
  const meters = simulatedMeters({ meters: METERS, seed: 1, zone: 'Europe/Bucharest', password: PASSWORD });
  const where = { net, clock: still, host: '127.0.0.1', port: 0 };
  const street = await serveStreet({ ...where, meters, parity: 'none', faults: NO_FAULTS, random });
  try {
    await tally.check(`${IEC62056} reads ${METERS} simulated meters: readout, password, register`, async () => {
      let values = 0;
      for (const meter of meters) {
        const arguments_ = [READER, '127.0.0.1', String(street.port), meter.serial, PASSWORD];
        const { stdout } = await promisify(execFile)(pythonOf(folder), arguments_, { timeout: READ_MS });
        const theirs = JSON.parse(stdout) as Theirs;
        const ours = meter
          .readout(moment)
          .map(({ address, values: [cell] }) => [address, cell?.value, cell?.unit ?? null]);
        if (JSON.stringify(theirs.sets) !== JSON.stringify(ours)) throw new Error(`${meter.serial}: ${stdout}`);
        const [cell] = meter.register('1.8.0', moment)?.values ?? [];
        // In an answer without an address it leaves the unit where it stands.
        if (!theirs.acknowledged || theirs.register[0] !== `${cell?.value}*${cell?.unit}`)
          throw new Error(`${meter.serial}: ${JSON.stringify(theirs.register)}`);
        values += ours.length + 1;
      }
      console.log(JSON.stringify({ interop: 'iec62056-21', meters: METERS, values }));
    });
  } finally {
    await street.close();
  }
}

function pythonOf(folder: string): string {
  return join(folder, 'venv', 'bin', 'python');
}
