/** The folder of certificates: what is made, kept, renewed and left alone; and what `contor up --tls` wires with it. */

import { X509Certificate } from 'node:crypto';
import { keyringOf, makeAuthority, makeCertificate, newMasterKey, readWhole } from '@contor/kit';
import { describe, expect, it } from '@jest/globals';
import {
  authorityFile,
  type CertsFolder,
  certificateFile,
  ensureCertificates,
  keyFile,
  loadPair,
  SERVERS,
  trustAlso,
} from 'contor/certs/folder.js';
import { SERVICES, type ServiceRow } from 'contor/services.js';
import { DOORS, type Doors } from 'contor/up/layout.js';
import { tlsWiring } from 'contor/up/secure.js';
import { newDisk } from '../kit/support.js';

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 0, 1);
const validity = { fromMs: NOW - DAY, untilMs: NOW + 100 * DAY };
const keyring = keyringOf(newMasterKey(), 'a test');
const newFolder = (): CertsFolder => ({ folder: '/certs', keyring, disk: newDisk() });
const ensure = (at: CertsFolder, nowMs = NOW, names: readonly string[] = ['www.city', '10.0.0.5']) =>
  ensureCertificates(at, { servers: ['gateway'], names, nowMs }).then(([outcome]) => outcome?.did);
const text = async ({ disk }: CertsFolder, path: string) => Buffer.from((await readWhole(disk, path)) ?? []).toString();

describe('the folder of certificates', () => {
  it('makes an authority and certificates once, and keeps them while they are good', async () => {
    const at = newFolder();
    expect([await ensure(at), await ensure(at), await ensure(at, NOW + 360 * DAY)]).toEqual(['made', 'kept', 'kept']);
    const made = new X509Certificate(await text(at, certificateFile(at.folder, 'gateway')));
    expect(made.verify(new X509Certificate(await text(at, authorityFile(at.folder))).publicKey)).toBe(true);
    expect([made.checkHost('www.city'), made.checkIP('10.0.0.5')]).toEqual(['www.city', '10.0.0.5']);
  });
  it('renews with the same authority what runs out within a month, and what lacks a name', async () => {
    const at = newFolder();
    await ensure(at);
    const authority = await text(at, authorityFile(at.folder));
    expect(await ensure(at, NOW + 368 * DAY)).toBe('renewed');
    expect(await ensure(at, NOW + 368 * DAY, ['www.city', 'id.city'])).toBe('renewed');
    expect(await text(at, authorityFile(at.folder))).toBe(authority);
  });
  it('keeps the key of the authority wrapped', async () => {
    const at = newFolder();
    await ensure(at);
    expect(await text(at, '/certs/ca-key')).toMatch(/^sealed:1:/);
  });
  it('leaves alone what another authority signed', async () => {
    const at = newFolder();
    const city = makeAuthority('City', validity);
    const theirs = makeCertificate(city, 'www', ['www.city'], validity);
    await loadPair(at, 'gateway', theirs, NOW);
    expect(await ensure(at, NOW + 99 * DAY)).toBe('foreign');
    expect(await text(at, keyFile(at.folder, 'gateway'))).toBe(theirs.key);
  });
  it('believes another authority beside its own, once', async () => {
    const at = newFolder();
    await ensure(at);
    const city = makeAuthority('City', validity).certificate;
    await trustAlso(at, city);
    await trustAlso(at, city);
    const blocks = (await text(at, authorityFile(at.folder))).match(/BEGIN CERTIFICATE/g);
    expect(blocks).toHaveLength(2);
    expect(await ensure(at)).toBe('kept');
  });
  it('loads nothing that cannot work', async () => {
    const at = newFolder();
    const city = makeAuthority('City', validity);
    const theirs = makeCertificate(city, 'www', ['www.city'], validity);
    await expect(loadPair(at, 'gateway', { ...theirs, key: city.key }, NOW)).rejects.toMatchObject({
      code: 'config.tls-pair',
    });
    await expect(loadPair(at, 'gateway', theirs, NOW + 101 * DAY)).rejects.toMatchObject({
      code: 'config.tls-expired',
    });
    await expect(loadPair(at, 'gateway', { ...theirs, key: 'x' }, NOW)).rejects.toMatchObject({
      code: 'config.tls-file',
    });
    await expect(trustAlso(at, 'x')).rejects.toMatchObject({ code: 'config.tls-file' });
  });
  it.each(['../x', 'a/b', 'a b', '', 'a:1', 'https://a'])('refuses the name %p', async (name) => {
    await expect(ensure(newFolder(), NOW, [name])).rejects.toMatchObject({ code: 'config.tls-name' });
    const servers = ensureCertificates(newFolder(), { servers: [name], names: [], nowMs: NOW });
    await expect(servers).rejects.toMatchObject({ code: 'config.tls-name' });
  });
});

describe('the wiring with TLS', () => {
  const doors = Object.fromEntries(DOORS.map(({ port, fallback }) => [port, fallback])) as Doors;
  it.each([
    ['0.0.0.0', 'www.city', 'https://127.0.0.1:1026', 'https://www.city:3000'],
    ['10.0.0.5', '10.0.0.5', 'https://10.0.0.5:1026', 'https://10.0.0.5:3000'],
    ['::', 'www.city', 'https://127.0.0.1:1026', 'https://www.city:3000'],
    ['fd00::5', 'fd00::5', 'https://[fd00::5]:1026', 'https://[fd00::5]:3000'],
  ])('on %s named %s', (host, name, broker, gateway) => {
    const wired = tlsWiring('/certs', doors, host, name);
    expect(wired).toMatchObject({ BROKER_URL: broker, GATEWAY_PUBLIC_URL: gateway, MQTT_HOST: host });
    for (const [key, value] of Object.entries(wired))
      if (/_URL$|ISSUER/.test(key)) expect(value).toMatch(/^(https|mqtts):/);
  });
  it('covers every server that can have a certificate, with settings it knows', async () => {
    const names = new Set<string>();
    for (const { load } of SERVICES as readonly ServiceRow[])
      for (const { name } of Object.values((await load()).settings)) names.add(name);
    const wired = Object.keys(tlsWiring('/certs', doors, '0.0.0.0', 'x'));
    expect(wired.filter((name) => !names.has(name))).toEqual([]);
    const encrypted = [...names]
      // Agents and services are called by the broker beside them; who moves one elsewhere gives it a certificate by hand.
      .filter((name) => name.endsWith('_TLS_CERT') && wired.includes(name.replace('_TLS_CERT', '_HOST')))
      .map((name) => name.split('_')[0]?.toLowerCase());
    expect(encrypted.sort()).toEqual([...SERVERS].sort());
  });
});
