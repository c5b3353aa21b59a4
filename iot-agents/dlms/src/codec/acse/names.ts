/** The names an association is opened with: IEC 62056-5-3, 7.2 — application contexts and authentication mechanisms. */

export const APPLICATION_CONTEXTS = [
  { id: 1, name: 'LN, no ciphering' },
  { id: 2, name: 'SN, no ciphering' },
  { id: 3, name: 'LN, ciphering' },
  { id: 4, name: 'SN, ciphering' },
] as const;

export const MECHANISMS = [
  { id: 0, name: 'lowest level security' },
  { id: 1, name: 'low level security' },
  { id: 2, name: 'high level security' },
  { id: 3, name: 'high level security, MD5' },
  { id: 4, name: 'high level security, SHA-1' },
  { id: 5, name: 'high level security, GMAC' },
  { id: 6, name: 'high level security, SHA-256' },
  { id: 7, name: 'high level security, ECDSA' },
] as const;

/** joint-iso-ccitt(2) country(16) country-name(756) identified-organisation(5) DLMS-UA(8), then 1 or 2 and the id. */
export const OID_PREFIX = [0x60, 0x85, 0x74, 0x05, 0x08] as const;
export const CONTEXT_BRANCH = 1;
export const MECHANISM_BRANCH = 2;

export const ASSOCIATION_RESULTS = { 0: 'accepted', 1: 'rejected-permanent', 2: 'rejected-transient' } as const;

export const USER_DIAGNOSTICS = {
  0: 'null',
  1: 'no-reason-given',
  2: 'application-context-name-not-supported',
  3: 'calling-AP-title-not-recognized',
  4: 'calling-AP-invocation-identifier-not-recognized',
  5: 'calling-AE-qualifier-not-recognized',
  6: 'calling-AE-invocation-identifier-not-recognized',
  7: 'called-AP-title-not-recognized',
  8: 'called-AP-invocation-identifier-not-recognized',
  9: 'called-AE-qualifier-not-recognized',
  10: 'called-AE-invocation-identifier-not-recognized',
  11: 'authentication-mechanism-name-not-recognised',
  12: 'authentication-mechanism-name-required',
  13: 'authentication-failure',
  14: 'authentication-required',
} as const;

export const PROVIDER_DIAGNOSTICS = { 0: 'null', 1: 'no-reason-given', 2: 'no-common-acse-version' } as const;

export const RELEASE_REQUEST_REASONS = { 0: 'normal', 1: 'urgent', 30: 'user-defined' } as const;
export const RELEASE_RESPONSE_REASONS = { 0: 'normal', 1: 'not-finished', 30: 'user-defined' } as const;
