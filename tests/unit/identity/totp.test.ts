/** Codes against the vectors of the standards, and what of them is taken. */

import { qrPicture } from '@contor/identity/second-factor/qr.js';
import { hashRecoveryCode, newRecoveryCodes, RECOVERY_CODES } from '@contor/identity/second-factor/recovery.js';
import { encodeBase32, otpauthUri, stepAt, stepOfCode, totp } from '@contor/identity/second-factor/totp.js';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

const SEED = '12345678901234567890';
/** RFC 6238, appendix B; the seeds of the longer algorithms are the same digits repeated (erratum 2866). */
const SEEDS = {
  sha1: Buffer.from(SEED),
  sha256: Buffer.from(SEED.repeat(4).slice(0, 32)),
  sha512: Buffer.from(SEED.repeat(4).slice(0, 64)),
} as const;

const VECTORS = [
  { seconds: 59, sha1: '94287082', sha256: '46119246', sha512: '90693936' },
  { seconds: 1_111_111_109, sha1: '07081804', sha256: '68084774', sha512: '25091201' },
  { seconds: 1_111_111_111, sha1: '14050471', sha256: '67062674', sha512: '99943326' },
  { seconds: 1_234_567_890, sha1: '89005924', sha256: '91819424', sha512: '93441116' },
  { seconds: 2_000_000_000, sha1: '69279037', sha256: '90698825', sha512: '38618901' },
  { seconds: 20_000_000_000, sha1: '65353130', sha256: '77737706', sha512: '47863826' },
] as const;

describe.each(VECTORS)('RFC 6238, appendix B, at $seconds s', ({ seconds, ...codes }) => {
  it.each(['sha1', 'sha256', 'sha512'] as const)('%s', (algorithm) => {
    expect(totp(SEEDS[algorithm], stepAt(seconds * 1000), 8, algorithm)).toBe(codes[algorithm]);
  });
});

// RFC 4226, appendix D: the counter is the step.
it.each(['755224', '287082', '359152', '969429', '338314', '254676', '287922', '162583', '399871', '520489'])(
  'RFC 4226, appendix D: %s',
  (code) => {
    const codes = Array.from({ length: 10 }, (_, counter) => totp(SEEDS.sha1, counter));
    expect(codes).toContain(code);
  },
);

describe('a code', () => {
  const secret = SEEDS.sha1;
  const nowMs = 1_800_000_015_000;
  const now = stepAt(nowMs);

  it.each([
    [-2, undefined],
    [-1, now - 1],
    [0, now],
    [1, now + 1],
    [2, undefined],
  ])('of %i steps from now belongs to %s', (shift, step) => {
    expect(stepOfCode(secret, totp(secret, now + shift), nowMs, -1)).toBe(step);
  });

  it('is good once, and none that is older than the newest taken', () => {
    expect(stepOfCode(secret, totp(secret, now), nowMs, now)).toBeUndefined();
    expect(stepOfCode(secret, totp(secret, now - 1), nowMs, now)).toBeUndefined();
    expect(stepOfCode(secret, totp(secret, now + 1), nowMs, now)).toBe(now + 1);
  });

  it.each(['', '0', 'abcdef', '12345', '1234567', 'constructor'])('%j is none', (code) => {
    expect(stepOfCode(secret, code, nowMs, -1)).toBeUndefined();
  });
});

describe('what the app is told', () => {
  // RFC 4648, 10, without the padding.
  it.each([
    ['', ''],
    ['f', 'MY'],
    ['fo', 'MZXQ'],
    ['foo', 'MZXW6'],
    ['foob', 'MZXW6YQ'],
    ['fooba', 'MZXW6YTB'],
    ['foobar', 'MZXW6YTBOI'],
  ])('%j in base32 is %j', (text, base32) => expect(encodeBase32(Buffer.from(text))).toBe(base32));

  it('is a key URI that parses, whatever the names', () =>
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (name) => {
        const uri = new URL(otpauthUri(SEEDS.sha1, 'Contor', name));
        expect([uri.protocol, uri.host]).toEqual(['otpauth:', 'totp']);
        expect(decodeURIComponent(uri.pathname)).toBe(`/Contor:${name}`);
        expect(uri.searchParams.get('secret')).toBe('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ');
        expect(uri.searchParams.get('issuer')).toBe('Contor');
      }),
    ));

  it('is drawn without anything that a strict policy would stop', () => {
    const { text } = qrPicture(otpauthUri(SEEDS.sha1, 'Contor', 'manager'), 'QR "code"');
    expect(text).toContain('aria-label="QR &quot;code&quot;"');
    expect(text).not.toMatch(/style=|href|<script/);
  });
});

describe('recovery codes', () => {
  it('are ten, unlike each other, and the same however they are typed', () => {
    const codes = newRecoveryCodes();
    expect(new Set(codes).size).toBe(RECOVERY_CODES);
    for (const code of codes) {
      expect(code).toMatch(/^[a-z2-7]{4}(-[a-z2-7]{4}){3}$/);
      expect(hashRecoveryCode(` ${code.replaceAll('-', '').toUpperCase()} `)).toBe(hashRecoveryCode(code));
    }
  });
});
