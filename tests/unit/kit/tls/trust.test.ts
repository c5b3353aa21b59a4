/** One authority, named once, is believed by every kind of call that the platform makes; and nobody else's is. */

import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeAuthority, makeCertificate, trustAuthority } from '@contor/kit';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ROOT } from '../../../support/root.js';

const DAY = 86_400_000;
const validity = { fromMs: Date.now() - DAY, untilMs: Date.now() + DAY };

/** In a process of its own: trust is a matter of the whole process, and jest has other tests in this one. */
const PROGRAM = `
import { createServer } from 'node:https';
import { get } from 'node:https';
import { connect as tlsConnect, createServer as createTlsServer } from 'node:tls';
import { readFileSync } from 'node:fs';
import { trustAuthority } from '@contor/kit';
import axios from 'axios';
import { connect } from 'mqtt';
import { Aedes } from 'aedes';
const [ca, cert, key, names] = process.argv.slice(1);
const pair = { cert: readFileSync(cert), key: readFileSync(key) };
const server = createServer(pair, (_, response) => response.end('{}')).listen(0, '127.0.0.1');
const aedes = await Aedes.createBroker();
const mqtts = createTlsServer(pair, aedes.handle).listen(0, '127.0.0.1');
await new Promise((done) => setTimeout(done, 100));
const url = 'https://localhost:' + server.address().port;
const calls = {
  fetch: () => fetch(url).then(() => 'believed'),
  https: () => new Promise((done, fail) => get(url, () => done('believed')).on('error', fail)),
  axios: () => axios.get(url, { proxy: false }).then(() => 'believed'),
  mqtt: () => new Promise((done, fail) => {
    const client = connect('mqtts://localhost:' + mqtts.address().port, { reconnectPeriod: 0 });
    client.on('connect', () => { client.end(true); done('believed'); }).on('error', (error) => { client.end(true); fail(error); });
  }),
  tls: () => new Promise((done, fail) => tlsConnect({ host: '127.0.0.1', port: server.address().port, servername: 'localhost' }, () => done('believed')).on('error', fail)),
};
if (ca !== '') await trustAuthority(ca);
const said = {};
for (const [name, call] of Object.entries(calls))
  said[name] = await call().catch((error) => error.code ?? error.cause?.code ?? error.message);
process.stdout.write(JSON.stringify(said));
process.exit(0);
`;

describe('CONTOR_CA', () => {
  let folder: string;
  const at = (name: string) => join(folder, name);
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'contor-trust-'));
    const authority = makeAuthority('Test', validity);
    const made = makeCertificate(authority, 'x', ['localhost'], validity);
    await writeFile(at('ca.pem'), authority.certificate);
    await writeFile(at('other.pem'), makeAuthority('Other', validity).certificate);
    await writeFile(at('cert.pem'), made.certificate);
    await writeFile(at('key.pem'), made.key);
    await writeFile(at('empty.pem'), 'nothing');
  });
  afterAll(() => rm(folder, { recursive: true }));

  function said(ca: string): Record<string, string> {
    const args = ['--input-type=module', '-e', PROGRAM, ca === '' ? '' : at(ca), at('cert.pem'), at('key.pem')];
    const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: join(ROOT, 'tests'), encoding: 'utf8' });
    return JSON.parse(stdout === '' ? `{"error":${JSON.stringify(stderr.slice(-2000))}}` : stdout);
  }
  const WAYS = ['fetch', 'https', 'axios', 'mqtt', 'tls'];
  const all = (answer: unknown) => Object.fromEntries(WAYS.map((way) => [way, answer]));

  it('is believed by every kind of call', () => expect(said('ca.pem')).toEqual(all('believed')));
  it('is not replaced by anybody who signs', () => {
    const refused = expect.stringMatching(/UNABLE_TO_VERIFY_LEAF_SIGNATURE|SELF_SIGNED|UNABLE_TO_GET_ISSUER/);
    expect(said('other.pem')).toEqual(all(refused));
    expect(said('')).toEqual(all(refused));
  });
  it.each(['missing.pem', 'empty.pem'])('is refused as %s', (name) =>
    expect(trustAuthority(at(name))).rejects.toMatchObject({ code: 'config.ca' }),
  );
});
