/** One conversation with one meter, told in lines that a person reads: code, value with its scaler, unit. Nothing is kept. */

import { type Dialled, type DialOptions, dial } from '@contor/dlms/agent/dial.js';
import { parseEndpoint } from '@contor/dlms/agent/endpoint.js';
import { readObjects, readProfileShape, readRows } from '@contor/dlms/agent/meter.js';
import type { Data } from '@contor/dlms/codec/axdr/data.js';
import { decodeDateTime, formatDateTime } from '@contor/dlms/codec/axdr/date-time.js';
import { formatObis } from '@contor/dlms/codec/cosem/logical-name.js';
import { UNITS } from '@contor/dlms/codec/cosem/units.js';
import { scalerOf } from '@contor/dlms/mapping/readings.js';
import { valueAttributeOf } from '@contor/dlms/mapping/registers.js';
import { SIMULATED_PASSWORD, simulatedSecurity } from '@contor/dlms/simulator/street.js';
import { ConfigError, fromHex, realPorts, toHex } from '@contor/kit';
import type { ReadFlags } from './command.js';

interface Wanted {
  readonly classId: number;
  readonly obis: string;
}

const USUAL: readonly string[] = ['8/0-0:1.0.0', '1/0-0:96.1.0', '1-0:1.8.0', '1-0:2.8.0', '1-0:1.7.0', '1-0:32.7.0'];
const REGISTER = 3;
const REGISTERS: readonly number[] = [3, 4];
const OWN_TITLE = Buffer.from('CTRtools');
const DATE_TIME_BYTES = 12;
const HOUR_MS = 3_600_000;

export async function readDlms(where: string, flags: ReadFlags): Promise<void> {
  const ports = realPorts();
  const dialled = await dial({ ...optionsOf(where, flags), ports, ownTitle: OWN_TITLE });
  try {
    if (flags.objects === true) await showObjects(dialled);
    else if (flags.profile !== undefined) await showProfile(dialled, flags.profile, flags.hours, ports.clock.nowMs());
    else await showValues(dialled, (flags.obis ?? USUAL).map(wantedOf));
  } finally {
    await dialled.conversation.close();
  }
}

async function showValues(dialled: Dialled, wanted: readonly Wanted[]): Promise<void> {
  const values = await readObjects(
    dialled,
    wanted.map((row) => ({ ...row, attribute: valueAttributeOf(row.classId) })),
  );
  const registers = values.filter(({ classId }) => REGISTERS.includes(classId));
  const units = await readObjects(
    dialled,
    registers.map(({ classId, obis }) => ({ classId, obis, attribute: 3 })),
  );
  for (const { classId, obis } of wanted) {
    const found = values.find((row) => row.obis === obis && row.classId === classId);
    const unit = units.find((row) => row.obis === obis)?.value;
    console.log(`${obis.padEnd(16)} ${found === undefined ? 'not shown by the meter' : textOf(found.value, unit)}`);
  }
}

async function showObjects(dialled: Dialled): Promise<void> {
  const [list] = await readObjects(dialled, [{ classId: 15, obis: '0-0:40.0.0', attribute: 2 }]);
  if (list?.value.type !== 'array') throw new Error('The meter does not list its objects.');
  for (const entry of list.value.value) {
    const [classId, version, name] = entry.type === 'structure' ? entry.value : [];
    if (name?.type === 'octet-string')
      console.log(`${formatObis(name.value).padEnd(18)} class ${classId?.value} version ${version?.value}`);
  }
}

async function showProfile(dialled: Dialled, obis: string, hours: string, nowMs: number): Promise<void> {
  const backMs = Number(hours) * HOUR_MS;
  if (!(backMs > 0)) throw fault('--hours', hours, 'a number of hours');
  const shape = await readProfileShape(dialled, obis);
  console.log(shape.columns.map(({ logicalName }) => formatObis(logicalName)).join('\t'));
  for (const row of await readRows(dialled, shape, nowMs - backMs, nowMs)) {
    const cells = row.type === 'structure' ? row.value : [];
    console.log(cells.map((cell, index) => textOf(cell, shape.scalers[index])).join('\t'));
  }
}

/** Shrunk by dividing: 2311 with scaler -1 is 231.1. */
function textOf({ type, value }: Data, scalerUnit: Data | undefined): string {
  const { scaler = 0, unit } = scalerOf(scalerUnit);
  if (value instanceof Uint8Array) return bytesText(value);
  if (typeof value === 'number' || typeof value === 'bigint') {
    const number = scaler < 0 ? Number(value) / 10 ** -scaler : Number(value) * 10 ** scaler;
    return `${number}${unit === undefined ? '' : ` ${UNITS[unit] ?? `unit ${unit}`}`}`.trimEnd();
  }
  return Array.isArray(value) ? `${type} of ${value.length}` : String(value);
}

function bytesText(bytes: Uint8Array): string {
  const time = bytes.length === DATE_TIME_BYTES ? decodeDateTime(bytes) : undefined;
  if (time?.kind === 'value') return formatDateTime(time.value);
  const isText = bytes.length > 0 && bytes.every((byte) => byte >= 0x20 && byte < 0x7f);
  return isText ? Buffer.from(bytes).toString('latin1') : toHex(bytes);
}

function optionsOf(where: string, flags: ReadFlags): Omit<DialOptions, 'ports' | 'ownTitle'> {
  const simulated = flags.simulated === undefined ? undefined : simulatedSecurity(flags.simulated);
  const endpoint = parseEndpoint(where.includes('://') ? where : `dlms://${where}`);
  const key = (flag: string | undefined, name: string) => hexOf(flag ?? process.env[name], name);
  const password = flags.password ?? process.env.CONTOR_DLMS_PASSWORD;
  return {
    endpoint: simulated === undefined ? endpoint : { ...endpoint, title: simulated.title },
    secrets: {
      encryptionKey: simulated?.encryptionKey ?? key(flags.key, 'CONTOR_DLMS_KEY'),
      authenticationKey: simulated?.authenticationKey ?? key(flags.authenticationKey, 'CONTOR_DLMS_AUTHENTICATION_KEY'),
      secret: Buffer.from(simulated === undefined ? (password ?? '') : SIMULATED_PASSWORD),
    },
    counters: counterOfToday(),
    keyName: 'tool',
  };
}

/** A bench tool keeps no file: it begins where the meter says that it stands, or at the seconds since 2024, which only rise. */
function counterOfToday(): DialOptions['counters'] {
  let next = Math.floor((Date.now() - Date.UTC(2024, 0, 1)) / 1000);
  return {
    isNew: () => true,
    lease: async () => () => {
      next += 1;
      return next;
    },
    raise: async (_key, used) => {
      next = Math.max(next, used);
    },
    highest: () => -1,
    accept: async () => undefined,
  };
}

function wantedOf(text: string): Wanted {
  const [, classId, obis] = /^(?:(\d{1,5})\/)?(\d+-\d+:\d+\.\d+\.\d+(?:\*\d+)?)$/.exec(text) ?? [];
  if (obis === undefined) throw fault('--obis', text, 'a code such as 1-0:1.8.0, or 8/0-0:1.0.0 with its class');
  return { classId: classId === undefined ? REGISTER : Number(classId), obis };
}

function hexOf(text: string | undefined, name: string): Uint8Array | undefined {
  if (text === undefined || text === '') return undefined;
  if (!/^[0-9a-fA-F]{32}$/.test(text)) throw fault(name, 'what was given', '32 hex digits');
  return fromHex(text);
}

function fault(name: string, given: string, wanted: string): ConfigError {
  return new ConfigError([
    { code: 'config.value', message: `${name}: ${given} does not fit.`, fix: `Write ${wanted}.` },
  ]);
}
