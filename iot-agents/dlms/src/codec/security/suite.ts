/** The security suites: IEC 62056-5-3, 5.3.7, and the control byte in front of every protected message, 5.7.2.4.2. */

export interface SuiteRow {
  readonly suite: 0 | 1 | 2;
  readonly cipher: 'aes-128-gcm' | 'aes-256-gcm';
  readonly counter: 'aes-128-ctr' | 'aes-256-ctr';
  readonly wrap: 'id-aes128-wrap' | 'id-aes256-wrap';
  readonly keySize: 16 | 32;
  readonly hash: 'sha256' | 'sha384';
  readonly curve?: 'P-256' | 'P-384';
}

export const SUITES = [
  { suite: 0, cipher: 'aes-128-gcm', counter: 'aes-128-ctr', wrap: 'id-aes128-wrap', keySize: 16, hash: 'sha256' },
  {
    suite: 1,
    cipher: 'aes-128-gcm',
    counter: 'aes-128-ctr',
    wrap: 'id-aes128-wrap',
    keySize: 16,
    hash: 'sha256',
    curve: 'P-256',
  },
  {
    suite: 2,
    cipher: 'aes-256-gcm',
    counter: 'aes-256-ctr',
    wrap: 'id-aes256-wrap',
    keySize: 32,
    hash: 'sha384',
    curve: 'P-384',
  },
] as const satisfies readonly SuiteRow[];

export interface SecurityControl {
  readonly suite: number;
  readonly isAuthenticated: boolean;
  readonly isEncrypted: boolean;
  /** The broadcast key instead of the unicast one. */
  readonly isBroadcast: boolean;
  readonly isCompressed: boolean;
}

export function decodeSecurityControl(byte: number): SecurityControl {
  return {
    suite: byte & 0x0f,
    isAuthenticated: (byte & 0x10) !== 0,
    isEncrypted: (byte & 0x20) !== 0,
    isBroadcast: (byte & 0x40) !== 0,
    isCompressed: (byte & 0x80) !== 0,
  };
}

export function encodeSecurityControl(control: SecurityControl): number {
  return (
    (control.suite & 0x0f) |
    (control.isAuthenticated ? 0x10 : 0) |
    (control.isEncrypted ? 0x20 : 0) |
    (control.isBroadcast ? 0x40 : 0) |
    (control.isCompressed ? 0x80 : 0)
  );
}

export function suiteOf(number: number): SuiteRow | undefined {
  return SUITES[number];
}
