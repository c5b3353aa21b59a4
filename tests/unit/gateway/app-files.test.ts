/** The built app: its first page for every address, its files packed and kept, and nothing beside them. */

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { House } from './support/house.js';

const SCRIPT = `console.log(${JSON.stringify('x'.repeat(4000))});`;

describe('the app', () => {
  let house: House;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'contor-app-'));
    house = await House.open({ GATEWAY_APP: join(folder, 'dist-web') });
    await house.startGateway();
  });
  afterAll(async () => {
    await house.close();
    await rm(folder, { recursive: true });
  });
  const get = (path: string, headers: Record<string, string> = {}) => fetch(house.gatewayUrl + path, { headers });

  it('is missing: a page says what to do', async () => {
    const answer = await get('/');
    expect(answer.status).toBe(503);
    expect(await answer.text()).toContain('npm run build');
  });

  it('is found as soon as it is built', async () => {
    await mkdir(join(folder, 'dist-web', 'assets'), { recursive: true });
    await writeFile(join(folder, 'secret.txt'), 'outside');
    await writeFile(join(folder, 'dist-web', 'assets', 'index-B2cD4e6F.js'), SCRIPT);
    await writeFile(join(folder, 'dist-web', 'favicon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
    await writeFile(join(folder, 'dist-web', 'index.html'), '<!DOCTYPE html><title>Contor</title>');
    await new Promise((resolve) => setTimeout(resolve, 2_100));
    expect(await (await get('/')).text()).toContain('<title>Contor</title>');
  });

  it.each(['/', '/sites/tulip-street', '/meters/urn:ngsi-ld:Device:e350-0001', '/meters/a.b'])(
    '%s is its first page, asked about each time',
    async (path) => {
      const answer = await get(path);
      expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
      expect(answer.headers.get('cache-control')).toBe('no-cache');
      expect((await get(path, { 'if-none-match': answer.headers.get('etag') ?? '' })).status).toBe(304);
    },
  );

  it('hashed files are packed and kept for ever', async () => {
    const answer = await get('/assets/index-B2cD4e6F.js', { 'accept-encoding': 'gzip' });
    expect(answer.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(answer.headers.get('content-encoding')).toBe('gzip');
    expect(Number(answer.headers.get('content-length'))).toBeLessThan(200);
    expect(await answer.text()).toBe(SCRIPT);
    const plain = await get('/assets/index-B2cD4e6F.js', { 'accept-encoding': 'identity' });
    expect(plain.headers.get('content-encoding')).toBeNull();
  });

  it.each([
    '/assets/index-AAAAAAAA.js',
    '/old.js',
    '/..%2fsecret.txt',
    '/secret.txt',
    '/assets/..%5c..%5csecret.txt',
    '/secret.txt%00.html',
  ])('%s is not there', async (path) => {
    const answer = await get(path);
    expect(answer.status).toBe(404);
    expect(await answer.text()).not.toContain('outside');
  });
});
