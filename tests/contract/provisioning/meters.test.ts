/** `contor meters import` and `export` against the API: thousands of devices, bad rows among good ones, and the file as it was (S0-26). */

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { exportDevices, importDevices } from 'contor/meters/transfer.js';
import { type Api, openApi } from './fixture.js';

let api: Api;
beforeAll(async () => {
  api = await openApi();
});
afterAll(() => api.close());

const MANY = process.env.CONTOR_LONG === '1' ? 10_000 : 2_000;
/** Ten thousand may take a minute: this is CPU of the whole process, client and server together. */
const MOST_CPU_US = 3_000 * MANY;

const HEADER =
  'device_id,apikey,service_path,model,serialNumber,refPoint,timezone,registerDigits,connection_kind,connection_address,attributes';
const rowOf = (index: number): string => {
  const attributes = `"[{""object_id"":""p"",""name"":""power"",""type"":""Number"",""expression"":""p * ${index}""}]"`;
  const path = index % 3 === 0 ? '/north' : '';
  return `m${index},key,${path},e350,"'-${index}",urn:ngsi-ld:ConsumptionPoint:p${index},Europe/Bucharest,6,tcp,10.0.0.1:${index},${attributes}`;
};

describe('thousands of devices', () => {
  // By service path, as they are sent and kept.
  const order = Array.from({ length: MANY }, (_, index) => index).sort(
    (a, b) => Number(a % 3 === 0) - Number(b % 3 === 0) || a - b,
  );
  const file = `${HEADER}\n${order.map((index) => `${rowOf(index)}\n`).join('')}`;
  const flags = () => ({ url: api.url, tenant: 'openiot' });

  it('are taken, told of while they are, and come back as the file they were', async () => {
    const told: number[] = [];
    const before = process.cpuUsage();
    const imported = await importDevices(file, flags(), (done) => told.push(done));
    const { user, system } = process.cpuUsage(before);
    expect(imported).toEqual({ rows: MANY, taken: MANY, refused: [] });
    expect(user + system).toBeLessThan(MOST_CPU_US);
    expect(told.at(-1)).toBe(MANY);
    expect(told.length).toBe(Math.ceil(MANY / 3 / 500) + Math.ceil((2 * MANY) / 3 / 500));
    expect(api.registry.find('key/m7')).toMatchObject({ serialNumber: '-7', tenant: 'openiot', model: 'e350' });
    expect(await exportDevices(flags(), ',')).toBe(file);
  });

  it('that are there already are refused by their lines, or replaced where that is asked for', async () => {
    const few = file.split('\n').slice(0, 4).join('\n');
    const again = await importDevices(few, flags(), () => undefined);
    expect(again).toMatchObject({ rows: 3, taken: 0 });
    expect(again.refused.map(({ line, reason }) => `${line} ${reason.split(' ')[0]}`)).toEqual(
      [2, 3, 4].map((line) => `${line} DUPLICATE_DEVICE_ID`),
    );
    const replaced = await importDevices(few, { ...flags(), replace: true }, () => undefined);
    expect(replaced).toEqual({ rows: 3, taken: 3, refused: [] });
    expect(await exportDevices(flags(), ',')).toBe(file);
  });
});

it('takes the good rows and names the bad ones by line', async () => {
  const file = [
    'device_id\tapikey\tregisterDigits\tattributes\tservice_path',
    'a1\tk\t6\t\t',
    'a2\tk\tsix\t\t',
    'b(3)\tk\t\t\t',
    'a4\tk\t\t[{\t',
    'a5\tk\t\t\tno slash',
    'a1\tk\t\t\t',
    'a7\tk\t\t[{"name":"x","type":"T","expression":"1 +"}]\t',
    '"a8"\tk\t\t\t',
  ].join('\r\n');
  const imported = await importDevices(file, { url: api.url, tenant: 'other' }, () => undefined);
  expect(imported).toMatchObject({ rows: 8, taken: 2 });
  expect(imported.refused.map(({ line, reason }) => [line, reason.slice(0, 28)])).toEqual([
    [3, '"registerDigits" holds no nu'],
    [4, 'WRONG_SYNTAX expected "devic'],
    [5, '"attributes" holds no JSON'],
    [6, 'A service path is at most te'],
    [7, 'DUPLICATE_DEVICE_ID A device'],
    [8, 'INVALID_EXPRESSION the expre'],
  ]);
  expect(await exportDevices({ url: api.url, tenant: 'other' }, '\t')).toBe(
    'device_id\tapikey\tregisterDigits\na1\tk\t6\na8\tk\t\n',
  );
});

it('rejects what is no table, and a server that is not there', async () => {
  const tell = (): undefined => undefined;
  await expect(importDevices('device_id\n"a', { url: api.url, tenant: 'x' }, tell)).rejects.toMatchObject({
    code: 'table.quotes',
  });
  await expect(importDevices('device_id\na', { url: 'http://127.0.0.1:9', tenant: 'x' }, tell)).rejects.toMatchObject({
    code: 'transport.no-server',
  });
  expect(await importDevices('', { url: api.url, tenant: 'x' }, tell)).toMatchObject({
    taken: 0,
    refused: [{ line: 1 }],
  });
});
