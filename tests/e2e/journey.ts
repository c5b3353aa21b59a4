/**
 * The first five minutes of a new user, on the real platform with real processes: start, sign in, watch, open a meter and a site, break
 * things, stop, start again. Every check says what a person would have seen.
 */

import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import { LOOKS } from '../support/browser.js';
import { choosePorts, type Platform, startPlatform } from '../support/platform.js';
import { ROOT } from '../support/root.js';
import { CONTOR } from '../support/service-process.js';
import type { Tally } from '../support/tally.js';
import { journeyOfTwo } from './journey-access.js';
import { lookAround } from './look-around.js';

/** A value every 10 s: a change must be seen well within this time. */
const MOVES_WITHIN_MS = 25_000;
const PAGE_MS = 15_000;
/** Long enough that it is a delay, short enough to wait for. */
const COMMANDS_DELAY = '2s';

export interface JourneyOptions {
  readonly tally: Tally;
  readonly browser: Browser;
  readonly pictures: string;
}

interface Answer {
  readonly code: number | null;
  readonly text: string;
}

export async function journey({ tally, browser, pictures }: JourneyOptions): Promise<void> {
  mkdirSync(pictures, { recursive: true });
  const folder = mkdtempSync(join(tmpdir(), 'contor-e2e-'));
  const ports = await choosePorts();
  let platform: Platform | undefined;
  try {
    await tally.check('one command starts everything and says where to look', async () => {
      platform = await startPlatform(folder, ports, { COMMANDS_DELAY });
      console.log(`      up after ${Math.round(platform.tookMs)} ms`);
    });
    if (platform === undefined) return;
    await whileItRuns(platform, { tally, browser, pictures, folder });
    const before = await rowsInHistory(platform);
    await tally.check('Ctrl-C stops everything cleanly', async () => {
      equal(await platform?.stop(), 0, 'exit code');
    });
    await tally.check('the next start continues with nothing lost', async () => {
      platform = await startPlatform(folder, ports);
      const after = await rowsInHistory(platform);
      if (after < before) throw new Error(`${before} rows before, ${after} after`);
      const credentials = await contor(['credentials', '--data', folder]);
      if (!credentials.text.includes('manager')) throw new Error(credentials.text);
      equal(await platform.stop(), 0, 'exit code');
    });
  } finally {
    await platform?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function whileItRuns(
  platform: Platform,
  { tally, browser, pictures, folder }: JourneyOptions & { folder: string },
): Promise<void> {
  const { BROKER_PORT, HISTORY_PORT, GATEWAY_PORT, HEALTH_PORT } = platform.ports;
  const url = `http://localhost:${GATEWAY_PORT}`;
  const { username, password } = JSON.parse(readFileSync(join(folder, 'identity', 'manager.json'), 'utf8')) as {
    username: string;
    password: string;
  };

  await tally.check('the banner names the account that signs in', () => {
    if (!platform.output().includes(password)) throw new Error(platform.output());
  });
  await tally.check('the broker answers without a token, in short names', async () => {
    const entities = await eventuallyEqual(
      async () =>
        (await getJson(
          `http://localhost:${BROKER_PORT}/ngsi-ld/v1/entities?type=ACMeasurement&limit=100`,
        )) as unknown[],
      (list) => list.length >= 19,
    );
    const [first] = entities as { type: string; totalActivePower: { unitCode: string } }[];
    equal(first?.type, 'ACMeasurement', 'type');
    equal(first?.totalActivePower.unitCode, 'WTT', 'unit');
  });
  await tally.check('history answers without a token, as QuantumLeap would', async () => {
    const ask = async () =>
      (await getJson(`http://localhost:${HISTORY_PORT}/v2/types/ACMeasurement/attrs/totalActivePower?lastN=5`)) as {
        attrName: string;
        entities: { values: number[] }[];
      };
    equal((await ask()).attrName, 'totalActivePower', 'attrName');
    const told = async () => (await ask()).entities.flatMap(({ values }) => values);
    await eventuallyEqual(told, (values) => values.length === 5);
  });

  const context = await browser.newContext({ ...LOOKS[0], acceptDownloads: true });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));

  await tally.check('a stranger sees a page that offers to sign in', async () => {
    await page.goto(url);
    await page
      .getByRole('link', { name: 'Sign in' })
      .or(page.getByRole('button', { name: 'Sign in' }))
      .first()
      .click();
    await page.getByLabel(/password/i).waitFor({ timeout: PAGE_MS });
  });
  await lookAround(tally, page, 'sign-in', pictures);
  await tally.check('a wrong password is refused in words', async () => {
    await signIn(page, username, 'not-the-password');
    await page.getByRole('alert').waitFor({ timeout: PAGE_MS });
  });
  await tally.check(
    'the right one leads to the live page with the twenty meters of the street, and the DLMS meters beside them',
    async () => {
      await signIn(page, username, password);
      await page.getByText('Tulip Street 1', { exact: true }).first().waitFor({ timeout: PAGE_MS });
      equal(
        await page
          .getByRole('row')
          .filter({ hasText: /Tulip Street \d/ })
          .count(),
        20,
        'rows of Tulip Street',
      );
      equal(
        await page
          .getByRole('row')
          .filter({ hasText: /Lily Lane \d/ })
          .count(),
        4,
        'rows of Lily Lane',
      );
    },
  );
  await tally.check('one meter has gone silent and is shown as such', async () => {
    const row = page.getByRole('row').filter({ hasText: 'Tulip Street 7' }).first();
    const text = await row.innerText();
    if (!/silent|never heard/i.test(text)) throw new Error(text);
  });
  await tally.check('values move without a reload', async () => {
    const table = page.getByRole('table').first();
    const before = await table.innerText();
    const started = Date.now();
    while (Date.now() - started < MOVES_WITHIN_MS) {
      await sleep(500);
      const now = await table.innerText();
      if (numbersOf(now) !== numbersOf(before)) return;
    }
    throw new Error('no value changed');
  });
  await lookAround(tally, page, 'live', pictures);

  await tally.check('a meter shows its last 24 hours with a unit', async () => {
    await page.goto(`${url}/meters/e350-0003`);
    await page.locator('canvas').first().waitFor({ timeout: PAGE_MS });
    const text = await page.getByRole('main').innerText();
    if (!text.includes('kW')) throw new Error(text);
  });
  await lookAround(tally, page, 'meter', pictures);
  await tally.check('the chart has a table with a row for each quarter-hour', async () => {
    await page.getByRole('button', { name: 'Table' }).first().click();
    await page.getByRole('table').first().waitFor({ timeout: PAGE_MS });
  });
  await tally.check('the CSV has the quarter-hours of a day with units', async () => {
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: /CSV/ }).first().click(),
    ]);
    const text = readFileSync(await download.path(), 'utf8');
    const lines = text.split(/\r\n/).filter((line) => /^"?\d{4}-\d{2}-\d{2}T/.test(line.replace(/^\uFEFF/, '')));
    if (lines.length < 90) throw new Error(`${lines.length} data lines:\n${text.slice(0, 600)}`);
    if (!/kWh?/.test(text)) throw new Error('no unit');
  });

  await tally.check('the site shows hourly energy', async () => {
    await page.goto(`${url}/sites/tulip-street`);
    await page.locator('canvas').first().waitFor({ timeout: PAGE_MS });
    const text = await page.getByRole('main').innerText();
    if (!/kWh/.test(text)) throw new Error(text);
  });
  await lookAround(tally, page, 'site', pictures);
  await tally.check('hourly energy is what the registers advanced, to the last digit', () => hoursAddUp(platform));

  await tally.check('a broker killed and restarted is noticed and forgotten', async () => {
    const health = (await getJson(`http://127.0.0.1:${HEALTH_PORT}/health`)) as {
      processes: { name: string; pid: number }[];
    };
    const pid = health.processes.find(({ name }) => name === 'broker')?.pid;
    if (pid === undefined) throw new Error('no broker in the health page');
    process.kill(pid, 'SIGKILL');
    await eventuallyEqual(
      async () =>
        (await getJson(
          `http://localhost:${BROKER_PORT}/ngsi-ld/v1/entities?type=ACMeasurement&limit=100`,
        )) as unknown[],
      (list) => list.length >= 19,
    );
    await page.goto(url);
    await page.getByText('Tulip Street 1', { exact: true }).first().waitFor({ timeout: PAGE_MS });
  });
  await tally.check('the health page shows every process', async () => {
    await page.goto(`http://localhost:${HEALTH_PORT}/`);
    for (const name of ['broker', 'history', 'edge', 'hub', 'street'])
      await page.getByRole('heading', { name }).waitFor();
  });
  await lookAround(tally, page, 'health', pictures);
  await tally.check('signing out closes the door', async () => {
    await page.goto(url);
    await page.getByRole('button', { name: /account/i }).click();
    await page.getByRole('menuitem', { name: /sign out/i }).click();
    await page.waitForTimeout(2_000);
    const answer = await context.request.get(`${url}/api/session`);
    equal(answer.status(), 401, 'status');
  });
  await tally.check('no page complained: no error in the console, no break of the content security policy', () => {
    if (complaints.length > 0) throw new Error(complaints.join('\n'));
  });
  await context.close();
  await journeyOfTwo({ tally, browser, url, manager: { username, password }, pictures });
  await refusals(tally, folder, platform);
}

/** Bad input and faults, each with a message that says what to do. */
async function refusals(tally: Tally, folder: string, platform: Platform): Promise<void> {
  const ports = Object.fromEntries(Object.entries(platform.ports).map(([name, port]) => [name, String(port)]));
  await tally.check('a second start on the same data folder is refused in words', async () => {
    const answer = await contor(['up', '--data', folder], ports);
    equal(answer.code, 1, 'exit code');
    if (!/in use|another/i.test(answer.text)) throw new Error(answer.text);
  });
  await tally.check('a taken port is named, with a way out', async () => {
    const answer = await contor(['up', '--data', join(folder, 'other')], ports);
    equal(answer.code, 1, 'exit code');
    if (!/is taken by another program/.test(answer.text) || !/BROKER_PORT=/.test(answer.text))
      throw new Error(answer.text);
  });
  await tally.check('a data folder that cannot be written is named', async () => {
    const answer = await contor(['up', '--data', join(folder, 'identity', 'manager.json', 'below-a-file')], {});
    equal(answer.code, 1, 'exit code');
    if (!/cannot be written/.test(answer.text)) throw new Error(answer.text);
  });
  for (const service of ['broker', 'history', 'mqtt', 'identity', 'gateway'])
    await tally.check(`${service} refuses to listen beyond loopback without TLS and a secret`, async () => {
      const answer = await contor(
        [service, '--host', '0.0.0.0', '--port', '0', '--data-folder', join(folder, `exposed-${service}`)],
        {
          OIDC_CLIENT_SECRET: 'a-secret-for-the-test-only',
        },
      );
      if (answer.code === 0 || !/TLS/.test(answer.text)) throw new Error(`exit ${answer.code}: ${answer.text}`);
    });
}

async function signIn(page: Page, username: string, password: string): Promise<void> {
  await page
    .getByLabel(/user|name/i)
    .first()
    .fill(username);
  await page
    .getByLabel(/password/i)
    .first()
    .fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** The sum of the hours of meters 1…20 against the registers that the profile tells, in the last decimal. */
async function hoursAddUp(platform: Platform): Promise<void> {
  const base = `http://localhost:${platform.ports.HISTORY_PORT}/v2/entities`;
  const site = (await getJson(
    `${base}/urn:ngsi-ld:AggregatedReading:tulip-street:hour?attrs=activeEnergyImport,meterCount`,
  )) as History;
  const hours = site.index.map((text) => Date.parse(text));
  const [count] = site.attributes.filter(({ attrName }) => attrName === 'meterCount');
  const [energy] = site.attributes.filter(({ attrName }) => attrName === 'activeEnergyImport');
  const full = hours.findIndex((_, row) => count?.values[row] === 20);
  if (full < 0) throw new Error('no hour has all twenty meters');
  const startMs = hours[full] ?? 0;
  let total = 0n;
  for (let number = 1; number <= 20; number += 1) {
    const id = `urn:ngsi-ld:IntervalReading:e350-${String(number).padStart(4, '0')}`;
    const profile = (await getJson(`${base}/${id}?attrs=totalActiveEnergyImport`)) as History;
    const at = (ms: number) =>
      profile.attributes[0]?.values[profile.index.findIndex((text) => Date.parse(text) === ms)] ?? Number.NaN;
    total += millionths(at(startMs + 3_600_000)) - millionths(at(startMs));
  }
  equal(millionths(energy?.values[full] ?? Number.NaN), total, 'energy of the hour in millionths of a kWh');
}

interface History {
  readonly index: readonly string[];
  readonly attributes: readonly { readonly attrName: string; readonly values: readonly number[] }[];
}

/** Through text, not through a multiplication: the last digit counts here. */
function millionths(value: number): bigint {
  const [whole = '0', fraction = ''] = value.toFixed(6).split('.');
  return BigInt(whole + fraction);
}

async function rowsInHistory(platform: Platform): Promise<number> {
  const answer = (await getJson(
    `http://localhost:${platform.ports.HISTORY_PORT}/v2/types/ACMeasurement?attrs=totalActivePower&aggrMethod=count`,
  )) as { entities: { attributes: { values: number[] }[] }[] };
  return answer.entities.reduce((sum, entity) => sum + (entity.attributes[0]?.values[0] ?? 0), 0);
}

const numbersOf = (text: string) => text.replaceAll(/\d+ (s|min|h) ago/g, '');

async function getJson(url: string): Promise<unknown> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  return response.json();
}

async function eventuallyEqual<T>(read: () => Promise<T>, isGood: (value: T) => boolean): Promise<T> {
  const deadline = Date.now() + PAGE_MS * 2;
  let last: unknown;
  while (Date.now() < deadline) {
    try {
      const value = await read();
      if (isGood(value)) return value;
      last = value;
    } catch (error) {
      last = error;
    }
    await sleep(200);
  }
  throw new Error(`still ${String(last).slice(0, 300)}`);
}

function contor(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Answer> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [CONTOR, ...args], { cwd: ROOT, env: { ...process.env, ...environment } });
    let text = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
    const hurry = setTimeout(() => child.kill('SIGKILL'), PAGE_MS);
    child.on('exit', (code) => {
      clearTimeout(hurry);
      resolve({ code, text });
    });
  });
}

function equal(actual: unknown, expected: unknown, what: string): void {
  if (actual !== expected) throw new Error(`${what}: ${String(actual)} instead of ${String(expected)}`);
}
