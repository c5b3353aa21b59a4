/** One conversation with one meter, told in lines that a person reads: code, value, unit, our name for it. Nothing is kept. */

import { type DataSet, formatDataSet } from '@contor/elster/codec/iec62056/data-set.js';
import { PASSWORD_SCHEMES, passwordSchemeNamed } from '@contor/elster/codec/iec62056/password.js';
import { isProfileAddress, parseProfile } from '@contor/elster/codec/iec62056/profile.js';
import { clockIn, formatLocal } from '@contor/elster/mapping/local-time.js';
import { codeOf, REGISTERS } from '@contor/elster/mapping/registers.js';
import { type Brought, inProgramming, readOut, readRegister } from '@contor/elster/session/conversation.js';
import { type Comm, type LinePlace, parseComm, parsePlace } from '@contor/elster/transport/comm.js';
import { openMeterLine } from '@contor/elster/transport/meter-line.js';
import { ConfigError, type ConfigFault, offsetAt, realPorts, toIso, WireError } from '@contor/kit';
import type { ReadFlags } from './command.js';

interface Wish {
  readonly place: LinePlace;
  readonly comm: Comm;
  readonly latencyMs: number;
  readonly hours: number;
}

const HOUR_MS = 3_600_000;
const MOST_HOURS = 8_784;
const LONGEST_LATENCY_MS = 60_000;
const NAMES: ReadonlyMap<string, string> = new Map(REGISTERS.map(({ objectId, attribute }) => [objectId, attribute]));

export async function readElster(placeText: string, flags: ReadFlags): Promise<void> {
  const { place, comm, latencyMs, hours } = wishOf(placeText, flags);
  const { net, clock } = realPorts();
  const line = await openMeterLine({ net, clock, place, comm, latencyMs });
  const options = { address: flags.address, fixedBaud: comm.baud, ...accessOf(flags) };
  try {
    const said = await line.carry<Omit<Brought, 'bytes'>>(
      flags.profile === undefined && flags.register === undefined
        ? readOut(options)
        : inProgramming(options, function* (identification) {
            const parts = [];
            for (const code of flags.register ?? []) {
              const { sets } = yield* readRegister(code);
              parts.push(...sets.map((set) => (set.address === '' ? { ...set, address: code } : set)));
            }
            if (flags.profile !== undefined) {
              const nowMs = clock.nowMs();
              const range = `${stamp(nowMs - hours * HOUR_MS, flags.zone)};${stamp(nowMs, flags.zone)}`;
              parts.push(...(yield* readRegister(flags.profile, range)).sets);
            }
            return { identification, sets: parts };
          }),
    );
    for (const text of linesOf(said, flags)) console.log(text);
  } finally {
    await line.close();
  }
}

function linesOf({ identification, sets }: Omit<Brought, 'bytes'>, { raw, zone }: ReadFlags): readonly string[] {
  if (raw === true) return [identification.line, ...sets.map(formatDataSet)];
  const clockMs = clockIn(sets, zone);
  const { manufacturer, identification: name, baud } = identification;
  return [
    `meter  ${manufacturer} ${name}, offers ${baud} baud`,
    ...(clockMs === undefined ? [] : [`clock  ${toIso(clockMs)}, if it runs by ${zone}`]),
    ...sets.flatMap((set) => (isProfileAddress(set.address) ? profileLines(set) : [setLine(set)])),
  ];
}

function setLine(set: DataSet): string {
  const values = set.values.map(({ value, unit }) => (unit === undefined ? value : `${value} ${unit}`)).join('  ');
  const name = NAMES.get(codeOf(set.address) ?? '') ?? '';
  return `${set.address.padEnd(16)}${values.padEnd(24)}${name}`.trimEnd();
}

function profileLines(set: DataSet): readonly string[] {
  const block = parseProfile(set);
  if (block instanceof WireError) return [setLine(set)];
  const { channels, start, season, status, intervalMinutes, rows } = block;
  const heads = channels.map(({ address, unit }) => `${address} ${unit}`.padStart(18)).join('');
  const firstMs = Date.UTC(...dayOf(start));
  return [
    `${set.address}  every ${intervalMinutes} min, status ${status}, season ${season ?? '-'}; times as the meter's clock shows them`,
    `${''.padEnd(16)}${heads}`,
    ...rows.map((row, index) => {
      const at = new Date(firstMs + index * intervalMinutes * 60_000).toISOString().slice(0, 16).replace('T', ' ');
      return `${at}${row.map((cell) => cell.padStart(18)).join('')}`;
    }),
  ];
}

function dayOf(start: string): [number, number, number, number, number] {
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0] = (start.match(/\d\d/g) ?? []).map(Number);
  return [2000 + year, month - 1, day, hour, minute];
}

function stamp(atMs: number, zone: string): string {
  const { season, date, time } = formatLocal(atMs, zone);
  return `${season}${date}${time.slice(0, 4)}`;
}

function accessOf({ password = process.env.CONTOR_ELSTER_PASSWORD, scheme }: ReadFlags) {
  const row = passwordSchemeNamed(scheme);
  return password === undefined || row === undefined ? {} : { access: { scheme: row, password } };
}

function wishOf(placeText: string, { comm: commText, latency, hours, scheme, zone }: ReadFlags): Wish {
  const place = parsePlace(placeText);
  const comm = parseComm(commText);
  const faults: ConfigFault[] = [];
  if (place === undefined) faults.push(wrong('The place', placeText, 'host,port, as 192.168.2.12,2332'));
  if (comm === undefined) faults.push(wrong('--comm', commText, '9600,e,7,1 or like it'));
  if (!isWhole(latency, LONGEST_LATENCY_MS)) faults.push(wrong('--latency', latency, 'milliseconds, at most a minute'));
  if (!isWhole(hours, MOST_HOURS)) faults.push(wrong('--hours', hours, `hours, at most ${MOST_HOURS}`));
  if (passwordSchemeNamed(scheme) === undefined)
    faults.push(wrong('--scheme', scheme, `one of ${PASSWORD_SCHEMES.map(({ name }) => name).join(', ')}`));
  if (!isZone(zone)) faults.push(wrong('--zone', zone, 'a time zone, as Europe/Bucharest'));
  if (place === undefined || comm === undefined || faults.length > 0) throw new ConfigError(faults);
  return { place, comm, latencyMs: Number(latency), hours: Number(hours) };
}

function isZone(zone: string): boolean {
  try {
    offsetAt(0, zone);
    return true;
  } catch (error) {
    if (error instanceof WireError) return false;
    throw error;
  }
}

function isWhole(text: string, most: number): boolean {
  return /^\d{1,9}$/.test(text) && Number(text) <= most;
}

function wrong(flag: string, given: string, expected: string): ConfigFault {
  const message = `${flag} is '${given.slice(0, 40)}', but it must be ${expected}.`;
  return { code: 'config.malformed', message, fix: `Correct ${flag}.` };
}
