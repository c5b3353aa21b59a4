/** The cipher suites of a pre-shared key that are AEAD and use SHA-256 (RFC 6655; RFC 5487). */

export interface SuiteRow {
  readonly value: number;
  readonly name: string;
  readonly cipher: 'aes-128-ccm' | 'aes-256-ccm' | 'aes-128-gcm';
  readonly keyBytes: number;
  readonly tagBytes: number;
}

/** In the order in which we prefer them. RFC 7925, 4.2: the first is the one every constrained device has. */
export const SUITES = [
  { value: 0xc0a8, name: 'TLS_PSK_WITH_AES_128_CCM_8', cipher: 'aes-128-ccm', keyBytes: 16, tagBytes: 8 },
  { value: 0xc0a4, name: 'TLS_PSK_WITH_AES_128_CCM', cipher: 'aes-128-ccm', keyBytes: 16, tagBytes: 16 },
  { value: 0x00a8, name: 'TLS_PSK_WITH_AES_128_GCM_SHA256', cipher: 'aes-128-gcm', keyBytes: 16, tagBytes: 16 },
  { value: 0xc0a9, name: 'TLS_PSK_WITH_AES_256_CCM_8', cipher: 'aes-256-ccm', keyBytes: 32, tagBytes: 8 },
  { value: 0xc0a5, name: 'TLS_PSK_WITH_AES_256_CCM', cipher: 'aes-256-ccm', keyBytes: 32, tagBytes: 16 },
] as const satisfies readonly SuiteRow[];

/** RFC 5746, 3.3: stands for an empty renegotiation extension. */
export const EMPTY_RENEGOTIATION_SUITE = 0x00ff;

/** RFC 7627, 5.1 and RFC 5746, 3.2. */
export const EXTENSIONS = { extendedMasterSecret: 23, renegotiationInfo: 0xff01 } as const;

export const DTLS_1_2 = 0xfefd;
export const DTLS_1_0 = 0xfeff;
