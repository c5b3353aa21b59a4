/**
 * pyMeterBus as the master of our simulated bus: it pings, selects, asks for every telegram, and reads the same values as we do. It is
 * a program of its own; pip puts it into a temporary folder for the time of the check.
 */

import { execFile, execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { realPorts, seededRandom } from '@contor/kit';
import { headerBytes } from '@contor/mbus/codec/header/address.js';
import { numberOf } from '@contor/mbus/codec/record/number.js';
import type { MeterRecord } from '@contor/mbus/codec/record/record.js';
import { readMeter } from '@contor/mbus/session/read.js';
import { SimulatedBus } from '@contor/mbus/simulator/bus/bus.js';
import { openGateway } from '@contor/mbus/simulator/bus/gateway.js';
import type { Slave } from '@contor/mbus/simulator/bus/slave.js';
import { simulatedSlaves } from '@contor/mbus/simulator/bus/street.js';
import { openBus } from '@contor/mbus/transport/bus.js';
import type { Tally } from '../support/tally.js';

export const PYMETERBUS = 'pyMeterBus==0.8.5';
const INSTALL_MS = 180_000;
const READ_MS = 60_000;
const METERS = 6;
const BAUD = 38_400;
const READER = fileURLToPath(new URL('../../interop/pymeterbus/read.py', import.meta.url));

interface TheirRecord {
  readonly value: number | string;
  readonly storage_number: number;
}

interface TheirTelegram {
  readonly header: { readonly identification: string; readonly manufacturer: string; readonly medium: string };
  readonly records: readonly TheirRecord[];
}

interface TheirMeter {
  readonly address: string;
  readonly telegrams: readonly TheirTelegram[];
}

/** The reason when it cannot be installed. */
export function installPyMeterBus(folder: string): string | undefined {
  try {
    execFileSync('python3', ['-m', 'venv', join(folder, 'venv')], { stdio: 'pipe', timeout: INSTALL_MS });
    execFileSync(pythonOf(folder), ['-m', 'pip', 'install', '-q', PYMETERBUS], { stdio: 'pipe', timeout: INSTALL_MS });
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message.slice(0, 300) : String(error);
  }
}

export async function checkPyMeterBus(tally: Tally, folder: string): Promise<void> {
  const { net, clock } = realPorts();
  const slaves = simulatedSlaves({ seed: 'interop', meters: METERS });
  const wires = new SimulatedBus(slaves, seededRandom('interop'));
  wires.baud = BAUD;
  for (const slave of slaves) slave.baud = BAUD;
  // A meter's values move: both masters are to read the same moment.
  const moment = clock.nowMs();
  const still = { ...clock, nowMs: () => moment };
  const gateway = await openGateway({ net, clock: still, host: '127.0.0.1', port: 0, bus: wires });
  try {
    await tally.check(
      `${PYMETERBUS} reads ${METERS} simulated meters, by primary and by secondary address`,
      async () => {
        const addresses = slaves.flatMap((slave) => [String(slave.primary), secondaryOf(slave)]);
        const { stdout } = await promisify(execFile)(pythonOf(folder), [READER, String(gateway.port), ...addresses], {
          timeout: READ_MS,
          maxBuffer: 2 ** 24,
        });
        const theirs = stdout
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as TheirMeter);
        let values = 0;
        for (const { address, telegrams } of theirs) {
          const slave = slaves.find((one) => String(one.primary) === address || secondaryOf(one) === address);
          if (slave === undefined) throw new Error(`nobody is at ${address}`);
          values += await compare(slave, telegrams, async () => {
            const bus = await openBus({ net, clock, host: '127.0.0.1', port: gateway.port, baud: BAUD, latencyMs: 20 });
            try {
              return (await bus.carry(readMeter({ kind: 'primary', address: slave.primary }))).telegrams;
            } finally {
              await bus.close();
            }
          });
        }
        if (theirs.length !== addresses.length) throw new Error(`${theirs.length} of ${addresses.length} were read`);
        console.log(JSON.stringify({ interop: 'pymeterbus', meters: METERS, reads: theirs.length, values }));
      },
    );
  } finally {
    await gateway.close();
  }
}

type OurTelegrams = Awaited<ReturnType<typeof ourRecords>>;

async function compare(
  slave: Slave,
  theirs: readonly TheirTelegram[],
  read: () => Promise<Parameters<typeof ourRecords>[0]>,
): Promise<number> {
  const ours: OurTelegrams = await ourRecords(await read());
  if (ours.length !== theirs.length) throw new Error(`${theirs.length} telegrams instead of ${ours.length}`);
  let values = 0;
  for (const [at, telegram] of theirs.entries()) {
    const { identification, manufacturer } = telegram.header;
    if (identification.replaceAll(/0x|,|\s/g, '').length > 8 || manufacturer !== slave.meter.manufacturer)
      throw new Error(`${slave.meter.id} is read as ${identification} of ${manufacturer}`);
    values += compareRecords(slave, telegram.records, ours[at] ?? []);
  }
  return values;
}

function compareRecords(slave: Slave, theirs: readonly TheirRecord[], ours: readonly MeterRecord[]): number {
  let values = 0;
  const numbers = ours.filter(({ value }) => value.kind === 'integer');
  const known = theirs.filter(({ value }) => typeof value === 'number');
  for (const [at, record] of numbers.entries()) {
    const their = known[at];
    const our = numberOf(record);
    if (their === undefined || our === undefined) throw new Error(`${slave.meter.id}: record ${at} is missing`);
    const isNear = Math.abs(Number(their.value) - our) <= Math.abs(our) * 1e-6;
    if (!isNear || their.storage_number !== record.storage)
      throw new Error(`${slave.meter.id}, ${record.quantity}: ${their.value} instead of ${our}`);
    values += 1;
  }
  return values;
}

async function ourRecords(
  telegrams: readonly { readonly telegram: { readonly body: object } | undefined }[],
): Promise<readonly (readonly MeterRecord[])[]> {
  return telegrams.map(({ telegram }) => {
    const body = telegram?.body as { readonly data?: { readonly records?: readonly MeterRecord[] } } | undefined;
    return (body?.data?.records ?? []).filter(({ function: kind }) => kind !== 'moreFollows');
  });
}

/** Number, maker, version, type, as pyMeterBus writes it: the number as printed, the rest as sent. */
function secondaryOf({ meter }: Slave): string {
  return meter.id + Buffer.from(headerBytes(meter).subarray(4)).toString('hex');
}

function pythonOf(folder: string): string {
  return join(folder, 'venv', process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
}
