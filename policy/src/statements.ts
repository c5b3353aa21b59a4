/**
 * Signed sentences about commands, one compact JWS each (RFC 7515, EdDSA of RFC 8037). The gateway signs who asked and who approved,
 * the command service signs the order that an agent carries out. An attribute in the broker without such a sentence does nothing.
 */

import { base64url, CompactSign, compactVerify, errors, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose';

/** Written by the gateway: a person asked for a command. */
export interface RequestStatement {
  readonly kind: 'request';
  /** URN of the CommandRequest. */
  readonly id: string;
  readonly tenant: string;
  readonly command: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
  /** URNs of the devices, each once, sorted. */
  readonly targets: readonly string[];
  readonly by: string;
  readonly reason?: string;
  readonly atMs: number;
}

/** Written by the gateway: a person with a fresh strong sign-in approved (or refused) exactly this request. */
export interface DecisionStatement {
  readonly kind: 'approval' | 'rejection' | 'withdrawal';
  /** URN of the CommandRequest, and the SHA-256 of its request statement's compact form, base64url. */
  readonly id: string;
  readonly tenant: string;
  readonly requestHash: string;
  readonly by: string;
  readonly atMs: number;
  /** When this person last signed in, and with which methods (RFC 8176: `pwd`, `otp`). */
  readonly authenticatedAtMs: number;
  readonly methods: readonly string[];
}

/** Written by the gateway: the kill switch, or one of the two voices that end it or a freeze. */
export interface ControlStatement {
  readonly kind: 'stop' | 'resume' | 'unfreeze';
  readonly tenant: string;
  readonly by: string;
  readonly reason?: string;
  readonly atMs: number;
  readonly authenticatedAtMs: number;
  readonly methods: readonly string[];
}

/** Written by the command service, read by the agent: do this to that meter, once, before then. */
export interface OrderStatement {
  readonly kind: 'order';
  /** Identifier of this execution; an agent carries it out at most once. */
  readonly id: string;
  readonly tenant: string;
  readonly command: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
  /** URN and serial number of the device; both must match. */
  readonly device: string;
  readonly serialNumber: string;
  readonly issuedAtMs: number;
  readonly notAfterMs: number;
  /** It was approved without a second factor: only a device that the agent itself knows as a simulator may carry it out. */
  readonly onlyIfSimulated?: boolean;
}

/** Written by the gateway: its audit trail stood here when that day ended. */
export interface AnchorStatement {
  readonly kind: 'anchor';
  readonly tenant: string;
  /** UTC, `2026-03-01`. */
  readonly day: string;
  readonly sequence: number;
  /** Of that record, in hexadecimal; it holds all before it. */
  readonly hash: string;
  readonly count: number;
  readonly at: string;
}

export type Statement = RequestStatement | DecisionStatement | ControlStatement | OrderStatement | AnchorStatement;

export interface Signer {
  readonly publicKey: JWK;
  sign(statement: Statement): Promise<string>;
}

export type VerifiedStatement =
  | { readonly kind: 'value'; readonly statement: Statement }
  | { readonly kind: 'refused'; readonly reason: string };

const ALGORITHM = 'EdDSA';
const TYPE = 'contor-statement';
/** A bulk request names at most 10,000 devices of some 60 characters. */
const LONGEST = 1024 * 1024;

/** A new key pair; the private part is what its owner keeps. */
export async function newSigningKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair(ALGORITHM, { crv: 'Ed25519', extractable: true });
  return exportJWK(privateKey);
}

export async function createSigner(privateKey: JWK): Promise<Signer> {
  const key = await importJWK(privateKey, ALGORITHM);
  const { kty = '', crv = '', x = '' } = privateKey;
  return {
    publicKey: { kty, crv, x },
    sign: (statement) =>
      new CompactSign(new TextEncoder().encode(JSON.stringify(statement)))
        .setProtectedHeader({ alg: ALGORITHM, typ: TYPE })
        .sign(key),
  };
}

/** What a decision names, so that it can be about no other request: SHA-256 of the compact form, base64url. */
export async function statementHash(compact: string): Promise<string> {
  return base64url.encode(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(compact))));
}

/** Whose key it was decides what may be believed, so a verifier is made for one writer and the kinds that writer may say. */
export async function verifyStatement(
  compact: string,
  publicKey: JWK,
  kinds: readonly Statement['kind'][],
): Promise<VerifiedStatement> {
  if (compact.length > LONGEST) return { kind: 'refused', reason: 'too long' };
  try {
    const key = await importJWK(publicKey, ALGORITHM);
    const { payload, protectedHeader } = await compactVerify(compact, key, { algorithms: [ALGORITHM] });
    if (protectedHeader.typ !== TYPE) return { kind: 'refused', reason: 'typ' };
    const statement = JSON.parse(new TextDecoder().decode(payload)) as Statement;
    if (!kinds.includes(statement.kind)) return { kind: 'refused', reason: 'kind' };
    return { kind: 'value', statement };
  } catch (error) {
    return { kind: 'refused', reason: error instanceof errors.JOSEError ? error.code : 'malformed' };
  }
}
