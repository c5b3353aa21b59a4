/** Our certificates as others see them: Node's reader, and OpenSSL's strict one where it is installed. */

import { execFileSync, spawnSync } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeAuthority, makeCertificate, type Pem } from '@contor/kit';
import { afterAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

const DAY = 86_400_000;
const NOW = Date.now();
const validity = { fromMs: NOW - 60_000, untilMs: NOW + 397 * DAY };
const NAMES = ['localhost', 'broker.city', '127.0.0.1', '::1', '2001:db8::5'];
const authority = makeAuthority('An authority', { ...validity, untilMs: Date.UTC(2066, 0, 2) });
const made = makeCertificate(authority, 'broker', NAMES, validity);
const parsed = ({ certificate }: Pem) => new X509Certificate(certificate);

describe('a certificate of our authority', () => {
  it('is signed by it, and by nobody else', () => {
    const other = makeAuthority('An authority', validity);
    expect(parsed(made).checkIssued(parsed(authority))).toBe(true);
    expect(parsed(made).verify(parsed(authority).publicKey)).toBe(true);
    expect(parsed(made).verify(parsed(other).publicKey)).toBe(false);
  });
  it('belongs to its key', () => expect(parsed(made).checkPrivateKey(createPrivateKey(made.key))).toBe(true));
  it('is no authority itself', () => expect([parsed(made).ca, parsed(authority).ca]).toEqual([false, true]));
  it.each(NAMES)('is valid for %s', (name) =>
    expect(
      name.includes(':') || /^\d/.test(name) ? parsed(made).checkIP(name) : parsed(made).checkHost(name),
    ).toBeDefined(),
  );
  it.each(['evil.city', 'x.broker.city', 'city'])('is not valid for %s', (name) =>
    expect(parsed(made).checkHost(name)).toBeUndefined(),
  );
  it('says how long it is good for, before and after 2050 (RFC 5280, 4.1.2.5)', () => {
    expect(Date.parse(parsed(made).validTo)).toBe(Math.floor(validity.untilMs / 1000) * 1000);
    expect(Date.parse(parsed(authority).validTo)).toBe(Date.UTC(2066, 0, 2));
  });
  it('has a serial of its own', () => expect(parsed(made).serialNumber).not.toBe(parsed(authority).serialNumber));

  it('keeps any address and any time to the second', () =>
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), fc.integer({ min: 0, max: 70 * 365 }), (address, days) => {
        // An IPv4 address in the end of an IPv6 one is written by URL in groups, as we do.
        fc.pre(!address.includes('.') || !address.includes(':'));
        const untilMs = validity.fromMs + days * DAY;
        const certificate = parsed(makeCertificate(authority, 'x', [address], { fromMs: validity.fromMs, untilMs }));
        expect(certificate.checkIP(address)).toBeDefined();
        expect(Math.floor(Date.parse(certificate.validTo) / 1000)).toBe(Math.floor(untilMs / 1000));
      }),
      { numRuns: 60 },
    ));
});

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

(hasOpenssl ? describe : describe.skip)('OpenSSL, strictly', () => {
  const folder = mkdtempSync(join(tmpdir(), 'contor-x509-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const at = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const ca = at('ca.pem', authority.certificate);
  const verify = (file: string, ...more: string[]) =>
    execFileSync('openssl', ['verify', '-x509_strict', '-CAfile', ca, ...more, file], { stdio: 'pipe' }).toString();

  it.each([
    ['-verify_hostname', 'broker.city'],
    ['-verify_ip', '2001:db8::5'],
    ['-purpose', 'sslserver'],
    ['-purpose', 'sslclient'],
  ])('accepts it with %s %s', (...flags) => expect(verify(at('made.pem', made.certificate), ...flags)).toContain('OK'));
  it('refuses one for another name', () =>
    expect(() => verify(at('made.pem', made.certificate), '-verify_hostname', 'evil.city')).toThrow());
  it('refuses an authority below ours', () => {
    const below = makeCertificate(made, 'below', ['evil.city'], validity);
    expect(() => verify(at('below.pem', below.certificate), '-untrusted', at('made.pem', made.certificate))).toThrow();
  });
});
