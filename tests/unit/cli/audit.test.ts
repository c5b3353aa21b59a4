/** `contor audit` as an operator has it, on a folder that a gateway left. */

import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAudit } from '@contor/gateway/audit/audit.js';
import { createLogger, openKeyring, realDisk, SimulatedClock, seededRandom } from '@contor/kit';
import { createSigner, formatKeySet, newSigningKey } from '@contor/policy';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CONTOR } from '../../support/service-process.js';
import { ENTRY, START_MS } from '../gateway/audit/support.js';

const DAY_MS = 86_400_000;
let root: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'contor-cli-audit-'));
  const folder = join(root, 'original');
  const clock = new SimulatedClock(START_MS);
  const key = await newSigningKey();
  const signer = await createSigner(key);
  const trail = await createAudit({
    ...{ clock, disk: realDisk(), random: seededRandom(1), dataFolder: join(folder, 'gateway') },
    keyring: await openKeyring({ folder }),
    log: createLogger({ service: 'test', write: () => undefined }),
    sign: (claim) => signer.sign({ kind: 'anchor', tenant: 'default', ...claim }),
    onFatal: (error) => {
      throw error;
    },
  });
  for (let at = 0; at < 20; at += 1) await trail.record({ ...ENTRY, page: `page-${at}` });
  clock.stepWall(DAY_MS);
  await trail.record(ENTRY);
  await trail.close();
  writeFileSync(join(folder, 'key.json'), formatKeySet('default', signer.publicKey));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** A folder to spoil. */
async function copied(name: string): Promise<string> {
  const folder = join(root, name);
  await cp(join(root, 'original'), folder, { recursive: true });
  return folder;
}

function segmentIn(folder: string): string {
  const log = join(folder, 'gateway', 'audit', 'log');
  return join(log, readdirSync(log).find((name) => name.endsWith('.log')) ?? '');
}

function contor(
  folder: string,
  ...words: readonly string[]
): Promise<{ code: number | null; out: string; said: string }> {
  const child: ChildProcess = spawn(process.execPath, [CONTOR, 'audit', ...words, '--data', folder]);
  let out = '';
  let said = '';
  child.stdout?.on('data', (chunk) => (out += String(chunk)));
  child.stderr?.on('data', (chunk) => (said += String(chunk)));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, out, said })));
}

describe('contor audit', () => {
  it('verifies what nobody touched, signatures and all', async () => {
    const folder = await copied('whole');
    const { code, out } = await contor(folder, 'verify', '--public-key', join(folder, 'key.json'));
    expect(out).toContain('21 records, 1 to 21\n1 of 1 anchors are met');
    expect(out).toContain('Nothing was changed, and nothing is missing.');
    expect(code).toBe(0);
  });

  it('names what was changed', async () => {
    const folder = await copied('changed');
    const bytes = readFileSync(segmentIn(folder));
    bytes.writeUInt8(bytes.readUInt8(1_000) ^ 1, 1_000);
    writeFileSync(segmentIn(folder), bytes);
    const { code, out } = await contor(folder, 'verify');
    expect(out).toMatch(/FAULT damaged \d+ /);
    expect(code).toBe(1);
  });

  it('names a tail that was cut and an anchor that was forged', async () => {
    const folder = await copied('cut');
    writeFileSync(segmentIn(folder), readFileSync(segmentIn(folder)).subarray(0, 3_000));
    const anchors = join(folder, 'gateway', 'audit', 'anchors.jsonl');
    const copy = join(root, 'copied-away.jsonl');
    writeFileSync(copy, readFileSync(anchors));
    expect((await contor(folder, 'verify')).out).toMatch(/FAULT cut \d+-20 /);
    writeFileSync(anchors, '');
    expect((await contor(folder, 'verify')).code).toBe(0);
    expect((await contor(folder, 'verify', '--anchors', copy)).out).toMatch(/FAULT cut/);
    writeFileSync(anchors, readFileSync(copy, 'utf8').replace('"count":20', '"count":19'));
    const forged = await contor(folder, 'verify', '--public-key', join(folder, 'key.json'));
    expect(forged.out).toMatch(/FAULT signature 20 /);
  });

  it('exports closed, or opened with the master key', async () => {
    const folder = await copied('export');
    const closed = await contor(folder, 'export', '--from', '2026-03-02');
    expect(closed).toMatchObject({ code: 0, said: '1 records\n' });
    expect(JSON.parse(closed.out)).toMatchObject({ sequence: 21, unreadable: ['actor'] });
    const opened = await contor(folder, 'export', '--open');
    const lines = opened.out.trim().split('\n');
    expect(lines).toHaveLength(21);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ actor: { name: 'ana' }, page: 'page-0' });
    expect((await contor(folder, 'export', '--from', 'yesterday')).code).toBe(1);
  });

  it('prints the anchors, to be appended to a file elsewhere', async () => {
    const { out } = await contor(await copied('anchors'), 'anchors');
    expect(JSON.parse(out)).toMatchObject({ day: '2026-03-01', sequence: 20, count: 20 });
  });

  it('forgets a person while no gateway runs, and the trail still verifies', async () => {
    const folder = await copied('erase');
    expect((await contor(folder, 'erase', 'subject-1')).out).toContain('destroyed');
    expect((await contor(folder, 'erase', 'subject-1')).out).toContain('There was no key');
    const lines = (await contor(folder, 'export', '--open')).out.trim().split('\n');
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ erased: ['actor'], before: { price: 12 } });
    const { code, out } = await contor(folder, 'verify', '--public-key', join(folder, 'key.json'));
    expect(out).toContain('25 records, 1 to 25\n1 of 1 anchors are met');
    expect(code).toBe(0);
  });

  it('says where it looked when there is no trail', async () => {
    const { code, said } = await contor(join(root, 'nowhere'), 'verify');
    expect(said).toContain('There is no audit trail');
    expect(code).toBe(1);
  });
});
