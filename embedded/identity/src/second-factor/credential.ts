/** What is kept of somebody's second factor. Codes are proofs, so nothing here can make one without the key of the data folder. */

export interface OtpCredential {
  readonly id: string;
  /** The secret shared with the person's app (RFC 6238), sealed. */
  readonly sealed: string;
  /** The newest time step a code was taken from: it and everything before is used up (RFC 6238, 5.2). */
  readonly lastStep: number;
  readonly createdAtMs: number;
  /** SHA-256 of each recovery code that is left; they are random enough to need no slow hash. */
  readonly recovery: readonly string[];
}
